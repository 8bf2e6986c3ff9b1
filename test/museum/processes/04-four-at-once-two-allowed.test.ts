/**
 * Four at once, two allowed, with real processes: a registry of its own, and racks that ask it over sockets; and with a
 * clock that moves, for the lease of a rack that is never heard of again.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hour } from '../../../shared/domain/instants.ts'
import { rolloutPresets } from '../../../shared/domain/rollout-policy.ts'
import { mintToken } from '../../../shared/trust/token.ts'
import { aRolloutWorld, v2 } from '../../server/rollouts/rollout-world.ts'
import { type LightRack, lightRack, type Reply } from '../../support/light-rack.ts'
import { headgate, startRegistry } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { sha256Of } from '../../support/test-registry.ts'

const racks = 200
const oneAtATime = { ...rolloutPresets['at-once'], maxInFlight: 1 }

/** All ask for a lease in the same moment, with what each was told before. */
async function allBegin(fleet: readonly LightRack[]): Promise<{ begun: LightRack[]; refused: Reply[] }> {
  const told = await Promise.all(fleet.map((rack) => rack.check()))
  const replies = await Promise.all(fleet.map((rack, index) => rack.begin(told[index] ?? nothing)))
  return {
    begun: fleet.filter((_, index) => replies[index]?.status === 200),
    refused: replies.filter(({ status }) => status !== 200),
  }
}

const nothing = {
  action: 'none',
  reason: '',
  motive: 'rollout',
  target: null,
  detail: '',
  until: null,
} as const

test('two hundred racks ask one registry for one slot, all at once: one has it, and when it lets go one other', {
  timeout: 120_000,
}, async () => {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const { env } = registry
  const does = async (...words: readonly string[]): Promise<void> =>
    expect(await headgate(words, { cwd, env }), words.join(' ')).toMatchObject({ code: 0 }) as undefined
  const admin = readFileSync(env.HEADGATE_TOKEN_FILE ?? '', 'utf8').trim()
  const send = async (method: string, path: string, token: string, json: unknown): Promise<Reply> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${registry.url}${path}`, { method, headers, body: JSON.stringify(json) })
    return { status: answer.status, text: await answer.text() }
  }
  await does('app', 'create', 'node', '--scheme', 'timestamp')
  await does('release', 'publish', '10', '--app', 'node')
  await does('promote', '10', '--app', 'node', '--to', 'stable')
  const fleet: LightRack[] = []
  for (let number = 0; number < racks; number += 1) {
    const name = `node-${number}`
    const token = mintToken('rack', Buffer.from(sha256Of(name), 'hex'))
    const enrolment = {
      rack: name,
      channel: 'stable',
      platform: 'any',
      current: '10',
      tokenSha256: sha256Of(token),
    }
    expect(await send('POST', '/v1/apps/node/racks', admin, enrolment)).toMatchObject({ status: 200 })
    const rack = lightRack({ name, token, current: '10', now: Date.now, newId: randomUUID, send })
    await rack.check()
    fleet.push(rack)
  }
  const plan = join(cwd, 'one-at-a-time.json')
  writeFileSync(plan, JSON.stringify(oneAtATime))
  await does('release', 'publish', '20', '--app', 'node')
  await does('promote', '20', '--app', 'node', '--to', 'stable', '--rollout', plan)
  for (let tries = 0; tries < 200 && (await fleet[0]?.check())?.reason !== 'offered'; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50))

  const { begun, refused } = await allBegin(fleet)
  expect(begun).toHaveLength(1)
  expect(refused).toHaveLength(racks - 1)
  for (const { status, text } of refused) {
    expect(status).toBe(409)
    expect(JSON.parse(text)).toMatchObject({
      code: 'not_offered',
      numbers: { decision: { reason: 'slots_full' } },
    })
  }
  const others = fleet.filter((rack) => !begun.includes(rack))
  expect(await others[0]?.check()).toMatchObject({ action: 'wait', reason: 'slots_full' })

  expect(await begun[0]?.end({ outcome: 'proved' })).toMatchObject({ status: 200 })
  expect((await allBegin(others)).begun).toHaveLength(1)
})

test('the one that has the slot is never heard of again: when its lease ends, exactly one other begins', async () => {
  const world = await aRolloutWorld(20)
  try {
    await world.promote(v2, { rollout: oneAtATime })
    await world.look()
    const { begun } = await allBegin(world.racks)
    expect(begun).toHaveLength(1)
    const others = world.racks.filter((rack) => !begun.includes(rack))
    world.clock.advance(hour - 1)
    for (const rack of others) expect(await rack.check()).toMatchObject({ reason: 'slots_full' })
    world.clock.advance(1)
    expect((await allBegin(others)).begun).toHaveLength(1)
  } finally {
    await world.dispose()
  }
})
