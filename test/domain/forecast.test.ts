// The forecast: everything of a registry and its racks that ends, unknown first, then by date, alike in one line.
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { createToken, revokeToken } from '../../shared/domain/commands/token.ts'
import { type EndingKind, endingKinds, type Thing } from '../../shared/domain/ending.ts'
import type { ExpiringRack } from '../../shared/domain/expiring-things.ts'
import type { Lifetime } from '../../shared/domain/expiry.ts'
import { firstToLast, forecast } from '../../shared/domain/forecast.ts'
import { day, hour } from '../../shared/domain/instants.ts'
import { aRack, aRegistry, type RegistryStory } from '../support/builders.ts'

let story: RegistryStory
beforeEach(() => {
  story = aRegistry().withApp('rack').serves('10', '20')
})

const inDays = (days: number): number => story.now + days * day

interface Given {
  readonly app?: string
  readonly channel?: string
  readonly tokenDays?: number
  readonly current?: string
  readonly pins?: ExpiringRack['facts']['pins']
  readonly holds?: ExpiringRack['facts']['holds']
  readonly lifetimes?: readonly Lifetime[]
}

function rackOf(name: string, given: Given = {}): ExpiringRack {
  const { app = 'rack', channel = 'stable', tokenDays = 400, ...told } = given
  const { facts } = aRack({ name, current: '20', ...told })
  return { app, channel, tokenExpiresAt: inDays(tokenDays), facts }
}

function lines(
  racks: readonly ExpiringRack[] = [],
  { days = 90, app }: { days?: number; app?: string } = {},
) {
  const { ends } = forecast(story.state, racks, { from: story.now, to: inDays(days), app })
  return ends.map(({ kind, what, expiry, racks: { count, names } }) => ({
    kind,
    what,
    in: expiry.at === undefined ? 'unknown' : (expiry.at - story.now) / day,
    setBy: expiry.setBy,
    racks: count === names.length ? names.join(' ') : `${count}`,
  }))
}

function withToken(name: string, role: 'admin' | 'publisher' | 'join', days: number, app?: string) {
  const grant = { role, scopes: [], ...(app !== undefined && { app }) }
  const input = { ...grant, token: `tok-${name}`, name, sha256: name, expiresAt: inDays(days), labels: {} }
  story.records(createToken(story.state, input, story.context))
}

describe('of the registry', () => {
  test('tokens end by themselves; those that are revoked or over have nothing more to end', () => {
    withToken('root', 'admin', 60)
    withToken('ci', 'publisher', 20, 'rack')
    withToken('enrol', 'join', 2, 'rack')
    withToken('gone', 'publisher', 10)
    withToken('over', 'publisher', 1)
    story.records(revokeToken(story.state, { token: 'gone' }, story.context)).later(1.5 * 24 * 60)
    expect(lines()).toMatchObject([
      { kind: 'join_token', what: 'the token enrol', in: 0.5, setBy: 'the token enrol' },
      { kind: 'token', what: 'the token ci', in: 18.5 },
      { kind: 'token', what: 'the token root', in: 58.5 },
    ])
  })

  test('of several admins the one that ends last is the last one, and one of an app is none', () => {
    withToken('ada', 'admin', 60)
    withToken('bob', 'admin', 50)
    withToken('cyd', 'admin', 70, 'rack')
    const { ends } = forecast(story.state, [], { from: story.now, to: inDays(90) })
    expect(ends.map(({ what, stops }) => [what, stops.includes('last admin token')])).toEqual([
      ['the token bob', false],
      ['the token ada', true],
      ['the token cyd', false],
    ])
  })

  test('a freeze without an end is unknown, and names the racks that it lies on', () => {
    story.freezes({ app: 'rack', channel: 'stable' })
    story.freezes({ app: 'rack', channel: 'unstable', until: inDays(2) })
    const racks = [rackOf('prod-2'), rackOf('prod-1'), rackOf('stage-1', { channel: 'unstable' })]
    expect(lines(racks)).toMatchObject([
      { kind: 'freeze', what: 'the freeze of channel stable of rack', in: 'unknown', racks: 'prod-1 prod-2' },
      { kind: 'freeze', in: 2, racks: 'stage-1' },
    ])
    story.unfreezes({ app: 'rack', channel: 'stable' })
    expect(lines(racks)).toHaveLength(1)
  })

  test('what a head declares of its validity, with the racks that run it', () => {
    story.publishes('30', { validUntil: inDays(40) }).promotes('30')
    const racks = [rackOf('prod-1', { current: '30' }), rackOf('prod-2', { current: '20' })]
    expect(lines(racks)).toMatchObject([
      { kind: 'release', what: 'the validity of 30', in: 40, racks: 'prod-1' },
      { kind: 'release', what: 'the validity of 30', in: 40, racks: '' },
    ])
  })

  test('a proposal hangs on its evidence and on the days that have to be left; the first of them sets its end', () => {
    story.withPolicy('stable', {
      evidence: [
        { name: 'unit', maxAgeHours: 72 },
        { name: 'exit', maxAgeHours: 48 },
      ],
      lifetime: { minRemainingDays: 14 },
      approvals: { count: 1, role: 'maintainer' },
    })
    story
      .publishes('30', { validUntil: inDays(15) })
      .shows('30', 'unit')
      .promotes('30')
    expect(lines()).toMatchObject([
      { kind: 'proposal', in: 1, setBy: '30, validUntil less 14 days' },
      { kind: 'release', in: 15 },
    ])
    story.later(20 * 60).shows('30', 'exit')
    // The validity less 14 days comes in 4 hours, the unit tests are too old in 52.
    expect(lines()[0]).toMatchObject({ kind: 'proposal', in: (4 * hour) / day })
  })

  test('a nomination ends, and its racks take newer builds again', () => {
    story.withPolicy('stable', { soak: { minRacks: 1, soakMinutes: 60, dwell: true } })
    story.publishes('30').nominates('30')
    const [nomination] = lines([rackOf('stage-1', { channel: 'unstable' }), rackOf('prod-1')])
    expect(nomination).toMatchObject({ kind: 'nomination', racks: 'stage-1' })
  })
})

describe('of racks', () => {
  test('tokens that end on one day are one line with their racks, at the time of the first', () => {
    const racks = ['a', 'b', 'c'].map((name, index) => rackOf(name, { tokenDays: 30 + index / 100 }))
    expect(lines([...racks, rackOf('d', { tokenDays: 33 }), rackOf('e')])).toMatchObject([
      { kind: 'rack_token', in: 30, racks: 'a b c' },
      { kind: 'rack_token', in: 33, racks: 'd' },
    ])
  })

  test('of very many racks some are named, and all are counted', () => {
    const racks = Array.from({ length: 50 }, (_, index) => rackOf(`prod-${index}`, { tokenDays: 1 }))
    const { ends } = forecast(story.state, racks, { from: story.now, to: inDays(2) })
    expect([ends.length, ends[0]?.racks.count, ends[0]?.racks.names.length]).toEqual([1, 50, 20])
  })

  test('a token that has ended is still relied on, and listed before everything that is to come', () => {
    expect(lines([rackOf('late', { tokenDays: -3 }), rackOf('soon', { tokenDays: 3 })])).toMatchObject([
      { in: -3, racks: 'late' },
      { in: 3, racks: 'soon' },
    ])
  })

  test('pins and holds in force, given here or there; a pin without an end is unknown', () => {
    const pin = { version: '10', owner: 'ada', reason: 'x', origin: 'rack' } as const
    const hold = { owner: 'bob', reason: 'x', origin: 'registry' } as const
    const racks = [
      rackOf('a', { pins: [pin] }),
      rackOf('b', { pins: [{ ...pin, until: inDays(4) }] }),
      rackOf('c', { pins: [{ ...pin, until: inDays(-1) }], holds: [{ ...hold, until: inDays(1) }] }),
    ]
    expect(lines(racks)).toEqual([
      { kind: 'pin', what: 'a pin to 10', in: 'unknown', setBy: 'the pin of ada', racks: 'a' },
      { kind: 'hold', what: 'a hold', in: 1, setBy: 'the hold of bob', racks: 'c' },
      { kind: 'pin', what: 'a pin to 10', in: 4, setBy: 'the pin of ada', racks: 'b' },
    ])
  })

  test('three nested lifetimes, one of them undeclared: all that hangs on it is unknown, and by when is told', () => {
    const lifetimes = [
      { name: 'credential', endsAt: inDays(365), of: ['token'], stops: 'the database' },
      { name: 'token', endsAt: inDays(180), of: ['backend'], stops: 'new credentials' },
      { name: 'backend', seenEndsAt: inDays(32), stops: 'every token' },
    ]
    const racks = [rackOf('prod-1', { lifetimes }), rackOf('prod-2', { lifetimes })]
    expect(lines(racks, { days: 1 })).toEqual(
      ['backend', 'credential', 'token'].map((what) => ({
        kind: 'lifetime',
        what,
        in: 'unknown',
        setBy: 'backend',
        racks: 'prod-1 prod-2',
      })),
    )
    const { ends } = forecast(story.state, racks, { from: story.now, to: inDays(1) })
    expect(ends.map(({ expiry }) => expiry.noLaterThan)).toEqual([inDays(32), inDays(32), inDays(32)])
  })

  test('two of one name in a report are one', () => {
    const twice = [1, 2].map((days) => ({ name: 'x', endsAt: inDays(days), stops: 'y' }))
    expect(lines([rackOf('a', { lifetimes: twice })])).toMatchObject([{ what: 'x', in: 2 }])
  })
})

describe('a span', () => {
  test('ends where it is asked to, to the millisecond', () => {
    const racks = [rackOf('a', { tokenDays: 5 })]
    const until = (to: number) => forecast(story.state, racks, { from: story.now, to }).ends.length
    expect([until(inDays(5) - 1), until(inDays(5))]).toEqual([0, 1])
  })

  test('of one app has nothing of others, and the freeze that lies on all', () => {
    withToken('root', 'admin', 5)
    withToken('ci', 'publisher', 5, 'rack')
    story.freezes({ until: inDays(1) })
    const racks = [rackOf('a', { tokenDays: 5 }), rackOf('b', { app: 'other', tokenDays: 5 })]
    expect(lines(racks, { app: 'rack' }).map(({ kind }) => kind)).toEqual(['freeze', 'rack_token', 'token'])
    expect(lines(racks)).toHaveLength(5)
  })

  test('keeps the nearest thousand, and says how many it left out', () => {
    const racks = Array.from({ length: 1100 }, (_, index) => rackOf(`r${index}`, { tokenDays: index + 1 }))
    const { ends, leftOut } = forecast(story.state, racks, { from: story.now, to: inDays(2000) })
    expect([ends.length, leftOut]).toEqual([1000, 100])
    expect(ends.at(-1)?.expiry.at).toBe(inDays(1000))
  })
})

test('however many are unknown, there is room for dates', () => {
  const racks = Array.from({ length: 40 }, (_, rack) =>
    rackOf(`r${rack}`, {
      tokenDays: rack + 1,
      lifetimes: Array.from({ length: 30 }, (_, n) => ({ name: `${rack}-${n}`, stops: 'x' })),
    }),
  )
  const { ends, leftOut } = forecast(story.state, racks, { from: story.now, to: inDays(90) })
  const unknown = ends.filter(({ expiry }) => expiry.at === undefined).length
  expect([unknown, ends.length, leftOut]).toEqual([500, 540, 700])
})

test('unknown comes first, then the earlier before the later, whatever the order it came in', () => {
  const someThing = fc
    .record({
      kind: fc.constantFrom<EndingKind>(...endingKinds),
      at: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      noLaterThan: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      what: fc.constantFrom('a', 'b'),
    })
    .map(({ kind, at, noLaterThan, what }): Thing => {
      const expiry = { at, setBy: what, declaredAt: at, seenAt: undefined, endsFirst: what, chain: [what] }
      const whole = { ...expiry, noLaterThan: at ?? noLaterThan }
      return { kind, app: 'rack', what, stops: 'it', expiry: whole, racks: { count: 0, names: [] } }
    })
  fc.assert(
    fc.property(fc.array(someThing, { maxLength: 12 }), fc.nat(), (things, seed) => {
      const sorted = things.toSorted(firstToLast)
      for (const [index, one] of sorted.slice(1).entries()) {
        const [before, after] = [sorted[index]?.expiry.at, one.expiry.at]
        if (after === undefined) expect(before).toBeUndefined()
        else expect(before ?? -1).toBeLessThanOrEqual(after)
      }
      const turned = [...things.slice(seed % 5), ...things.slice(0, seed % 5)].toSorted(firstToLast)
      expect(turned).toEqual(sorted)
    }),
    { numRuns: 300 },
  )
})
