/** The rack's now, whatever its wall clock does: what the registry said and what has passed since. */
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../cli/agent/clock.ts'
import type { RackState } from '../../../cli/agent/rack-state.ts'
import {
  createRackClock,
  type Known,
  type TrustedTime,
  withTrustedTime,
} from '../../../cli/agent/trusted-time.ts'
import { day, hour, minute } from '../../../shared/domain/instants.ts'

const noon = Date.UTC(2026, 7, 1, 12)

/** A machine whose parts a test turns by hand. */
function machine() {
  const is = { wall: noon, passed: 0, boot: 'first' as string | null, booted: 0 }
  const clock: Clock = {
    now: () => is.wall,
    monotonic: () => is.passed,
    sleep: async () => undefined,
    boot: () => (is.boot === null ? null : { id: is.boot, ms: is.passed - is.booted }),
  }
  return {
    clock,
    /** Time goes by, and the wall clock with it. */
    passes(ms: number) {
      is.passed += ms
      is.wall += ms
    },
    /** Somebody or something sets the wall clock. */
    jumps(ms: number) {
      is.wall += ms
    },
    reboots() {
      is.boot = `after ${is.boot}`
      is.booted = is.passed
    },
    /** A system that does not tell its boot. */
    tellsNoBoot() {
      is.boot = null
    },
  }
}

const nothing: Known = { time: undefined, line: undefined }

describe('a rack that was never told the time', () => {
  test('goes by its wall clock, and never back behind its journal', () => {
    const { clock, jumps } = machine()
    const rack = createRackClock(clock, () => ({ time: undefined, line: { n: 7, at: noon } }))
    expect(rack.now()).toBe(noon)
    jumps(-400 * day)
    expect(rack.now()).toBe(noon)
    expect([rack.isDoubtful(), rack.leadMs()]).toEqual([false, undefined])
  })
})

describe('in the process that was told the time', () => {
  test.each([
    ['back by a year', -365 * day],
    ['forward by a year', 365 * day],
    ['forward by two days', 2 * day],
  ])('a clock that jumps %s changes nothing, and time goes on', (_, jump) => {
    const { clock, jumps, passes, tellsNoBoot } = machine()
    tellsNoBoot()
    const rack = createRackClock(clock, () => nothing)
    rack.learn(noon)
    passes(3 * hour)
    jumps(jump)
    expect(rack.now()).toBe(noon + 3 * hour)
    expect([rack.certainly(), rack.isDoubtful()]).toEqual([noon + 3 * hour, false])
    expect(rack.leadMs()).toBe(jump)
  })

  test('a clock that is ahead by less than a day is taken at its word', () => {
    const { clock, jumps } = machine()
    const rack = createRackClock(clock, () => nothing)
    rack.learn(noon)
    jumps(5 * hour)
    expect(rack.now()).toBe(noon + 5 * hour)
  })
})

describe('over restarts', () => {
  function told() {
    const is = machine()
    const time = createRackClock(is.clock, () => nothing).learn(noon)
    const later = (line?: Known['line']) => createRackClock(is.clock, () => ({ time, line }))
    return { ...is, time, later }
  }

  test('within one boot it is counted on, also without any registry', () => {
    const { passes, jumps, later } = told()
    passes(3 * day)
    jumps(365 * day)
    const rack = later()
    expect([rack.now(), rack.isDoubtful()]).toEqual([noon + 3 * day, false])
  })

  test('after a reboot a clock far ahead may be right: now is its word, and what is certain is the last one heard', () => {
    const { reboots, passes, later } = told()
    reboots()
    passes(30 * day)
    const rack = later()
    expect(rack.isDoubtful()).toBe(true)
    expect(rack.now()).toBe(noon + 30 * day)
    // A hold that ends in a week has not certainly ended.
    expect(rack.certainly()).toBe(noon)
    // Nor has it when the rack has dated something by that clock meanwhile.
    const dated = later({ n: 5, at: noon + 30 * day })
    expect([dated.isDoubtful(), dated.certainly()]).toEqual([true, noon])
    rack.learn(noon + 30 * day)
    expect([rack.isDoubtful(), rack.certainly()]).toEqual([false, noon + 30 * day])
  })

  test('after a reboot a clock that starts in 1970 is as late as the last word or the journal, whichever is later', () => {
    const { reboots, jumps, later } = told()
    reboots()
    jumps(-noon)
    expect(later().now()).toBe(noon)
    expect(later({ n: 3, at: noon + 2 * hour }).now()).toBe(noon + 2 * hour)
  })

  test('a container that starts anew counts its uptime anew: that is no going back', () => {
    const { passes, later, time } = told()
    passes(2 * hour)
    const restarted: TrustedTime = { ...time, boot: { id: 'first', ms: 10 * day } }
    const { clock } = machine()
    expect(createRackClock(clock, () => ({ time: restarted, line: undefined })).now()).toBe(noon)
    expect(later().now()).toBe(noon + 2 * hour)
  })
})

describe('what the registry says', () => {
  test('heals a journal that was dated by a clock far ahead', () => {
    const { clock } = machine()
    const line = { n: 9, at: noon + 365 * day }
    const rack = createRackClock(clock, () => ({ time: undefined, line }))
    expect(rack.now()).toBe(noon + 365 * day)
    rack.learn(noon + minute)
    expect(rack.now()).toBe(noon + minute)
  })

  test('is not believed when it goes back and the wall clock does not', () => {
    const { clock } = machine()
    const rack = createRackClock(clock, () => nothing)
    const first = rack.learn(noon)
    expect(rack.learn(noon - 30 * day)).toBe(first)
    expect(rack.now()).toBe(noon)
  })

  test('is believed when it goes back and the wall clock says the same: it was wrong before', () => {
    const { clock, jumps } = machine()
    jumps(-30 * day)
    const rack = createRackClock(clock, () => nothing)
    rack.learn(noon)
    rack.learn(noon - 30 * day)
    expect(rack.now()).toBe(noon - 30 * day)
  })

  test('brings what a clock ahead has dated back to now, and leaves the rest', () => {
    const failed = (target: string, lastAt: number) => ({ target, count: 1, lastAt })
    const state: RackState = {
      v: 1,
      scheme: 'timestamp',
      seen: { channel: 'stable', revision: 1, ledgerSequence: 1 },
      runs: '10',
      proved: [{ version: '10', at: noon + 365 * day, floor: null }],
      pin: null,
      hold: null,
      bar: null,
      failures: [failed('20', noon + 365 * day), failed('19', noon - hour)],
      softFailures: [failed('20', noon + 365 * day)],
      isAligning: false,
      stuck: null,
      rememberedThrough: 0,
      reportedThrough: 0,
      lastDecision: null,
    }
    const healed = withTrustedTime(state, { at: noon, n: 4 })
    expect(healed.failures).toEqual([failed('20', noon), failed('19', noon - hour)])
    expect(healed.softFailures).toEqual([failed('20', noon)])
    expect(healed.proved[0]?.at).toBe(noon)
    // The same word again, because a later one was not believed: what was dated since stays.
    const since = { ...healed, failures: [failed('20', noon + 2 * hour)] }
    expect(healed.time && withTrustedTime(since, healed.time)).toBe(since)
  })
})
