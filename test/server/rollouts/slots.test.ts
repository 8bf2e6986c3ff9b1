// Slots: so many racks at a time, however many ask at once; and how a slot is free again.
import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hour, minute } from '../../../shared/domain/instants.ts'
import type { RolloutPolicy } from '../../../shared/domain/rollout-policy.ts'
import type { LightRack, Reply } from '../../support/light-rack.ts'
import { aRolloutWorld, type RolloutWorld, v2, v3 } from './rollout-world.ts'

const oneSlot: RolloutPolicy = {
  waves: [{ share: 'rest', soakMinutes: 30 }],
  maxInFlight: 1,
  onFail: 'halt',
  silentMinutes: 10_000,
}

let world: RolloutWorld
afterEach(() => world.dispose())

function wordOf({ status, text }: Reply): string {
  if (status === 200) return 'granted'
  const { code, numbers } = JSON.parse(text)
  return `${code} ${numbers?.decision?.reason}`
}

test('200 racks ask at the same instant for one slot: exactly one gets it, 100 times over', {
  timeout: 180_000,
}, async () => {
  world = await aRolloutWorld(200, oneSlot)
  // A connection for each of them: nobody waits for another one before the registry.
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const { hostname, port } = new URL(world.url)
  const send = (method: string, path: string, token: string, json: unknown) =>
    new Promise<Reply>((resolve, reject) => {
      const body = JSON.stringify(json)
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      request({ hostname, port, method, path, headers, agent }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }))
      })
        .on('error', reject)
        .end(body)
    })
  const racks = world.racks.map((rack) => world.connected(rack, send))
  await world.promote(v2)
  const [told, ...others] = await Promise.all(racks.map((rack) => rack.check()))
  if (!told) throw new Error('200 racks ask.')
  expect(others.every((one) => one.action === 'update' && one.target?.version === v2)).toBe(true)
  const rounds: string[] = []
  for (let round = 0; round < 100; round += 1) {
    const replies = await Promise.all(racks.map((rack) => rack.begin(told)))
    const words = replies.map(wordOf)
    const granted = words.filter((word) => word === 'granted').length
    rounds.push(
      `${granted} granted, ${words.filter((word) => word === 'not_offered slots_full').length} full`,
    )
    // It could not be fetched: that counts for nothing, and the rack asks again with all others.
    await racks[words.indexOf('granted')]?.end({ outcome: 'failed', step: 'fetched', message: 'no disk' })
  }
  agent.destroy()
  expect(rounds).toEqual(Array.from({ length: 100 }, () => '1 granted, 199 full'))
  const { store } = world.registry
  const attempts = await store.read.db.select().from(store.read.tables.attempts)
  expect(attempts).toHaveLength(100)
  expect(attempts.every(({ outcome, rollout }) => outcome === 'failed' && rollout === 'R-1')).toBe(true)
})

describe('a slot', () => {
  let first: LightRack
  let second: LightRack
  beforeEach(async () => {
    world = await aRolloutWorld(3, oneSlot)
    await world.promote(v2)
    const [one, other] = world.racks
    if (!one || !other) throw new Error('Two are enough.')
    first = one
    second = other
    expect((await first.begin(await first.check())).status).toBe(200)
    await expectFull()
  })

  async function expectFull(): Promise<void> {
    expect(await second.check()).toMatchObject({ action: 'wait', reason: 'slots_full' })
    expect((await world.rollout()).underWay).toBe(1)
  }

  async function expectFree(): Promise<void> {
    expect((await world.rollout()).underWay).toBe(0)
    const told = await second.check()
    expect(told).toMatchObject({ action: 'update' })
    expect((await second.begin(told)).status).toBe(200)
  }

  test.each(['proved', 'returned', 'stuck', 'failed', 'aborted'] as const)(
    'is free when %s is reported',
    async (outcome) => {
      await first.end({ outcome })
      await expectFree()
    },
  )

  test('is kept by progress, and free an hour after the last word', async () => {
    world.clock.advance(50 * minute)
    await world.progress(first)
    world.clock.advance(50 * minute)
    await expectFull()
    world.clock.advance(11 * minute)
    await expectFree()
  })

  test('is free when the rack is seen where it was to go: the report was lost', async () => {
    first.current = v2
    await first.check()
    await expectFree()
  })

  test('is not free while the rack says that it is still at it', async () => {
    first.current = v2
    const id = first.attempt ?? ''
    const attempt = {
      id,
      from: null,
      target: v2,
      motive: 'rollout',
      state: 'settling',
      isConfirmed: true,
    } as const
    first.also = { attempt }
    await first.check()
    await expectFull()
    first.also = {}
    await first.check()
    await expectFree()
  })

  test('is taken as long, and free as soon, when the registry was started again between', async () => {
    await world.restart()
    await expectFull()
    await first.end({ outcome: 'proved' })
    await world.restart()
    await expectFree()
  })

  test('is free after a restart when the rack was seen there before it, and its report was lost', async () => {
    first.current = v2
    await first.check()
    await world.restart()
    await expectFree()
  })

  test('runs out over a restart', async () => {
    world.clock.advance(hour)
    await world.restart()
    await expectFree()
  })

  test('is granted to the same asker once: an answer that was lost is asked for again', async () => {
    const again = await first.begin({ ...(await second.check()), target: { version: v2 } })
    expect(again.status).toBe(200)
    await expectFull()
  })
})

describe('a grant', () => {
  test('stands on the newest events: whatever was halted, frozen or withdrawn before it is not granted', async () => {
    world = await aRolloutWorld(40, { ...oneSlot, maxInFlight: 40 })
    await world.promote(v2)
    const told = await Promise.all(world.racks.map((rack) => rack.check()))
    const begin = (from: number, to: number) =>
      Promise.all(
        world.racks.slice(from, to).map(async (rack, index) => {
          const asked = told[from + index]
          if (!asked) throw new Error('Everybody was told.')
          return rack.begin(asked)
        }),
      )
    const [before, halted, after] = await Promise.all([begin(0, 20), world.act('halt'), begin(20, 40)])
    expect(halted.status).toBe(200)
    const { sequence } = world.registry.ledger.head
    const granted = [...before, ...after].filter(({ status }) => status === 200)
    for (const { text } of granted) expect(JSON.parse(text).ledgerSequence).toBeLessThan(sequence)
    const refused = [...before, ...after].filter(({ status }) => status !== 200)
    expect(new Set(refused.map(wordOf))).toEqual(new Set(['not_offered rollout_halted']))
    expect(granted.length + refused.length).toBe(40)
    expect(await begin(0, 0)).toEqual([])
  })

  test('asked for what was superseded since is told of the new', async () => {
    world = await aRolloutWorld(3, { ...oneSlot, maxInFlight: 3 })
    await world.promote(v2)
    const [rack] = world.racks
    if (!rack) throw new Error('There are three.')
    const told = await rack.check()
    await world.promote(v3)
    const refused = await rack.begin(told)
    expect(JSON.parse(refused.text)).toMatchObject({
      code: 'decision_moved',
      numbers: { decision: { target: { version: v3 } } },
    })
  })
})
