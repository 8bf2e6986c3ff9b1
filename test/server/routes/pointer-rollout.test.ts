// A rack can tell its own wave: from the pointer, which anybody may read, and its token, which nobody else has. Here it does,
// by what docs/protocol.md says and by nothing of ours.
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PointerBody } from '../../../shared/contract/app.ts'
import { hour, minute, toIso } from '../../../shared/domain/instants.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2, v3 } from '../fleet/fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
})
afterEach(() => fleet.dispose())

const path = '/v1/apps/rack/channels/stable'
const act = (verb: string, id = 'R-1') =>
  fleet.call('POST', `/v1/apps/rack/rollouts/${id}/${verb}`, { json: { reason: 'lunch' } })

type Facts = NonNullable<PointerBody['rollout']>

async function pointer(): Promise<{ etag: string; rollout: Facts | null; version: unknown }> {
  const { headers, json } = await fleet.ask('GET', path, { token: null })
  return { etag: headers.etag ?? '', rollout: Object(json).rollout, version: json.version }
}

async function rolloutNow(): Promise<Facts> {
  const { rollout } = await pointer()
  if (!rollout) throw new Error('The pointer names no rollout.')
  return rollout
}

/** As docs/protocol.md has it. */
function waveOf({ key, waves }: Facts, rack: RackClient, labels: Readonly<Record<string, string>>): number {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const rackKey = sha256(`rack/${rack.name}/${sha256(rack.token)}`).slice(0, 16)
  const modulo = (value: bigint) => BigInt.asUintN(64, value)
  let h = BigInt(`0x${rackKey}`) ^ BigInt(`0x${key}`)
  h = modulo((h ^ (h >> 30n)) * 0xbf58476d1ce4e5b9n)
  h = modulo((h ^ (h >> 27n)) * 0x94d049bb133111ebn)
  const cohort = (h ^ (h >> 31n)).toString(16).padStart(16, '0')
  return waves.findIndex(
    ({ cutoff, selector }) =>
      (cutoff === null || cohort <= cutoff) &&
      Object.entries(selector).every(([name, value]) => labels[name] === value),
  )
}

const inEurope = { region: 'eu' }
const policy = {
  waves: [
    { name: 'one', share: 1, soakMinutes: 5 },
    { name: 'europe', share: '50%', selector: inEurope, soakMinutes: 5 },
    { name: 'some', share: '40%', soakMinutes: 5, afterMinutes: 120 },
    { name: 'rest', share: 'rest', soakMinutes: 5 },
  ],
  onFail: 'halt',
  silentMinutes: 600,
}
const promote = (version: string, given: object = { rollout: policy }) =>
  fleet.call('POST', `${path}/promote`, { json: { version, ...given } })

async function join(number: number): Promise<{ rack: RackClient; labels: Record<string, string> }> {
  const rack = await fleet.rack(`prod-${number}`, { current: v1 })
  const labels = number % 2 === 0 ? inEurope : {}
  if (number % 2 === 0)
    await fleet.call('POST', `/v1/apps/rack/racks/${rack.name}/labels`, { json: { labels } })
  await rack.check({ current: v1 })
  return { rack, labels }
}

test('every rack computes the wave that the registry tells it, also one that comes late', async () => {
  await fleet.serve(v1)
  const racks = await Promise.all(Array.from({ length: 24 }, (_, index) => join(index)))
  await fleet.publish(v2)
  await promote(v2)
  racks.push(await join(24), await join(25))
  const facts = await rolloutNow()
  const counted = [0, 0, 0, 0]
  for (const { rack, labels } of racks) {
    const wave = waveOf(facts, rack, labels)
    counted[wave] = (counted[wave] ?? 0) + 1
    const { json } = await rack.check({ current: v1 })
    if (wave === 0)
      expect(json).toMatchObject({ action: 'update', reason: 'offered', target: { version: v2 } })
    else {
      expect(json).toMatchObject({ action: 'wait', reason: 'wave_not_open' })
      expect(json.detail).toContain(`in wave ${wave + 1} of 4 (${facts.waves[wave]?.name}) of ${facts.id}`)
    }
  }
  const { plan } = await fleet.call('GET', '/v1/apps/rack/rollouts/R-1')
  const planned: number[] = Object(plan).waves.map(({ racks: of }: { racks: number }) => of)
  expect(planned.reduce((sum, of) => sum + of)).toBe(24)
  expect(counted.reduce((sum, of) => sum + of)).toBe(26)
  for (const [wave, of] of planned.entries()) expect(counted[wave]).toBeGreaterThanOrEqual(of)
})

test('the facts are those of the plan, and nothing tells which wave is open', async () => {
  await fleet.serve(v1)
  await Promise.all(Array.from({ length: 8 }, (_, index) => join(index)))
  await fleet.publish(v2)
  expect((await pointer()).rollout).toBeNull()
  const before = (await pointer()).etag
  const begins = fleet.clock.now() + hour
  await promote(v2, { rollout: policy, notBefore: toIso(begins) })
  const planned = await pointer()
  expect(planned.etag).not.toBe(before)
  expect(planned).toMatchObject({
    version: v1,
    rollout: {
      id: 'R-1',
      key: expect.stringMatching(/^[0-9a-f]{16}$/),
      waves: [
        {
          name: 'one',
          selector: {},
          cutoff: expect.stringMatching(/^[0-9a-f]{16}$/),
          notBefore: toIso(begins),
        },
        { name: 'europe', selector: inEurope, notBefore: null },
        { name: 'some', selector: {}, notBefore: toIso(begins + 2 * hour) },
        { name: 'rest', selector: {}, cutoff: null, notBefore: null },
      ],
    },
  })
  expect(Object.keys(planned.rollout?.waves[0] ?? {}).sort()).toEqual([
    'cutoff',
    'name',
    'notBefore',
    'selector',
  ])

  // Waves open, people stop it and let it go on: whoever has the pointer need not be sent it again.
  fleet.clock.advance(hour)
  await fleet.registry.rollouts.tick()
  expect(await fleet.call('GET', '/v1/apps/rack/rollouts/R-1')).toMatchObject({ state: 'running', wave: 0 })
  for (const verb of ['pause', 'resume', 'halt', 'resume', 'retry']) {
    await act(verb)
    expect(await pointer()).toEqual(planned)
  }
  await fleet.restart()
  expect(await pointer()).toEqual(planned)

  await fleet.serve(v3)
  const { rollout, version } = await pointer()
  expect({ rollout, version }).toEqual({ rollout: null, version: v3 })
})

test('a rollout that is through, gone back from or withdrawn is in no pointer', async () => {
  await fleet.serve(v1)
  const { rack } = await join(1)
  await fleet.publish(v2)
  await promote(v2, { rollout: { ...policy, waves: policy.waves.slice(3) } })
  expect(await pointer()).toMatchObject({ version: v1, rollout: { id: 'R-1', waves: [{ cutoff: null }] } })
  await fleet.call('POST', `${path}/revert`, { json: { reason: 'too early' } })
  expect(await pointer()).toMatchObject({ version: v1, rollout: null })

  await promote(v2, { rollout: { ...policy, waves: policy.waves.slice(3) } })
  expect(await pointer()).toMatchObject({ version: v1, rollout: { id: 'R-2' } })
  await fleet.yank(v2)
  expect(await pointer()).toMatchObject({ version: v1, rollout: null })

  await fleet.publish(v3)
  await promote(v3, { rollout: { ...policy, waves: policy.waves.slice(3) } })
  const onItsWay = await pointer()
  expect(onItsWay).toMatchObject({ version: v1, rollout: { waves: [{ name: 'rest' }] } })
  await rack.goes(v1, v3)
  const proved = [{ version: v3, at: toIso(fleet.clock.now()), parametersHold: true }]
  for (let passed = 0; passed < 3; passed += 1) {
    await rack.check({ current: v3, proved })
    fleet.clock.advance(3 * minute)
  }
  await rack.check({ current: v3, proved })
  await fleet.registry.rollouts.tick()
  expect(await pointer()).toMatchObject({ version: v3, rollout: null })
})

test('what is planned only after the head has moved is told once it is, though the channel has not changed', async () => {
  const unstable = '/v1/apps/rack/channels/unstable'
  await fleet.publish(v1)
  const rack = await fleet.rack('lab-1', { channel: 'unstable', current: v1 })
  await rack.check({ current: v1 })
  const takesBuilds = { promoteOnPublish: true, checkSeconds: 60, gates: {}, rollout: policy }
  await fleet.call('PUT', `${unstable}/policy`, { json: { policy: takesBuilds, reason: 'by waves' } })
  await fleet.publish(v2)
  const read = async () => (await fleet.ask('GET', unstable, { token: null })).json
  const moved = await read()
  expect(moved).toMatchObject({ version: v1, head: v2, rollout: null })
  await fleet.registry.rollouts.tick()
  expect(await read()).toEqual({ ...moved, rollout: expect.objectContaining({ id: 'R-1' }) })
})
