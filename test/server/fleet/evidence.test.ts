// What the fleet shows to people: who proved a release before it is promoted, who is on what was withdrawn, who has gone.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256Of } from '../../support/test-registry.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2, v3 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
})
afterEach(() => fleet.dispose())

const promote = (json: object = {}) => fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json })

describe('proved', () => {
  test('counts the last attempt of each rack of the feeder, and no other', async () => {
    await fleet.serve(v1)
    const [a, b, c, d] = [
      await fleet.rack('staging-a', { channel: 'unstable', current: v1 }),
      await fleet.rack('staging-b', { channel: 'unstable', current: v1 }),
      await fleet.rack('staging-c', { channel: 'unstable', current: v1 }),
      await fleet.rack('staging-d', { channel: 'unstable', current: v1 }),
    ]
    const production = await fleet.rack('prod-1', { current: v1 })
    await fleet.publish(v2)
    fleet.clock.advance(1000)
    await a.goes(v1, v2)
    await b.goes(v1, v2, 'returned', 'settle')
    await c.goes(v1, v2, 'returned', 'settle')
    await d.goes(v1, v2, 'failed', 'fetch')
    await production.report('99999999-9999-4999-8999-999999999999', {
      from: v1,
      target: v2,
      outcome: 'proved',
    })
    fleet.clock.advance(86_400_000)
    await c.report('88888888-8888-4888-8888-888888888888', { from: v1, target: v2, outcome: 'proved' })
    await c.check({ current: v2 })
    const expected = {
      channel: 'unstable',
      racks: 4,
      proved: ['staging-a', 'staging-c'],
      failed: [{ rack: 'staging-b', outcome: 'returned', step: 'settle', message: 'settle failed' }],
      running: ['staging-a', 'staging-c'],
    }
    const { proved } = await fleet.call('GET', `/v1/apps/rack/releases/${v2}`)
    expect(proved).toEqual(expect.arrayContaining([expected]))
    expect((await promote()).proved).toEqual(expected)
  })

  test('is shown with a promotion that becomes a proposal as well', async () => {
    await fleet.call('POST', '/v1/apps/rack/releases', {
      json: { version: v1, parameters: { Password: {} } },
    })
    await promote()
    const staging = await fleet.rack('staging', { channel: 'unstable', current: v1 })
    const parameters = { Password: { masked: true } }
    await fleet.call('POST', '/v1/apps/rack/releases', { json: { version: v2, parameters } })
    await staging.goes(v1, v2, 'returned', 'settle')
    const refused = await fleet.ask('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
    expect(refused).toMatchObject({
      status: 200,
      json: {
        outcome: 'proposed',
        proposal: 'P-1',
        proved: { proved: [], failed: [{ rack: 'staging', step: 'settle' }] },
      },
    })
  })

  test('and verdicts are those of the state that is decided on, for two who promote at once', async () => {
    await fleet.publish(v1)
    const [one, two] = await Promise.all([promote(), promote()])
    expect([one.isMove, two.isMove].sort()).toEqual([false, true])
    expect([one.revision, two.revision]).toEqual([1, 1])
    const late = one.isMove ? two : one
    expect(late.previous).toBe(v1)
  })
})

describe('an advisory', () => {
  test('names the racks that are on it, what each is told, and who has gone', async () => {
    await fleet.serve(v1)
    const racks = [
      await fleet.rack('prod-1', { current: v1 }),
      await fleet.rack('prod-2', { current: v1 }),
      await fleet.rack('prod-3', { current: v1 }),
    ]
    await fleet.serve(v2)
    for (const rack of racks.slice(0, 2)) await rack.goes(v1, v2)
    const unseen = await fleet.rack('prod-4', { current: '20160817000000' })
    await unseen.check({ current: '20160817000000' })
    fleet.clock.advance(1000)
    const yanked = await fleet.yank(`${v2}..20160817175216`)
    expect(yanked).toMatchObject({
      id: 'ADV-1',
      versions: [v2],
      fallbacks: [
        { channel: 'unstable', version: v1 },
        { channel: 'stable', version: v1 },
      ],
      racksGone: [],
    })
    const told = { channel: 'stable', action: 'rollback', reason: 'yanked', target: v1 }
    expect(yanked.racksOn).toMatchObject([
      { rack: 'prod-1', current: v2, ...told },
      { rack: 'prod-2', current: v2, ...told },
      { rack: 'prod-4', current: '20160817000000', ...told },
    ])

    fleet.clock.advance(1000)
    await racks[0]?.goes(v2, v1)
    const shown = await fleet.call('GET', '/v1/apps/rack/advisories/ADV-1')
    expect(shown.racksOn).toMatchObject([{ rack: 'prod-2' }, { rack: 'prod-4' }])
    expect(shown.racksGone).toEqual([{ rack: 'prod-1', from: v2, current: v1 }])
    expect((await fleet.call('GET', '/v1/apps/rack/advisories')).advisories).toEqual([shown])
    expect((await fleet.call('GET', '/v1/apps/rack/racks/prod-2')).advisory).toBe('ADV-1')
    await fleet.restart()
    expect(await fleet.call('GET', '/v1/apps/rack/advisories/ADV-1')).toEqual(shown)
  })

  test('sends back one rack first, and tells the others that their wave is not open, wherever they come from', async () => {
    const nobodys = '20160817000000'
    await fleet.serve(v1)
    const racks = [
      await fleet.rack('prod-1', { current: v2 }),
      await fleet.rack('prod-2', { current: v2 }),
      // Of another channel, and on a build of the range that nobody published here.
      await fleet.rack('beta-1', { channel: 'unstable', current: nobodys }),
      await fleet.rack('prod-3', { current: nobodys }),
    ]
    await fleet.serve(v2)
    for (const [index, rack] of racks.entries()) await rack.check({ current: index < 2 ? v2 : nobodys })
    const yanked = await fleet.yank(`${v2}..20160817175216`, { allAtOnce: false })
    expect(yanked).toMatchObject({
      rollout: 'R-1',
      concerned: { racks: 4, told: { 'rollback, yanked': 1, 'wait, remedy_wave_not_open': 3 } },
    })
    const rollout = await fleet.call('GET', '/v1/apps/rack/rollouts/R-1')
    expect(rollout).toMatchObject({
      purpose: 'remedy',
      advisory: 'ADV-1',
      channel: null,
      state: 'running',
      wave: 0,
      plan: { racks: 4, eligible: 4, waves: [{ racks: 1 }, { racks: 1 }, { racks: 2 }] },
    })

    const current = (rack: RackClient) => (racks.indexOf(rack) < 2 ? v2 : nobodys)
    const asked = await Promise.all(racks.map((rack) => rack.check({ current: current(rack) })))
    const first = racks[asked.findIndex(({ json }) => json.action === 'rollback')]
    if (!first) throw new Error('Nobody is told to go back.')
    for (const rack of racks.filter((one) => one !== first)) {
      const refused = await rack.grant({
        target: v1,
        action: 'rollback',
        report: { current: current(rack) },
      })
      expect(refused).toMatchObject({ status: 409, json: { code: 'not_offered' } })
      expect(refused.json.detail).toMatch(
        /remedy_wave_not_open: this rack is in wave [23] of 3 \(.+\) of R-1/,
      )
    }
    await first.goes(current(first), v1)
    const { attempts } = await fleet.call('GET', `/v1/apps/rack/racks/${first.name}/attempts`)
    expect(attempts).toMatchObject([{ outcome: 'proved', motive: 'remedy_critical', rollout: 'R-1' }])
  })

  test.each([
    { head: 'on its way', halted: false, eligible: 2, leftOut: { goes_forward: 1 } },
    { head: 'halted', halted: true, eligible: 3, leftOut: {} },
  ])('of racks below a head that is $head counts on those that cannot go forward', async (story) => {
    const between = '20160816150000'
    await fleet.serve(v1)
    for (const name of ['prod-1', 'prod-2', 'prod-3'])
      await (await fleet.rack(name, { current: between })).check({ current: between })
    await fleet.publish(v2)
    const waves = [
      { share: 1, soakMinutes: 5 },
      { share: 'rest', soakMinutes: 5 },
    ]
    await promote({ version: v2, rollout: { waves, onFail: 'halt', silentMinutes: 60 } })
    if (story.halted)
      await fleet.call('POST', '/v1/apps/rack/rollouts/R-1/halt', { json: { reason: 'it burns' } })
    await fleet.yank(between, { allAtOnce: false })
    expect(await fleet.call('GET', '/v1/apps/rack/rollouts/R-2')).toMatchObject({
      state: 'running',
      wave: 0,
      plan: { racks: 3, eligible: story.eligible, leftOut: story.leftOut },
    })
  })

  test('asked for twice is one, and of two alike but for their severity the right one is answered', async () => {
    await fleet.serve(v1)
    await fleet.serve(v2)
    const moderate = await fleet.yank(v2, { severity: 'moderate' })
    fleet.clock.advance(1000)
    const critical = await fleet.yank(v2)
    expect([moderate.id, critical.id]).toEqual(['ADV-1', 'ADV-2'])
    fleet.clock.advance(1000)
    expect(await fleet.yank(v2)).toMatchObject({ id: 'ADV-2', severity: 'critical' })
    expect(await fleet.yank(v2, { severity: 'moderate' })).toMatchObject({
      id: 'ADV-1',
      severity: 'moderate',
    })
    expect((await fleet.call('GET', '/v1/audit?type=release.yanked')).entries).toHaveLength(2)
  })

  test('is answered although a rack reports what is no version at all', async () => {
    await fleet.serve(v1)
    const good = await fleet.rack('prod-1', { current: v1 })
    await good.check({ current: v1 })
    const odd = await fleet.rack('prod-2')
    expect((await odd.check({ current: 'dev-build' })).json.code).toBe('invalid_version')
    const barred = await fleet.rack('prod-3', { current: v1 })
    await barred.check({ current: v1, bar: { above: 'nonsense', upTo: 'more' } })
    await fleet.serve(v2)
    const forward = await fleet.ask('POST', '/v1/apps/rack/yanks?dryRun=true', {
      json: { range: v1, severity: 'critical', remedy: 'forward', reason: 'go on' },
    })
    expect(forward.status).toBe(200)
    const yanked = await fleet.yank(v1, { remedy: 'stay' })
    expect(yanked.racksOn).toMatchObject([{ rack: 'prod-1', action: 'update' }, { rack: 'prod-3' }])
    expect((await fleet.call('GET', '/v1/apps/rack/racks')).racks).toHaveLength(3)
    await fleet.publish(v3)
    const reverted = await fleet.ask('POST', '/v1/apps/rack/channels/unstable/revert', {
      json: { reason: 'no', to: v3 },
    })
    expect(reverted.status).toBe(200)
  })
})

describe('an artifact', () => {
  test('that vanished from the disk is offered to nobody from the moment that this is seen', async () => {
    const bytes = 'the bytes'
    const sha256 = sha256Of(bytes)
    await fleet.call('PUT', `/v1/artifacts/${sha256}`, { body: bytes })
    const artifacts = [{ platform: 'any', sha256, size: bytes.length }]
    await fleet.call('POST', '/v1/apps/rack/releases', { json: { version: v1, artifacts } })
    const rack = await fleet.rack('staging', { channel: 'unstable' })
    expect((await rack.check()).json.action).toBe('update')
    await rm(join(fleet.dataDir, 'artifacts', sha256.slice(0, 2), sha256.slice(2, 4), sha256))
    const gone = await fleet.ask('GET', `/v1/artifacts/${sha256}`, { token: rack.token })
    expect(gone.status).toBe(404)
    expect((await rack.check()).json).toMatchObject({ action: 'wait', reason: 'artifact_unavailable' })
    await fleet.call('PUT', `/v1/artifacts/${sha256}`, { body: bytes })
    expect((await rack.check()).json.action).toBe('update')
  })
})
