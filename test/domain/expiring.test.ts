// What ends so soon that somebody has to act: when its warning time begins, and what was looked at before.
import { beforeEach, describe, expect, test } from 'vitest'
import { openAlarm } from '../../shared/domain/alarm.ts'
import { closeAlarm, raiseAlarm } from '../../shared/domain/commands/alarm.ts'
import { createToken } from '../../shared/domain/commands/token.ts'
import { mostLifetimeAlarms, startWatch } from '../../shared/domain/expiring.ts'
import {
  type ExpiringRack,
  startCensus,
  thingsOfRack,
  thingsOfState,
} from '../../shared/domain/expiring-things.ts'
import type { Lifetime } from '../../shared/domain/expiry.ts'
import { day } from '../../shared/domain/instants.ts'
import { aRack, aRegistry, type RegistryStory, storyStart } from '../support/builders.ts'

let story: RegistryStory
beforeEach(() => {
  story = aRegistry().withApp('rack')
})
const on = (days: number): number => storyStart + days * day
const later = (days: number) => story.later(days * 24 * 60)

function rackOf(name: string, tokenEndsAt: number, lifetimes: readonly Lifetime[] = []): ExpiringRack {
  return {
    app: 'rack',
    channel: 'stable',
    tokenExpiresAt: tokenEndsAt,
    facts: aRack({ name, lifetimes }).facts,
  }
}

function watch(racks: readonly ExpiringRack[] = []) {
  const watching = startWatch(story.state, story.now)
  for (const rack of racks) watching.addRack(rack, thingsOfRack(rack, story.now))
  watching.addState(thingsOfState(story.state, story.now, startCensus()))
  return watching
}

/** As the registry does it, then as a person does. */
function raises(racks: readonly ExpiringRack[] = []): string[] {
  const findings = watch(racks).findings()
  for (const finding of findings) story.records(raiseAlarm(story.state, finding, story.context))
  return findings.map(({ subject }) => subject)
}
function closes(subject: string, place: { app?: string } = { app: 'rack' }): void {
  const named = { kind: 'expiring', subject, ...place } as const
  const id = openAlarm(story.state, named)?.id ?? 'none'
  story.records(closeAlarm(story.state, { alarm: id, note: 'looked at' }, story.context))
}

describe('the last admin token', () => {
  const admin = (name: string, days: number) => {
    const input = { role: 'admin', scopes: [], labels: {}, token: name, name, sha256: name } as const
    story.records(createToken(story.state, { ...input, expiresAt: on(days) }, story.context))
  }

  test('is worth an alarm from 60 days on, to the millisecond, and once', () => {
    admin('ada', 100)
    later(40).later(-1 / 60_000)
    expect(raises()).toEqual([])
    story.later(1 / 60_000)
    expect(raises()).toEqual(['admin tokens'])
    expect(raises()).toEqual([])
    expect(openAlarm(story.state, { kind: 'expiring', subject: 'admin tokens' })).toMatchObject({
      count: 1,
      since: on(40),
      detail: `ada, the last admin token, ends in 60d (${new Date(on(100)).toISOString()}); without one nobody can make another: headgate token create NAME --role admin`,
    })
  })

  test('is not the one that ends first', () => {
    admin('ada', 50)
    admin('bob', 200)
    expect(raises()).toEqual([])
  })

  test('closed, it is not raised again for the same end, and is for the next one', () => {
    admin('ada', 50)
    expect(raises()).toEqual(['admin tokens'])
    later(1)
    closes('admin tokens', {})
    expect(raises()).toEqual([])
    admin('bob', 150)
    later(95)
    expect(raises()).toEqual(['admin tokens'])
  })
})

describe("racks' tokens", () => {
  test('are worth one alarm when they are many, and none when they are two', () => {
    const racks = ['a', 'b', 'c', 'd'].map((name, index) => rackOf(name, on(28 + index)))
    expect(raises(racks.slice(2))).toEqual([])
    later(1)
    const [finding, ...others] = watch(racks).findings()
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      subject: 'rack tokens',
      app: 'rack',
      count: 4,
      racks: ['a', 'b', 'c', 'd'],
    })
    expect(finding?.detail).toContain('of 4 of 4 racks end within 30 days; the first ends in 27d')
  })
})

describe('a declared lifetime', () => {
  const lifetime = (told: Partial<Lifetime> = {}): Lifetime => ({
    name: 'credential',
    stops: 'the database',
    ...told,
  })
  const fleet = (...lifetimes: readonly Lifetime[]) =>
    ['a', 'b'].map((name) => rackOf(name, on(400), lifetimes))

  test('is worth an alarm 30 days ahead, or as many as it says', () => {
    expect(raises(fleet(lifetime({ endsAt: on(31) })))).toEqual([])
    expect(raises(fleet(lifetime({ endsAt: on(31), warnDays: 40 })))).toEqual(['lifetime credential'])
    story = aRegistry().withApp('rack')
    expect(raises(fleet(lifetime({ endsAt: on(20), warnDays: 0.5 })))).toEqual([])
  })

  test('is one for all racks that hang on it, and tells the first of their ends', () => {
    const racks = [3, 2, 4].map((days, index) =>
      rackOf(`r${index}`, on(400), [lifetime({ endsAt: on(days) })]),
    )
    const [finding] = watch(racks).findings()
    expect(finding).toMatchObject({ count: 3, racks: ['r0', 'r1', 'r2'], since: on(2 - 30) })
    expect(finding?.detail).toContain('credential ends in 2d')
    expect(raises(racks)).toEqual(['lifetime credential'])
    // A later round finds the open one.
    expect(watch(racks).findings()).toEqual([])
  })

  test('with an undeclared link is, as soon as somebody sees an end of it', () => {
    const unseen = fleet(lifetime({ endsAt: on(90), of: ['backend'] }), lifetime({ name: 'backend' }))
    expect(raises(unseen)).toEqual([])
    const seen = fleet(
      lifetime({ endsAt: on(90), of: ['backend'] }),
      lifetime({ name: 'backend', seenEndsAt: on(20) }),
    )
    const findings = watch(seen).findings()
    expect(findings).toMatchObject([{ subject: 'lifetime backend', count: 2, racks: ['a', 'b'] }])
    expect(findings[0]?.detail).toMatch(
      /^backend ends in 20d \(.*\) at the latest, for a link of the chain declares no end, and with it credential: headgate forecast/,
    )
  })

  test('closed, it comes again for an earlier end, and for the one after it was renewed', () => {
    const ending = (days: number) => fleet(lifetime({ endsAt: on(days) }))
    expect(raises(ending(20))).toEqual(['lifetime credential'])
    later(1)
    closes('lifetime credential')
    expect(raises(ending(20))).toEqual([])
    expect(raises(ending(10))).toEqual(['lifetime credential'])
    closes('lifetime credential')
    later(5)
    expect(raises(ending(36))).toEqual(['lifetime credential'])
  })

  test('a fleet that makes up names opens no more than twenty alarms, the soonest first', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      lifetime({ name: `n${index}`, endsAt: on(29 - index / 2) }),
    )
    const first = raises(fleet(...many))
    expect([first.length, first[0]]).toEqual([mostLifetimeAlarms, 'lifetime n29'])
    expect(raises(fleet(...many))).toEqual([])
    closes('lifetime n29')
    expect(raises(fleet(...many.slice(0, 29)))).toHaveLength(1)
  })
})

test('the first end of each kind and app, and how many are unknown', () => {
  story.freezes({ app: 'rack' })
  const credential = { name: 'x', stops: 'y' }
  const racks = [
    rackOf('a', on(9), [{ ...credential, endsAt: on(4) }]),
    rackOf('b', on(8), [{ ...credential, seenEndsAt: on(3) }]),
  ]
  expect(watch(racks).firstEnds()).toEqual([
    { kind: 'rack_token', app: 'rack', at: on(8), unknown: 0 },
    { kind: 'lifetime', app: 'rack', at: on(3), unknown: 1 },
    { kind: 'freeze', app: 'rack', at: undefined, unknown: 1 },
  ])
})
