/** Orders given on the rack: pins, holds and their ends; each is the rack's own, and holds with or without a registry. */
import { describe, expect, test } from 'vitest'
import { day, hour } from '../../../shared/domain/instants.ts'
import { silence } from '../../support/campaign-registry.ts'
import { aYard, type Yard, type YardRack } from '../../support/campaign-yard.ts'

async function aRackOn(...versions: readonly string[]): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  for (const version of versions) {
    await yard.serves(version)
    await rack.does('update', '--yes')
  }
  return { yard, rack }
}

const decisionOf = async (rack: YardRack) => (await rack.does('check', '--json')).json

describe('pin', () => {
  test('keeps the rack where it is, shows owner, reason and end, and unpin lets it go on', async () => {
    const { yard, rack } = await aRackOn('10')
    const pinned = await rack.does('pin', '--reason', 'wait for the fix', '--until', '7d', '--json')
    expect(pinned.json).toMatchObject({
      kind: 'Orders',
      pin: {
        version: '10',
        owner: 'ada',
        reason: 'wait for the fix',
        until: expect.stringMatching(/^2016-08-2\dT/),
      },
      decision: { action: 'none', reason: 'pinned' },
      isTold: true,
    })
    await yard.serves('20')
    expect(await decisionOf(rack)).toMatchObject({ action: 'none', reason: 'pinned' })
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ pin: { version: '10', owner: 'ada' } })
    expect((await rack.does('status')).stdout).toMatch(/pinned\s+10 by ada until 2016-\S+: wait for the fix/)

    const lifted = await rack.does('unpin', '--yes', '--json')
    expect(lifted.json).toMatchObject({
      lifted: { version: '10' },
      pin: null,
      decision: { action: 'update' },
    })
    expect((await rack.headgate('unpin', '--yes', '--json')).json).toMatchObject({ code: 'order_not_found' })
  })

  test('to another version goes there and stays, forward or back', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await yard.serves('30')
    await yard.serves('40')
    await rack.does('pin', '30', '--reason', 'audited')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
    await rack.does('pin', '20', '--reason', 'audited')
    expect(await decisionOf(rack)).toMatchObject({ action: 'rollback', reason: 'pinned', motive: 'pin' })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('to what a rollback barred is an order, and lifts the bar', async () => {
    const { rack } = await aRackOn('10', '20')
    await rack.does('rollback', '--reason', 'slow')
    await rack.does('pin', '20', '--reason', 'it was not slow')
    expect(rack.state()).toMatchObject({ bar: null })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('holds the rack on a withdrawn version only when its advisory is accepted', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await rack.does('pin', '--reason', 'audit')
    const words = ['--app', 'rack', '--severity', 'critical', '--reason', 'it leaks', '--confirm', 'rack']
    await yard.does('release', 'yank', '20', ...words)
    const told = await decisionOf(rack)
    expect(told).toMatchObject({ action: 'rollback', motive: 'remedy_critical', target: { version: '10' } })
    const [advisory] = told.advisories as { id: string }[]
    await rack.does('pin', '--reason', 'we can live with it', '--accept', advisory?.id ?? '')
    expect(await decisionOf(rack)).toMatchObject({ action: 'none', reason: 'pinned' })
    expect((await rack.headgate('check', '--exit-code')).code).toBe(102)
  })

  test('while nothing is installed there is nothing to stay on', async () => {
    const { rack } = await aRackOn()
    expect((await rack.headgate('pin', '--reason', 'x', '--json')).json).toMatchObject({
      code: 'invalid_input',
      exit: 2,
    })
  })
})

describe('hold', () => {
  test('for a while, until then nothing comes; unhold ends it before', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    const held = await rack.does('hold', '--for', '4h', '--reason', 'audit', '--json')
    expect(held.json).toMatchObject({ hold: { owner: 'ada', reason: 'audit' }, decision: { reason: 'held' } })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    yard.clock.skip(4 * hour)
    expect(await decisionOf(rack)).toMatchObject({ action: 'update' })

    await rack.does('hold', '--until', '2016-08-20', '--reason', 'audit')
    expect(await decisionOf(rack)).toMatchObject({ reason: 'held', until: '2016-08-20T00:00:00.000Z' })
    const lifted = await rack.does('unhold', '--json')
    expect(lifted.json).toMatchObject({ hold: null, lifted: { until: '2016-08-20T00:00:00.000Z' } })
    expect((await rack.headgate('unhold', '--json')).json).toMatchObject({ code: 'order_not_found' })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('is passed by the way out of a critical withdrawal', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await rack.does('hold', '--for', '4h', '--reason', 'audit')
    const words = ['--app', 'rack', '--severity', 'critical', '--reason', 'it leaks', '--confirm', 'rack']
    await yard.does('release', 'yank', '20', ...words)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
  })
})

describe('an order that makes no sense is refused with the arithmetic, and changes nothing', () => {
  test.each<[string, readonly string[], string, RegExp]>([
    ['a pin that ended', ['pin', '--reason', 'x', '--until', '2016-08-01'], 'invalid_date', /before now/],
    ['a pin for a hundred years', ['pin', '--reason', 'x', '--until', '36500d'], 'invalid_date', /3660 days/],
    [
      'a pin until the 30th of February',
      ['pin', '--reason', 'x', '--until', '2017-02-30'],
      'invalid_date',
      /28 days/,
    ],
    ['a pin to no version', ['pin', 'yesterday', '--reason', 'x'], 'invalid_version', /yesterday/],
    ['a pin to a path', ['pin', '../../etc', '--reason', 'x'], 'invalid_version', /cannot be a version/],
    ['a pin without a reason', ['pin', '--reason', '  '], 'invalid_input', /1 to 2000/],
    ['a pin with a book for a reason', ['pin', '--reason', 'x'.repeat(2001)], 'invalid_input', /2001/],
    [
      'a pin that accepts a book',
      ['pin', '--reason', 'x', '--accept', 'A'.repeat(65)],
      'invalid_input',
      /65/,
    ],
    ['a hold without an end', ['hold', '--reason', 'x'], 'invalid_input', /either --for or --until/],
    ['a hold with two', ['hold', '--reason', 'x', '--for', '1h', '--until', '2d'], 'invalid_input', /either/],
    ['a hold for no time', ['hold', '--reason', 'x', '--for', '0h'], 'invalid_date', /no time/],
    ['a hold for a decade', ['hold', '--reason', 'x', '--for', '3650d'], 'invalid_date', /366 days/],
    ['a hold for a word', ['hold', '--reason', 'x', '--for', 'later'], 'invalid_date', /a duration/],
    ['a hold without a reason', ['hold', '--reason', '', '--for', '1h'], 'invalid_input', /1 to 2000/],
  ])('%s', async (_, words, code, says) => {
    const { rack } = await aRackOn('10')
    const before = rack.tree()
    for (const more of [[], ['--dry-run']]) {
      const refused = await rack.headgate(...words, ...more, '--json')
      expect(refused.json).toMatchObject({ code, exit: 2 })
      expect(refused.json.detail).toMatch(says)
    }
    expect(rack.tree()).toEqual(before)
  })
})

test('a dry run of each order shows it and changes nothing', async () => {
  const { rack } = await aRackOn('10')
  await rack.does('pin', '--reason', 'audit')
  await rack.does('hold', '--for', '4h', '--reason', 'audit')
  const before = rack.tree()
  const shows = async (shown: object, ...words: readonly string[]) => {
    const ran = await rack.does(...words, '--dry-run', '--json')
    expect(ran.json, words[0]).toMatchObject({ dryRun: true, ...shown })
  }
  await shows({ pin: { version: '20' } }, 'pin', '20', '--reason', 'x')
  await shows({ pin: { version: '10' } }, 'unpin')
  await shows({ hold: { reason: 'x' } }, 'hold', '--for', '1h', '--reason', 'x')
  await shows({ hold: { reason: 'audit' } }, 'unhold')
  await shows({ failures: [], bar: null }, 'retry')
  await shows({ version: '10', ok: true }, 'verify')
  expect(rack.tree()).toEqual(before)
})

test('without a registry an order is kept and told later', async () => {
  const { yard, rack } = await aRackOn('10')
  yard.intercept(silence)
  const pinned = await rack.does('pin', '--reason', 'audit')
  expect(pinned.stderr).toContain('it is told with the next check')
  yard.intercept(undefined)
  await rack.does('check')
  const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
  expect(shown.json).toMatchObject({ pin: { version: '10', reason: 'audit' } })
})

describe('looking', () => {
  test('status, history, explain and doctor need no lock, ask for nothing they cannot have, and change nothing', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await rack.does('check')
    const before = rack.tree()
    expect((await rack.does('status', '--json')).json).toMatchObject({
      kind: 'Status',
      current: '20',
      proved: [
        { version: '20', at: expect.stringMatching(/^2016-08-16T/) },
        { version: '10', at: expect.stringMatching(/Z$/) },
      ],
      lastDecision: { at: expect.stringMatching(/Z$/), body: { reason: 'up_to_date' } },
      underWay: null,
      stuck: null,
    })
    expect((await rack.does('history', '--json')).json).toMatchObject({
      kind: 'History',
      attempts: [
        { from: '10', to: '20', outcome: 'proved', motive: 'rollout' },
        { from: null, to: '10', outcome: 'proved', motive: 'bootstrap' },
      ],
    })
    expect((await rack.does('explain', '--json')).json).toMatchObject({
      kind: 'Decision',
      reason: 'up_to_date',
    })
    expect((await rack.does('doctor', '--json')).json).toMatchObject({ kind: 'Health', isWell: true })

    yard.intercept(silence)
    const offline = await rack.does('explain')
    expect(offline.stderr).toContain('What follows was answered')
    expect(offline.stdout).toContain('up_to_date')
    const ill = await rack.headgate('doctor', '--json')
    expect(ill.code).toBe(1)
    expect(ill.json).toMatchObject({
      isWell: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ question: 'does the registry answer?', isWell: false, severity: 'failed' }),
      ]),
    })
    expect((await rack.does('status')).code).toBe(0)
    expect((await rack.does('history')).code).toBe(0)
    expect(rack.tree()).toEqual(before)
  })

  test('doctor names each thing that is wrong, with the command to run', async () => {
    const { rack } = await aRackOn('10')
    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace(/\[\[check\]\][\s\S]*/, ''))
    const shown = await rack.does('doctor')
    expect(shown.stdout).toContain('none is configured')
    expect(shown.stdout).toContain('[[check]]')
  })

  test('what ran long ago was asked long ago, and says so', async () => {
    const { yard, rack } = await aRackOn('10')
    await rack.does('check')
    yard.clock.skip(3 * day)
    yard.intercept(silence)
    expect((await rack.does('explain')).stderr).toContain('3d ago, which is old')
  })
})
