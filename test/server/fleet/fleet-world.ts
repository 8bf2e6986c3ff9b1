/** A fleet: an app with releases on both channels, and racks that check, ask, act and report. */
import { randomUUID } from 'node:crypto'
import type { AttemptReportBody, RackReport } from '../../../shared/contract/rack.ts'
import {
  type Answer,
  aReport,
  type Enrolling,
  openTestRegistry,
  type TestRegistry,
} from '../../support/test-registry.ts'

export const [v1, v2, v3] = ['20160816140022', '20160816160115', '20160818013241'] as const

export interface RackClient {
  readonly name: string
  readonly token: string
  check(report?: Partial<RackReport>): Promise<Answer>
  grant(asked?: {
    id?: string
    target?: string
    action?: string
    report?: Partial<RackReport>
  }): Promise<Answer>
  report(id: string, report?: Partial<AttemptReportBody>): Promise<Answer>
  /** Grant, act, report: what an update looks like from here. */
  goes(from: string, to: string, outcome?: AttemptReportBody['outcome'], step?: string): Promise<string>
}

export interface FleetWorld extends TestRegistry {
  rack(name: string, enrolling?: Enrolling): Promise<RackClient>
  publish(version: string): Promise<void>
  /** Published, and promoted to stable. */
  serve(version: string): Promise<void>
  /** All at once, unless it says otherwise. */
  yank(range: string, given?: Record<string, unknown>): Promise<Answer['json']>
}

export async function aFleet(): Promise<FleetWorld> {
  const registry = await openTestRegistry()
  const { ask, call, enroll, clock } = registry
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })

  async function publish(version: string): Promise<void> {
    await call('POST', '/v1/apps/rack/releases', { json: { version } })
  }

  async function rack(name: string, enrolling: Enrolling = {}): Promise<RackClient> {
    const token = await enroll(name, enrolling)
    const path = `/v1/racks/${name}`
    const report: RackClient['report'] = (id, given = {}) =>
      ask('PUT', `${path}/attempts/${id}`, { token, json: anAttemptReport(clock.now(), given) })
    const grant: RackClient['grant'] = ({
      id = randomUUID(),
      target = v1,
      action = 'update',
      report: said,
    } = {}) =>
      ask('POST', `${path}/attempts`, {
        token,
        json: { id, target, action, motive: 'rollout', plan: { steps: ['apply'] }, report: aReport(said) },
      })
    return {
      name,
      token,
      grant,
      report,
      check: (said) => ask('POST', `${path}/check`, { token, json: aReport(said) }),
      async goes(from, to, outcome = 'proved', step) {
        const id = randomUUID()
        const action = from < to ? 'update' : 'rollback'
        const granted = await grant({ id, target: to, action, report: { current: from } })
        if (granted.status !== 200) throw new Error(granted.text)
        const done = {
          from,
          target: to,
          outcome,
          ...(step !== undefined && { step, message: `${step} failed` }),
        }
        const reported = await report(id, done)
        if (reported.status !== 200) throw new Error(reported.text)
        const isThere = outcome === 'proved'
        await ask('POST', `${path}/check`, { token, json: aReport({ current: isThere ? to : from }) })
        return id
      },
    }
  }

  return Object.create(registry, {
    publish: { value: publish },
    rack: { value: rack },
    serve: {
      async value(version: string) {
        await publish(version)
        await call('POST', '/v1/apps/rack/channels/stable/promote', { json: { version } })
      },
    },
    yank: {
      value: (range: string, given: Record<string, unknown> = {}) =>
        call('POST', '/v1/apps/rack/yanks', {
          json: {
            range,
            severity: 'critical',
            remedy: 'rollback',
            reason: 'it masks',
            allAtOnce: true,
            ...given,
          },
        }),
    },
  })
}

function anAttemptReport(now: number, given: Partial<AttemptReportBody> = {}): AttemptReportBody {
  return {
    from: null,
    target: v1,
    action: 'update',
    motive: 'rollout',
    reason: 'offered',
    startedAt: new Date(now).toISOString(),
    events: [],
    ...given,
  }
}

export function transition(index: number, state: string, at: number) {
  return { index, state, at: new Date(at).toISOString(), detail: '' }
}
