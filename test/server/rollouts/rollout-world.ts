/** A fleet on a rollout: racks that do what they are told, a clock that tests move, and looks of the registry on demand. */
import { randomUUID } from 'node:crypto'
import type { RolloutBody, RolloutDetailBody } from '../../../shared/contract/rollout.ts'
import { minute } from '../../../shared/domain/instants.ts'
import type { RolloutPolicy } from '../../../shared/domain/rollout-policy.ts'
import { mintToken } from '../../../shared/trust/token.ts'
import { type LightRack, lightRack, type Send } from '../../support/light-rack.ts'
import { type Answer, openTestRegistry, sha256Of, type TestRegistry } from '../../support/test-registry.ts'

export const [v1, v2, v3] = ['20160815151110', '20160816140022', '20160816160115'] as const

/** One rack proves it for half an hour, then a fifth, then all; one failure in ten is tolerated. */
export const threeWaves: RolloutPolicy = {
  waves: [
    { name: 'canary', share: 1, soakMinutes: 30 },
    { name: 'fifth', share: '20%', soakMinutes: 30 },
    { name: 'rest', share: 'rest', soakMinutes: 30, failures: { maxFailed: 1, percent: 10 } },
  ],
  onFail: 'halt',
  silentMinutes: 60,
}

export interface Joining {
  readonly labels?: Readonly<Record<string, string>>
  readonly current?: string | null
  readonly channel?: string
}

export interface RolloutWorld extends TestRegistry {
  readonly racks: LightRack[]
  join(name: string, joining?: Joining): Promise<LightRack>
  publish(version: string): Promise<void>
  promote(version: string, more?: Record<string, unknown>): Promise<Answer>
  yank(range: string, more?: Record<string, unknown>): Promise<Answer['json']>
  rollout(id?: string): Promise<RolloutDetailBody>
  rollouts(): Promise<RolloutBody[]>
  act(verb: string, more?: Record<string, unknown>, id?: string): Promise<Answer>
  /** The same rack over another connection. */
  connected(rack: LightRack, send: Send): LightRack
  /** Word of its attempt, which is not over. */
  progress(rack: LightRack): Promise<void>
  /** The registry looks at its rollouts. */
  look(): Promise<void>
  /** So many minutes go by: every few of them these racks ask and do what they are told, and the registry looks. */
  pass(minutes: number, racks?: readonly LightRack[]): Promise<void>
  /** Whose wave is open and who may move, by asking. */
  offered(version: string): Promise<LightRack[]>
}

/** So many racks on `v1`, which is the base of stable; `v2` and `v3` are published. */
export async function aRolloutWorld(racks: number, policy?: RolloutPolicy): Promise<RolloutWorld> {
  const registry = await openTestRegistry()
  const { ask, call, clock } = registry
  const fleet: LightRack[] = []
  const app = '/v1/apps/rack'
  await registry.registry.rollouts.stop()
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })

  async function join(name: string, { labels = {}, current = v1, channel = 'stable' }: Joining = {}) {
    const token = mintToken('rack', Buffer.from(sha256Of(name), 'hex'))
    const json = {
      rack: name,
      channel,
      platform: 'linux/amd64',
      current,
      labels,
      tokenSha256: sha256Of(token),
    }
    await call('POST', `${app}/racks`, { json })
    const rack = lightRack({
      name,
      token,
      current,
      now: clock.now,
      newId: randomUUID,
      send: (method, path, token, json) => ask(method, path, { token, json }),
    })
    await rack.check()
    fleet.push(rack)
    return rack
  }

  async function publish(version: string): Promise<void> {
    await call('POST', `${app}/releases`, { json: { version } })
  }

  const world: Omit<RolloutWorld, keyof TestRegistry> = {
    racks: fleet,
    join,
    publish,
    promote: (version, more = {}) =>
      ask('POST', `${app}/channels/stable/promote`, { json: { version, ...more } }),
    yank: (range, more = {}) =>
      call('POST', `${app}/yanks`, {
        json: { range, severity: 'critical', remedy: 'rollback', reason: 'it masks', ...more },
      }),
    rollout: (id = 'R-1') => detailOf(call('GET', `${app}/rollouts/${id}`)),
    async rollouts() {
      const { text } = await ask('GET', `${app}/rollouts`)
      return JSON.parse(text).rollouts
    },
    act: (verb, more = {}, id = 'R-1') =>
      ask('POST', `${app}/rollouts/${id}/${verb}`, { json: { reason: 'a story', ...more } }),
    connected: ({ name, token, current }, send) =>
      lightRack({ name, token, current, now: clock.now, newId: randomUUID, send }),
    async progress({ name, token, attempt, current: from }) {
      const at = new Date(clock.now()).toISOString()
      const events = [{ index: 0, at, state: 'settling', detail: '' }]
      const told = { action: 'update', motive: 'rollout', reason: 'told', startedAt: at } as const
      const json = { from, target: v2, events, ...told }
      await call('PUT', `/v1/racks/${name}/attempts/${attempt}`, { token, json })
    },
    look: () => registry.registry.rollouts.tick(),
    async pass(minutes, racks = fleet) {
      for (let left = minutes; left > 0; left -= 10) {
        clock.advance(Math.min(10, left) * minute)
        await Promise.all(racks.map((rack) => rack.round()))
        await world.look()
      }
    },
    async offered(version) {
      const told = await Promise.all(fleet.map((rack) => rack.check()))
      return fleet.filter((_, index) => {
        const { action, target } = told[index] ?? {}
        return (action === 'update' || action === 'rollback') && target?.version === version
      })
    },
  }

  for (const version of [v1, v2, v3]) await publish(version)
  await call('POST', `${app}/channels/stable/promote`, { json: { version: v1 } })
  if (policy) {
    const document = { promoteOnPublish: false, checkSeconds: 300, gates: {}, rollout: policy }
    await call('PUT', `${app}/channels/stable/policy`, { json: { policy: document, reason: 'a story' } })
  }
  for (let number = 1; number <= racks; number += 1) await join(`prod-${number}`)
  return Object.create(registry, {
    ...Object.getOwnPropertyDescriptors(world),
    restart: {
      async value() {
        await registry.restart()
        await registry.registry.rollouts.stop()
      },
    },
  })
}

async function detailOf(answer: Promise<unknown>): Promise<RolloutDetailBody> {
  return JSON.parse(JSON.stringify(await answer))
}
