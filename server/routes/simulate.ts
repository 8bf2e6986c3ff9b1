/** What would happen to the racks of an app if …: asked by whoever may read, because nothing changes. */
import { createRoute } from '@hono/zod-openapi'
import { appParam } from '../../shared/contract/shapes.ts'
import {
  type SimulationBody,
  type SuppositionBody,
  simulateBody,
  simulationBody,
} from '../../shared/contract/simulate.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { RackChoice, Supposition } from '../../shared/domain/simulation.ts'
import type { Simulated } from '../fleet/simulate.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { withoutUndefined } from './content.ts'
import { planBodyOf } from './rollout-bodies.ts'
import { answers, body, routes } from './route.ts'

const postSimulation = createRoute({
  method: 'post',
  path: '/apps/{app}/simulate',
  tags: ['fleet'],
  summary: 'What the racks would be told if all of this were done, in this order; nothing is recorded',
  middleware: [may('read')] as const,
  request: { params: appParam, body: body(simulateBody) },
  responses: answers(simulationBody, 'Before and after'),
})

export function simulateRoutes({ simulator }: Registry) {
  return routes().openapi(postSimulation, async (c) => {
    const { app } = c.req.valid('param')
    const { suppositions, assumeGates } = c.req.valid('json')
    const simulated = await simulator.simulate({
      app,
      suppositions: suppositions.map(suppositionOf),
      isAssumingGates: assumeGates,
      actor: c.get('credential').actor,
    })
    return c.json(simulationBodyOf(simulated), 200)
  })
}

function suppositionOf(said: SuppositionBody): Supposition {
  switch (said.suppose) {
    case 'promote': {
      const { version, note, rollout, ...promotion } = said
      return { ...promotion, ...withoutUndefined({ version, note, rollout }) }
    }
    case 'revert':
    case 'yank': {
      const { to, ...act } = said
      return { ...act, ...withoutUndefined({ to }) }
    }
    case 'freeze': {
      const { channel, everywhere: isEverywhere = false, until, ...freeze } = said
      const end = until === undefined ? undefined : Date.parse(until)
      return { ...freeze, isEverywhere, ...withoutUndefined({ channel, until: end }) }
    }
    case 'unfreeze': {
      const { suppose, channel, everywhere: isEverywhere = false } = said
      return { suppose, isEverywhere, ...withoutUndefined({ channel }) }
    }
    case 'policy':
      return said
    case 'window':
      return { suppose: said.suppose, window: said.window, racks: choiceOf(said) }
    case 'label':
      return { suppose: said.suppose, labels: said.labels, racks: choiceOf(said) }
    case 'time':
      return { suppose: said.suppose, at: Date.parse(said.at) }
  }
}

function choiceOf({
  channel,
  where = {},
  racks,
}: SuppositionBody & { suppose: 'window' | 'label' }): RackChoice {
  return { labels: where, ...withoutUndefined({ channel, names: racks && new Set(racks) }) }
}

const mostLines = 100

function simulationBodyOf(simulated: Simulated): SimulationBody {
  const { app, ledgerSequence, askedAt, at, supposed, racks, changed, named } = simulated
  const { told, transitions, byChannel, byVersion, byLabel } = simulated
  const leftOut = (lines: readonly unknown[]) => Math.max(0, lines.length - mostLines)
  return {
    app,
    ledgerSequence,
    askedAt: toIso(askedAt),
    at: toIso(at),
    supposed: supposed.map(({ suppose, details, assumedGates }) => ({
      suppose,
      details: [...details],
      assumedGates: [...assumedGates],
    })),
    rollouts: simulated.rollouts.flatMap(({ id, purpose, channel, version, plan }) =>
      plan
        ? [
            {
              rollout: id,
              purpose,
              channel: channel ?? null,
              version: version ?? null,
              plan: planBodyOf(plan),
            },
          ]
        : [],
    ),
    racks,
    changed,
    told: told.slice(0, mostLines).map(({ told: answer, before, after }) => ({ ...answer, before, after })),
    transitions: transitions.slice(0, mostLines),
    byChannel: byChannel.slice(0, mostLines),
    byVersion: byVersion.slice(0, mostLines),
    byLabel: byLabel.slice(0, mostLines),
    leftOut: {
      told: leftOut(told),
      transitions: leftOut(transitions),
      byChannel: leftOut(byChannel),
      byVersion: leftOut(byVersion),
      byLabel: leftOut(byLabel),
    },
    named: named.map(({ rack, before, after }) => ({
      rack: rack.name,
      channel: rack.channel,
      current: rack.current ?? null,
      labels: { ...rack.labels },
      before,
      after,
    })),
  }
}
