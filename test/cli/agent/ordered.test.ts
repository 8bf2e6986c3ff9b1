// Orders from the registry, on the rack: learned with a decision, shown beside its own also offline, obeyed, and lifted only there.
import { describe, expect, test } from 'vitest'
import type { AttemptInput } from '../../../cli/agent/attempt.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { isDecision } from '../../../cli/agent/judge-decision.ts'
import { refuseOrdered } from '../../../cli/agent/ordered.ts'
import { openRack } from '../../../cli/agent/rack.ts'
import { hour } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
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

const onProd1 = ['prod-1', '--app', 'rack'] as const

describe('from the registry', () => {
  test('a hold is learned with the next decision, obeyed, and shown by status and explain when nobody answers', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    await yard.does('rack', 'hold', ...onProd1, '--until', '4h', '--reason', 'audit')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    expect(rack.state()).toMatchObject({ ordered: { hold: { owner: 'token:first-admin', reason: 'audit' } } })

    yard.intercept(silence)
    expect((await rack.does('status')).stdout).toMatch(
      /held from the registry\s+until \S+ by token:first-admin: audit/,
    )
    expect((await rack.does('status', '--json')).json).toMatchObject({
      hold: null,
      ordered: { pin: null, hold: { reason: 'audit' } },
    })
    const explained = await rack.does('explain')
    expect(explained.stdout).toMatch(/held from the registry\s+until/)
    expect(explained.stderr).toContain('What follows was answered')

    yard.intercept(undefined)
    await yard.does('rack', 'unhold', ...onProd1)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
    expect(rack.state()).not.toHaveProperty('ordered')
  })

  test('a pin sends the rack to a version and keeps it there', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await yard.does('rack', 'pin', 'prod-1', '10', '--app', 'rack', '--reason', 'audited', '--until', '7d')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    expect((await rack.does('status')).stdout).toMatch(
      /pinned from the registry\s+10 by token:first-admin until \S+: audited/,
    )
  })

  test('stands beside the rack’s own, side by side, and each side lifts its own', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    await yard.does('rack', 'pin', 'prod-1', '--app', 'rack', '--reason', 'theirs')
    const own = await rack.does('pin', '--reason', 'mine')
    expect(own.stdout).toMatch(/pinned from the registry\s+10 by token:first-admin: theirs/)
    for (const verb of ['status', 'explain']) {
      expect((await rack.does(verb)).stdout).toMatch(/pinned\s+10 by ada: mine/)
      expect((await rack.does(verb)).stdout).toMatch(/pinned from the registry\s+10 by .*: theirs/)
    }
    const shown = (await yard.does('rack', 'show', ...onProd1)).stdout
    expect(shown).toMatch(/pinned\s+10 by ada: mine/)
    expect(shown).toMatch(/pinned from the registry\s+10 by token:first-admin: theirs/)

    expect((await rack.does('unpin', '--yes', '--json')).json).toMatchObject({
      pin: null,
      ordered: { pin: { reason: 'theirs' } },
      decision: { action: 'none', reason: 'pinned' },
    })
    const refused = await rack.headgate('unpin', '--yes', '--json')
    expect(refused.json).toMatchObject({
      code: 'order_not_found',
      detail: expect.stringContaining('ordered from the registry by token:first-admin (theirs)'),
      hint: 'headgate rack unpin prod-1 --app rack',
    })
    await rack.does('pin', '--reason', 'mine again')
    await yard.does('rack', 'unpin', ...onProd1)
    const there = await yard.headgate('rack', 'unpin', ...onProd1, '--json')
    expect(there.json).toMatchObject({
      code: 'order_not_found',
      detail: expect.stringContaining('set on the rack itself, by ada (mine again)'),
    })
  })

  test('a hold that is the registry’s is not lifted on the rack', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.does('rack', 'hold', ...onProd1, '--until', '4h', '--reason', 'audit')
    await rack.does('check')
    expect((await rack.headgate('unhold', '--json')).json).toMatchObject({
      code: 'order_not_found',
      hint: 'headgate rack unhold prod-1 --app rack',
    })
  })

  test('stops no rollback that a person wants on the rack', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await yard.does('rack', 'hold', ...onProd1, '--until', '4h', '--reason', 'audit')
    await rack.does('check')
    yard.intercept(silence)
    await rack.does('rollback', '--reason', 'slow')
    expect(rack.installed()).toBe('10')
  })
})

describe('a plan against an order is refused on the rack, whoever granted it', () => {
  const input = (given: Partial<AttemptInput>): AttemptInput => ({
    from: '10',
    to: '20',
    action: 'update',
    motive: 'rollout',
    reason: 'offered',
    artifact: null,
    floor: null,
    revision: 1,
    pin: null,
    bar: null,
    ...given,
  })

  /** A rack that remembers these orders, and the words with which it refuses; undefined when it does not. */
  async function refusalOf(orders: object, given: Partial<AttemptInput>): Promise<string | undefined> {
    const { yard, rack } = await aRackOn('10')
    rack.write('state.json', JSON.stringify({ ...rack.state(), ...orders }))
    const place = {
      dir: rack.dir,
      files: realFiles,
      clock: yard.clock,
      env: {},
      send: () => Promise.reject(new Error('there is no network')),
      uuid: () => 'x',
      bytes: (count: number) => new Uint8Array(count),
      watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
    }
    try {
      await refuseOrdered(await openRack(place), input(given))
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_offered') return error.message
      throw error
    }
    return undefined
  }

  const by = { owner: 'token:eve', reason: 'audit' }
  const until = Date.UTC(2030, 0)
  const [held, over] = [
    { ordered: { hold: { ...by, until } } },
    { ordered: { hold: { ...by, until: 1000 } } },
  ]
  const pinned = (version: string) => ({ ordered: { pin: { ...by, version } } })

  test.each<[string, object, Partial<AttemptInput>, RegExp | undefined]>([
    ['a rollout on a held rack', held, {}, /held from the registry by token:eve until 2030.*: audit/],
    ['a recall on a held rack', held, { motive: 'recall' }, /held from the registry/],
    ['a rollout on a rack that its own operator holds', { hold: { ...by, until } }, {}, /held by token:eve/],
    ['not: when the hold is over', over, {}, undefined],
    ['not: a critical remedy', held, { motive: 'remedy_critical' }, undefined],
    ['not: a person', held, { motive: 'person' }, undefined],
    ['a rollout on a pinned rack', pinned('10'), {}, /pinned to 10 from the registry by token:eve: audit/],
    ['a moderate remedy on a pinned rack', pinned('10'), { motive: 'remedy_moderate' }, /pinned to 10/],
    ['a move by another pin away from this one', pinned('10'), { motive: 'pin' }, /pinned to 10/],
    ['not: the move that the pin wants', pinned('20'), { motive: 'pin' }, undefined],
    ['not: a stone on the way that the pin wants', pinned('30'), { motive: 'pin' }, undefined],
    ['a rollout to where the pin does not lead', pinned('30'), {}, /pinned to 30/],
    ['not: a critical remedy on a pinned rack', pinned('10'), { motive: 'remedy_critical' }, undefined],
  ])('%s', async (_, orders, given, says) => {
    const refused = await refusalOf(orders, given)
    if (says) expect(refused).toMatch(says)
    else expect(refused).toBeUndefined()
  })
})

describe('orders that cannot be read', () => {
  const decision = {
    app: 'rack',
    scheme: 'semver',
    channel: 'stable',
    rack: 'prod-1',
    current: '1.0.0',
    action: 'none',
    reason: 'up_to_date',
    motive: 'rollout',
    target: null,
    destination: null,
    until: null,
    askAgainSeconds: 60,
    detail: '',
    advisories: [],
    revision: 1,
    ledgerSequence: 1,
  }
  const by = { owner: 'eve', reason: 'x' }
  const until = new Date(4 * hour).toISOString()

  test.each<[string, unknown, boolean]>([
    ['none', undefined, true],
    ['an empty object', {}, true],
    ['a pin and a hold', { pin: { ...by, version: '1' }, hold: { ...by, until } }, true],
    ['a pin with everything', { pin: { ...by, version: '1', until, acceptedAdvisory: 'ADV-1' } }, true],
    ['null', null, false],
    ['a list', [], false],
    ['a pin of nobody', { pin: { version: '1', reason: 'x' } }, false],
    ['a pin to a path', { pin: { ...by, version: '../../etc' } }, false],
    ['a pin until never', { pin: { ...by, version: '1', until: 'never' } }, false],
    ['a pin that accepts a number', { pin: { ...by, version: '1', acceptedAdvisory: 1 } }, false],
    ['a hold without an end', { hold: by }, false],
    ['a hold that is a word', { hold: 'yes' }, false],
  ])('%s', (_, orders, isGood) => {
    expect(isDecision({ ...decision, ...(orders !== undefined && { orders }) })).toBe(isGood)
  })
})
