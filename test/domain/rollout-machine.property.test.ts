/**
 * Whatever anybody does in whatever order: waves open in order and by proof, what is halted grants nothing, and nobody is
 * brought where no rollout has reached. The judge is a second reading of the rules, which keeps its own books.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Conditions, RolloutStanding } from '../../shared/domain/question.ts'
import { aRolloutAct, performRolloutAct, type RolloutAct } from '../support/rollout-acts.ts'
import { auditGrant, auditPlan, auditState } from '../support/rollout-audits.ts'
import { enter } from '../support/rollout-books.ts'
import { emptyRolloutBooks } from '../support/rollout-pages.ts'
import { type Faults, startOfWorld } from '../support/rollout-world.ts'

interface Tally {
  acts: number
  done: number
  readonly seen: Record<string, number>
}

function play(racks: number, story: readonly RolloutAct[], faults: Faults, tally: Tally): void {
  const books = emptyRolloutBooks()
  let read = 0
  const world = startOfWorld(racks, faults, {
    onGrant: (grant) => {
      readOn()
      auditGrant(books, world, grant)
    },
    onPlan: (rollout, over) => plans.set(rollout, over),
  })
  const plans = new Map<string, Parameters<typeof world.onPlan>[1]>()
  /** Each look records and is read at once, so that the books see the racks as they were. */
  function readOn(): void {
    const { events } = world.registry
    for (; read < events.length; read += 1) {
      const event = events[read]
      if (!event) continue
      enter(books, world, event)
      if (event.type === 'rollout.planned')
        auditPlan(books, event.rollout, event.plan, plans.get(event.rollout) ?? [])
    }
  }
  readOn()
  for (const act of story) {
    tally.acts += 1
    if (performRolloutAct(world, act)) tally.done += 1
    readOn()
    auditState(books, world)
  }
  for (const [what, times] of Object.entries(books.seen)) tally.seen[what] = (tally.seen[what] ?? 0) + times
}

const stories = fc.record({
  racks: fc.integer({ min: 2, max: 14 }),
  story: fc.array(aRolloutAct, { minLength: 1, maxLength: 200, size: 'max' }),
})

test('nobody is moved but by a wave that others have opened by proof', { timeout: 120_000 }, () => {
  const tally: Tally = { acts: 0, done: 0, seen: {} }
  fc.assert(
    fc.property(stories, ({ racks, story }) => play(racks, story, {}, tally)),
    { numRuns: 400, seed: 20160816 },
  )
  const { acts, done, seen } = tally
  const told = Object.entries(seen).map(([what, times]) => `${what} ${times}`)
  console.log(`acts ${acts}, accepted ${done}; ${told.sort().join(', ')}`)
  // A machine that grants nothing would break no rule.
  const enough: Readonly<Record<string, number>> = {
    'completed head': 200,
    'completed remedy': 100,
    'completed recall': 20,
    'grants by head': 2_000,
    'grants by remedy': 100,
    'grants by recall': 50,
    'halts by proof': 50,
    'halts by people': 50,
  }
  for (const [what, least] of Object.entries(enough)) expect(seen[what] ?? 0, what).toBeGreaterThan(least)
})

const running = (standing: RolloutStanding): RolloutStanding => ({
  ...standing,
  state: 'running',
  isWaveOpen: true,
})

/** Each standing that is told, as somebody else would tell it. */
const told =
  (change: (standing: RolloutStanding) => RolloutStanding) =>
  ({ rollout, remedy, recall, ...rest }: Partial<Conditions>): Partial<Conditions> => ({
    ...rest,
    ...(rollout && { rollout: change(rollout) }),
    ...(remedy && { remedy: change(remedy) }),
    ...(recall && { recall: change(recall) }),
  })

const faults: Readonly<Record<string, { readonly faults: Faults; readonly found: RegExp }>> = {
  'a wave opens without soak': { faults: { soakedMinutes: Number.MAX_SAFE_INTEGER }, found: /soaked/ },
  'a wave opens past its failures': { faults: { forgets: 'failures' }, found: /failures in wave|soaked/ },
  'silence is forgotten': { faults: { forgets: 'silence' }, found: /failures in wave|soaked/ },
  'a halt is forgotten': {
    faults: { conditions: told((one) => (one.state === 'halted' ? running(one) : one)) },
    found: /: (halted|superseded|reverted), wave|neither the base/,
  },
  'a pause is forgotten': {
    faults: { conditions: told((one) => (one.state === 'paused' ? running(one) : one)) },
    found: /: paused, wave|it is in a wave/,
  },
  'waves do not keep anybody waiting': {
    faults: { conditions: told((one) => (one.state === 'running' ? running(one) : one)) },
    found: /: (planned|running), wave|it is in a wave/,
  },
  'slots are given to everybody': {
    faults: {
      conditions: ({ slots: _, remedySlots: _of, recallSlots: _all, ...rest }) => rest,
    },
    found: /slots/,
  },
  'the plan forgets a rack': {
    faults: { racks: (racks) => racks.slice(1) },
    found: /is exact|closes behind/,
  },
  'a running rollout takes up new labels': { faults: { labelsAt: 'now' }, found: /wave/ },
  'a rack may begin twice': { faults: { forgets: 'attempt' }, found: /two targets at once/ },
}

describe('what is planted is found:', () => {
  test.each(Object.entries(faults))('%s', { timeout: 60_000 }, (_name, { faults: planted, found }) => {
    const tally: Tally = { acts: 0, done: 0, seen: {} }
    const { failed, errorInstance } = fc.check(
      fc.property(stories, ({ racks, story }) => play(racks, story, planted, tally)),
      { numRuns: 400, seed: 20160816, endOnFailure: true },
    )
    expect(failed).toBe(true)
    expect(String(errorInstance)).toMatch(found)
  })
})
