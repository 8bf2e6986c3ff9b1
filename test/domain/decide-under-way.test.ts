// An attempt under way: it goes on, or it is stopped and told why. And what every answer carries besides.
import { describe, expect, test } from 'vitest'
import { decide, type Trace } from '../../shared/domain/decide.ts'
import { day, hour, minute } from '../../shared/domain/instants.ts'
import { backoffUntil } from '../../shared/domain/movement.ts'
import type { Conditions, RolloutStanding } from '../../shared/domain/question.ts'
import type { RackFacts, UnderWay } from '../../shared/domain/rack.ts'
import {
  type Asking,
  aRack,
  aRegistry,
  problemOf,
  type RegistryStory,
  storyStart,
} from '../support/builders.ts'

const serving = (...versions: string[]): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves(...versions)
const attempting = (
  from: string | undefined,
  target: string,
  more: Partial<UnderWay> = {},
): Partial<RackFacts> => ({
  current: from,
  attempt: {
    id: 'a1',
    ...(from !== undefined && { from }),
    target,
    motive: 'rollout',
    isConfirmed: false,
    ...more,
  },
})

function told(registry: RegistryStory, rack: Partial<RackFacts>, asking?: Asking): string {
  const { action, reason, motive, target } = aRack(rack).asks(registry, asking)
  expect(motive).toBe('attempt')
  return `${action}${target ? ` ${target.version}` : ''}: ${reason}`
}

describe('an attempt goes on', () => {
  test('while its target is what would be answered', () => {
    const { detail, destination, motive } = aRack(attempting('10', '20')).asks(serving('10', '20'))
    expect([detail, destination?.version, motive]).toEqual(['10 → 20', '20', 'attempt'])
    expect(told(serving('10', '20'), attempting('10', '20'))).toBe('update 20: offered')
    expect(told(serving('10', '20'), attempting(undefined, '20', { motive: 'bootstrap' }))).toBe(
      'update 20: offered',
    )
  })

  test('with the reason that it began with', () => {
    const yanked = serving('10', '20').yanks('20', { severity: 'critical' })
    expect(told(yanked, attempting('20', '10', { motive: 'remedy_critical' }))).toBe('rollback 10: yanked')
    const moderate = serving('10', '20').yanks('20')
    expect(told(moderate, attempting('20', '10', { motive: 'remedy_moderate' }))).toBe('rollback 10: yanked')
    const recalled = serving('10', '20').reverts('10', { recall: true })
    expect(told(recalled, attempting('20', '10', { motive: 'recall' }))).toBe('rollback 10: recalled')
    const pins: RackFacts['pins'] = [{ version: '10', owner: 'ada', reason: 'back', origin: 'rack' }]
    expect(told(serving('10', '20'), { ...attempting('20', '10', { motive: 'pin' }), pins })).toBe(
      'rollback 10: pinned',
    )
  })

  test('to the way out of a withdrawal, while the newer head has failed here and waits', () => {
    const registry = serving('10', '20', '30').yanks('20', { severity: 'critical' })
    const failures = [{ target: '30', count: 1, lastAt: storyStart }]
    const proved = [{ version: '10', at: storyStart, parametersHold: true }]
    const rack = { ...attempting('20', '10', { motive: 'remedy_critical' }), failures, proved }
    expect(told(registry, rack)).toBe('rollback 10: yanked')
    // Once the head may be taken, that is the one move.
    expect(told(registry, rack, { at: storyStart + 9 * hour })).toBe('abort: superseded')
  })

  test('in the direction that it began in, whatever runs by now', () => {
    const registry = serving('10', '20').yanks('20')
    const rack = {
      ...attempting('20', '10', { isConfirmed: true, motive: 'remedy_moderate' }),
      current: '10',
    }
    expect(told(registry, rack)).toBe('rollback 10: yanked')
    expect(
      told(serving('10', '20'), { ...attempting('10', '20', { isConfirmed: true }), current: undefined }),
    ).toBe('update 20: offered')
  })

  test('to a step on the way', () => {
    const registry = serving('10', '20', '30').routes('20', { required: true })
    expect(told(registry, attempting('10', '20'))).toBe('update 20: offered')
    expect(told(registry, attempting('10', '30'))).toBe('abort: superseded')
  })

  test('without asking again for what was granted: window, waiting time, slot, store', () => {
    const full = { isFree: false, detail: 'all are taken' }
    const conditions: Conditions = { window: full, slots: full, remedySlots: full, canGrant: false }
    const failures = [{ target: '20', count: 1, lastAt: storyStart }]
    expect(told(serving('10', '20'), { ...attempting('10', '20'), failures }, { conditions })).toBe(
      'update 20: offered',
    )
    const yanked = serving('10', '20').yanks('20')
    expect(told(yanked, attempting('20', '10', { motive: 'remedy_moderate' }), { conditions })).toBe(
      'rollback 10: yanked',
    )
  })
})

describe('an attempt is stopped', () => {
  const detail = (registry: RegistryStory, rack: Partial<RackFacts>): string =>
    aRack(rack).asks(registry).detail

  test('when its target was withdrawn, before anything else is said', () => {
    const registry = serving('10', '20').yanks('20').freezes()
    expect(told(registry, attempting('10', '20'))).toBe('abort: yanked')
    expect(detail(registry, attempting('10', '20'))).toBe('20 was withdrawn by ADV-1 meanwhile')
  })

  test('when a freeze holds its motive now', () => {
    const registry = serving('10', '20').freezes()
    expect(told(registry, attempting('10', '20'))).toBe('abort: frozen')
    expect(detail(registry, attempting('10', '20'))).toBe(
      'the whole registry is frozen by token:ada: we look into it',
    )
    const remedy = attempting('20', '10', { motive: 'remedy_moderate' })
    expect(told(serving('10', '20').yanks('20').freezes(), remedy)).toBe('rollback 10: yanked')
    expect(told(serving('10', '20').yanks('20').freezes({ all: true }), remedy)).toBe('abort: frozen')
  })

  test('when another target is offered, or none', () => {
    expect(told(serving('10', '20', '30'), attempting('10', '20'))).toBe('abort: superseded')
    expect(detail(serving('10', '20', '30'), attempting('10', '20'))).toBe(
      '20 is no longer what the rack should go to (now: 30)',
    )
    const reverted = serving('10', '20').reverts('10')
    expect(detail(reverted, attempting('10', '20'))).toBe(
      '20 is no longer what the rack should go to (now: none: up_to_date)',
    )
    const held = {
      ...attempting('10', '20'),
      holds: [{ until: storyStart + 1, owner: 'ada', reason: 'demo', origin: 'rack' as const }],
    }
    expect(told(serving('10', '20'), held)).toBe('abort: superseded')
    expect(detail(serving('10', '20'), held)).toBe(
      '20 is no longer what the rack should go to (now: wait: held)',
    )
  })

  test('when its rollout is halted, and not when it is paused: whoever has begun goes on', () => {
    const asked = (state: RolloutStanding['state'], from = '10'): string => {
      const conditions: Partial<Conditions> = { rollout: { state, isWaveOpen: true, detail: state } }
      return told(serving('5', '10', '20'), attempting(from, '20'), { base: '10', conditions })
    }
    expect(asked('halted')).toBe('abort: rollout_halted')
    expect(asked('paused')).toBe('update 20: offered')
    // Below the base there is somewhere else to go, which is no reason to stop either.
    expect(asked('halted', '5')).toBe('abort: superseded')
    expect(asked('paused', '5')).toBe('update 20: offered')
  })

  test('when its remedy or recall is halted, and not when that is paused', () => {
    const withdrawn = serving('10', '20').yanks('20', { severity: 'critical' })
    const reverted = serving('10', '20').reverts('10', { recall: true })
    const asked = (registry: RegistryStory, state: RolloutStanding['state']): string => {
      const standing = { state, isWaveOpen: true, detail: state }
      return told(registry, attempting('20', '10'), { conditions: { remedy: standing, recall: standing } })
    }
    expect(asked(withdrawn, 'halted')).toBe('abort: remedy_halted')
    expect(asked(reverted, 'halted')).toBe('abort: remedy_halted')
    expect(asked(withdrawn, 'paused')).toBe('rollback 10: offered')
    expect(asked(reverted, 'paused')).toBe('rollback 10: offered')
  })

  test('when it is paused before the wave of the rack was open: then it never began by this rollout', () => {
    const conditions: Partial<Conditions> = {
      rollout: { state: 'paused', isWaveOpen: false, detail: 'paused' },
    }
    expect(told(serving('10', '20'), attempting('10', '20'), { base: '10', conditions })).toBe(
      'abort: superseded',
    )
  })

  test('never once it is confirmed', () => {
    const registry = serving('10', '20', '30').yanks('20', { severity: 'critical' }).freezes({ all: true })
    expect(told(registry, attempting('10', '20', { isConfirmed: true }))).toBe('update 20: offered')
  })

  test('to a version that the registry does not know: the question is put anew', () => {
    const { motive, action } = aRack(attempting('10', '99')).asks(serving('10', '20'))
    expect([motive, action]).toEqual(['rollout', 'update'])
  })
})

describe('after failures', () => {
  const ladder = (isShort: boolean): string[] =>
    [1, 2, 3, 4, 5, 6, 7, 8, 99].map((count) => String(backoffUntil(count, 0, isShort) / minute))

  test('the waiting time grows: 8 h, 12 h, 1 d, 2 d, 4 d, 1 w, 2 w; a critical remedy 5 m, 15 m, 1 h', () => {
    const [h, d] = [hour / minute, day / minute]
    expect(ladder(false)).toEqual([8 * h, 12 * h, d, 2 * d, 4 * d, 7 * d, 14 * d, 14 * d, 14 * d].map(String))
    expect(ladder(true)).toEqual([5, 15, 60, 60, 60, 60, 60, 60, 60].map(String))
    expect(backoffUntil(1, storyStart, true)).toBe(storyStart + 5 * minute)
    expect(backoffUntil(0, storyStart, false)).toBe(storyStart)
  })

  test('it is over at its end; another target is not concerned', () => {
    const rack = { current: '10', failures: [{ target: '20', count: 1, lastAt: storyStart }] }
    const at = (instant: number) => aRack(rack).asks(serving('10', '20'), { at: instant })
    expect(at(storyStart + 8 * hour - 1).reason).toBe('failed_here')
    expect(at(storyStart + 8 * hour - 1).detail).toBe(
      '20 failed on this rack once; again in 0s (2016-08-17T00:00:15.000Z)',
    )
    expect(at(storyStart + 8 * hour).action).toBe('update')
    expect(aRack(rack).asks(serving('10', '20', '30')).action).toBe('update')
  })

  test('of several holds the longest counts, and those that are over do not', () => {
    const hold = (until: number, owner: string) => ({ until, owner, reason: 'demo', origin: 'rack' as const })
    const asked = (...holds: RackFacts['holds']) => aRack({ current: '10', holds }).asks(serving('10', '20'))
    expect(
      asked(hold(storyStart + 1, 'a'), hold(storyStart + 3, 'b'), hold(storyStart + 2, 'c')).detail,
    ).toContain('held by b')
    expect(asked(hold(storyStart + 3, 'a'), hold(storyStart + 3, 'b')).detail).toContain('held by a')
    expect(asked(hold(storyStart, 'a'), hold(storyStart - 1, 'b')).action).toBe('update')
  })
})

describe('when to ask again', () => {
  const seconds = (until: number | undefined, checkSeconds?: number): number => {
    const registry = aRegistry().withApp('rack')
    if (checkSeconds !== undefined)
      registry.withChannel('quick', { from: 'unstable', policy: { checkSeconds } })
    const on = checkSeconds === undefined ? 'stable' : 'quick'
    registry.publishes('10').promotes('10', { to: on }).publishes('20').promotes('20', { to: on })
    const window = { isFree: until === undefined, detail: 'at night', ...(until !== undefined && { until }) }
    return aRack({ current: '10' }).asks(registry, { on, conditions: { window } }).askAgainSeconds
  }

  test('as often as the channel says', () => {
    expect(seconds(undefined)).toBe(300)
    expect(seconds(undefined, 30)).toBe(30)
  })

  test('sooner, when the answer changes sooner: then, and not before', () => {
    expect(seconds(storyStart + 10_000)).toBe(10)
    expect(seconds(storyStart + 10_001)).toBe(11)
    expect(seconds(storyStart + 300_000)).toBe(300)
    expect(seconds(storyStart + 301_000)).toBe(300)
    expect(seconds(storyStart + 10_000, 5)).toBe(5)
  })

  test('never at once', () => {
    expect(seconds(storyStart)).toBe(1)
    expect(seconds(storyStart - 10_000)).toBe(1)
  })
})

describe('the trace', () => {
  const traced = (registry: RegistryStory, rack: Partial<RackFacts>, asking: Asking = {}): string[] => {
    const trace: Trace = []
    const withTrace = aRack(rack).asks(registry, { ...asking, trace })
    expect(withTrace).toEqual(aRack(rack).asks(registry, asking))
    return trace.map(({ rule, outcome, detail }) => `${rule}, ${outcome}: ${detail}`)
  }
  const passed = (...motives: string[]): string[] =>
    motives.map((motive) => `motive ${motive}, passed: does not apply`)

  test('names every motive that was asked, the way, and that nothing stands in it', () => {
    expect(traced(serving('10', '20'), { current: '10' })).toEqual([
      ...passed('remedy_critical', 'pin', 'remedy_moderate', 'recall', 'bootstrap'),
      'motive rollout, applies: follows stable, which serves 20',
      'way, passed: 20 (the head of the channel)',
      'movement, passed: nothing stands in the way',
    ])
  })

  test('names the step on the way, the cell that blocks, and the candidate that runs already', () => {
    const conditions: Partial<Conditions> = {
      rollout: { state: 'halted', isWaveOpen: false, detail: 'one of three failed' },
    }
    const registry = serving('10', '20', '30').routes('20', { required: true })
    expect(traced(registry, { current: '10' }, { base: '10', conditions }).slice(-3)).toEqual([
      'way, passed: 30 (the head of the channel), by way of 20',
      'movement rollout, refused: one of three failed',
      'way, passed: 10 (the base of the channel) is what runs',
    ])
  })

  test('names every candidate of a remedy and why it is refused', () => {
    const registry = serving('10', '20', '30')
      .yanks('30', { severity: 'critical', to: '10' })
      .routes('30', { floor: '20' })
    const proved = [{ version: '20', at: 0, parametersHold: true }]
    expect(traced(registry, { current: '30', proved })).toEqual([
      'motive remedy_critical, applies: 30 was withdrawn by ADV-1 (critical, remedy rollback): it is broken',
      'way below_floor, refused: 30 goes back to 20 at the oldest, not to 10 (the version that the advisory names)',
      'way, passed: 20 (proved on this rack before)',
      'movement, passed: nothing stands in the way',
    ])
  })

  test('names a candidate once, whichever way it was come to, and where it comes from', () => {
    const registry = serving('10', '20', '30').yanks('30').routes('30', { floor: '30' })
    const proved = ['10', '10'].map((version) => ({ version, at: 0, parametersHold: true }))
    expect(traced(registry, { current: '30', proved }).filter((line) => line.startsWith('way'))).toEqual([
      'way below_floor, refused: 30 goes back to 30 at the oldest, not to 10 (proved on this rack before)',
      'way below_floor, refused: 30 goes back to 30 at the oldest, not to 20 (the base of the channel)',
    ])
    expect(traced(serving('10', '20'), { current: '10', within: '<20' }).slice(-2)).toEqual([
      'motive rollout, applies: follows stable, which serves 20',
      'way outside_constraint, refused: 20 is outside of <20 (the head of the channel)',
    ])
    expect(traced(serving('10'), { within: '<10' }).at(-1)).toBe(
      'way outside_constraint, refused: 10 is outside of <10 (the base of the channel)',
    )
    const pins: RackFacts['pins'] = [{ version: '20', owner: 'ada', reason: 'try', origin: 'rack' }]
    expect(traced(serving('10', '20'), { current: '10', pins }).slice(-2)).toEqual([
      'way, passed: 20 (the pinned version)',
      'movement, passed: nothing stands in the way',
    ])
  })

  test('says when one move is made of two', () => {
    expect(traced(serving('10', '20', '30').yanks('20'), { current: '20' }).at(-1)).toBe(
      'one move, applies: 30 is newer than what was withdrawn and may be taken now',
    )
  })

  test('says what became of an attempt', () => {
    expect(traced(serving('10', '20'), attempting('10', '20')).at(-1)).toBe(
      'motive attempt, applies: attempt a1 to 20 goes on',
    )
    expect(traced(serving('10', '20', '30'), attempting('10', '20')).at(-1)).toBe(
      'motive attempt, refused: attempt a1 to 20: 20 is no longer what the rack should go to (now: 30)',
    )
  })

  test('says that a channel serves nothing, and that nothing is installed', () => {
    expect(traced(aRegistry().withApp('rack'), { current: '10' }).at(-1)).toBe(
      'motive rollout, applies: follows stable, which serves nothing',
    )
    expect(traced(serving('10'), {}).at(-3)).toBe('motive bootstrap, applies: nothing is installed')
  })
})

describe('what an answer carries', () => {
  test('the advisory of what runs, and of nothing else', () => {
    const registry = serving('10', '20', '30').yanks('20').yanks('5')
    expect(aRack({ current: '20' }).asks(registry).advisories).toEqual([registry.app.yanks.get('ADV-1')])
    expect(aRack({ current: '10' }).asks(registry).advisories).toEqual([])
    expect(aRack({}).asks(registry).advisories).toEqual([])
  })

  test('from nothing to something is an update', () => {
    expect(aRack({}).asks(serving('10')).detail).toBe('nothing → 10')
  })

  test('a version that is none of its scheme is named as such: there is no place for it in any order', () => {
    const registry = serving('10')
    const { facts } = aRack({ current: 'latest' })
    const input = {
      state: registry.state,
      app: registry.app,
      channel: registry.channel(),
      now: 0,
      conditions: { canGrant: true },
    }
    expect(problemOf(() => decide({ ...input, rack: facts })).code).toBe('invalid_version')
  })
})
