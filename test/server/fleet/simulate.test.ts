// Simulations against what they foretell: the act is simulated, then done, and every rack is asked. And what goes on beside
// them: events that are recorded meanwhile, others that simulate, checks.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SimulationAsked } from '../../../server/fleet/simulate.ts'
import { setFreeze } from '../../../shared/domain/commands/freeze.ts'
import { foldEvents } from '../../../shared/domain/fold.ts'
import { day } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { restingState } from '../../../shared/domain/resting-state.ts'
import type { Supposition } from '../../../shared/domain/simulation.ts'
import { plainState } from '../../domain/plain-state.ts'
import { aFleet, type FleetWorld, v1, v2, v3 } from './fleet-world.ts'

let world: FleetWorld
beforeEach(async () => {
  world = await aFleet()
  for (const version of [v1, v2]) await world.serve(version)
  await world.publish(v3)
  const told = [
    { current: v2 },
    { current: v1 },
    { current: null },
    { current: v1, pin: { version: v1, owner: 'ops', reason: 'audit' } },
    { current: v1, hold: { owner: 'ops', reason: 'audit', until: iso(world.clock.now() + day) } },
    { current: v1, window: { start: '0 3 * * *', minutes: 60, zone: 'UTC' } },
    { current: v2, proved: [{ version: v1, at: iso(world.clock.now() - day), parametersHold: true }] },
  ]
  for (const [index, report] of told.entries()) await (await world.rack(`rack-${index}`)).check(report)
})
afterEach(() => world.dispose())

const asked = (...suppositions: readonly Supposition[]): SimulationAsked => ({
  app: 'rack',
  suppositions,
  isAssumingGates: false,
  actor: 'token:admin',
})
const iso = (at: number) => new Date(at).toISOString()
const promotion: Supposition = { suppose: 'promote', to: 'stable', version: v3, acknowledge: [] }

/** What each rack is told now. */
function toldNow(): Record<string, string> {
  const { fleet, ledger } = world.registry
  return Object.fromEntries(
    fleet.index.ofApp('rack').map((rack) => {
      const { action, reason, target } = fleet.decideIn(ledger.state, rack)
      return [rack.row.name, `${action} ${reason} ${target?.version ?? ''}`]
    }),
  )
}

const acts: readonly (readonly [string, Supposition, string, object])[] = [
  ['promote', promotion, '/channels/stable/promote', { version: v3 }],
  [
    'yank',
    { suppose: 'yank', range: v2, severity: 'critical', remedy: 'rollback', allAtOnce: false },
    '/yanks',
    { range: v2, severity: 'critical', remedy: 'rollback', reason: 'bad' },
  ],
  [
    'revert',
    { suppose: 'revert', channel: 'stable', recall: true },
    '/channels/stable/revert',
    { recall: true, reason: 'back' },
  ],
  [
    'freeze',
    { suppose: 'freeze', isEverywhere: false, all: true },
    '',
    { app: 'rack', all: true, reason: 'x' },
  ],
]

test.each(acts)('what is foretold of a %s is what racks are told after it', async (_, act, path, json) => {
  const before = toldNow()
  const { named, changed } = await world.registry.simulator.simulate(asked(act))
  expect(toldNow()).toEqual(before)
  await world.call('POST', path === '' ? '/v1/freezes' : `/v1/apps/rack${path}`, { json })
  const after = toldNow()
  const different = Object.keys(after).filter((rack) => after[rack] !== before[rack])
  expect(different.length).toBeGreaterThan(0)
  expect(changed).toBe(different.length)
  const words = (told: { action: string; reason: string; target: string | null }) =>
    `${told.action} ${told.reason} ${told.target ?? ''}`
  expect(named.map((one) => [one.rack.name, words(one.before), words(one.after)])).toEqual(
    different.sort().map((rack) => [rack, before[rack], after[rack]]),
  )
})

test.each([
  [10, 10],
  [11, 1],
])('of %i racks on a yank, all at once, it foretells as many back at once as go: %i', async (racks, back) => {
  const few = await aFleet()
  try {
    for (const version of [v1, v2]) await few.serve(version)
    for (let index = 0; index < racks; index++) await (await few.rack(`prod-${index}`)).check({ current: v2 })
    const yank = { range: v2, severity: 'critical', remedy: 'rollback', allAtOnce: true } as const
    const { told } = await few.registry.simulator.simulate(asked({ suppose: 'yank', ...yank }))
    expect(told.find((one) => one.told.action === 'rollback')?.after).toBe(back)
    await few.call('POST', '/v1/apps/rack/yanks', { json: { ...yank, reason: 'bad' } })
    const { fleet, ledger } = few.registry
    const answers = fleet.index.ofApp('rack').map((rack) => fleet.decideIn(ledger.state, rack).action)
    expect(answers.filter((action) => action === 'rollback')).toHaveLength(back)
  } finally {
    await few.dispose()
  }
})

describe('beside a simulation', () => {
  test('the ledger goes on, and the answer stands on the sequence where it began', async () => {
    const { simulator, ledger } = world.registry
    const { sequence } = ledger.head
    const simulation = simulator.simulate(asked(promotion))
    const freezing = world.call('POST', '/v1/freezes', { json: { app: 'rack', all: true, reason: 'x' } })
    const [simulated] = await Promise.all([simulation, freezing])
    expect(ledger.head.sequence).toBe(sequence + 1)
    expect(simulated.ledgerSequence).toBe(sequence)
    expect(simulated.told.some(({ told }) => told.reason === 'frozen')).toBe(false)
  })

  test('four wait their turn, and the fifth is refused', async () => {
    const { simulator } = world.registry
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () => simulator.simulate(asked(promotion))),
    )
    expect(answers.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected'])
    const last = answers[4]
    const problem = last?.status === 'rejected' ? last.reason : undefined
    expect(problem instanceof Problem && problem.code).toBe('too_many_requests')
    await expect(simulator.simulate(asked(promotion))).resolves.toBeDefined()
  })

  test('a rack that reports nonsense is told so, and keeps no other from its answer', async () => {
    const rack = world.registry.fleet.index.byName('rack', 'rack-1')
    if (!rack) throw new Error('It was enrolled.')
    rack.facts = { ...rack.facts, current: 'nonsense' }
    const { racks, told } = await world.registry.simulator.simulate(asked(promotion))
    expect(racks).toBe(7)
    expect(told).toContainEqual({
      told: { action: 'wait', reason: 'invalid_version', target: null },
      before: 1,
      after: 1,
    })
  })

  test('labels and windows are supposed of copies', async () => {
    const { simulator, fleet } = world.registry
    const before = JSON.stringify(fleet.index.ofApp('rack'))
    const racks = { labels: {} }
    await simulator.simulate(
      asked(
        { suppose: 'label', labels: { tier: 'canary' }, racks },
        { suppose: 'window', window: null, racks: { labels: { tier: 'canary' } } },
      ),
    )
    expect(JSON.stringify(fleet.index.ofApp('rack'))).toBe(before)
  })
})

test('a state that rests stays as it is when its original goes on, until it is released', () => {
  const { state } = world.registry.ledger
  const before = JSON.stringify(plainState(state))
  const resting = restingState(state)
  const context = { now: world.clock.now(), actor: 'token:admin' }
  foldEvents(state, setFreeze(state, { app: 'rack', all: true, reason: 'x' }, context))
  expect(JSON.stringify(plainState(state))).not.toBe(before)
  expect(JSON.stringify(plainState(resting.state))).toBe(before)
  resting.release()
})
