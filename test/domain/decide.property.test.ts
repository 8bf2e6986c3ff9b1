// What holds for every decision, whatever the registry went through and whatever a rack tells.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Decision, decide, type Trace } from '../../shared/domain/decide.ts'
import { applyEvent } from '../../shared/domain/fold.ts'
import { ForkableMap } from '../../shared/domain/forkable-map.ts'
import type { DecisionInput } from '../../shared/domain/question.ts'
import { pinInForce } from '../../shared/domain/rack.ts'
import { actions, motives, type Reason, reasons } from '../../shared/domain/reasons.ts'
import type { ReleaseState } from '../../shared/domain/release.ts'
import { findApp, forkState } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { type Yank, yankOf } from '../../shared/domain/yank.ts'
import { someQuestions } from './random-question.ts'

/** Asks every question of many registries, and counts how often the claim had something to say. */
function forEvery(numRuns: number, claim: (input: DecisionInput, decision: Decision) => boolean): void {
  let told = 0
  fc.assert(
    fc.property(someQuestions, (questions) => {
      for (const input of questions) if (claim(input, decide(input))) told += 1
    }),
    { numRuns },
  )
  // A property that is never put to the test would hold as well.
  expect(told).toBeGreaterThan(numRuns / 4)
}

const keyOf = ({ app }: DecisionInput, version: string): string => orderKey(app.scheme, version)
const currentKey = (input: DecisionInput): string | undefined =>
  input.rack.current === undefined ? undefined : keyOf(input, input.rack.current)

/** What a rack is told to go to now, of its own accord; an attempt that is being applied is past being told. */
function moveOf({ rack }: DecisionInput, { action, target }: Decision): ReleaseState | undefined {
  if (action !== 'update' && action !== 'rollback') return undefined
  return rack.attempt?.isConfirmed ? undefined : target
}

test('the same question has the same answer, with a trace and without', () => {
  forEvery(300, (input, decision) => {
    const trace: Trace = []
    expect(decide(input, trace)).toEqual(decision)
    expect(decide(input)).toEqual(decision)
    expect(trace.length).toBeGreaterThan(0)
    return true
  })
})

const reasonsOf: Readonly<Record<Decision['action'], readonly Reason[]>> = {
  update: ['offered', 'yanked', 'recalled', 'pinned'],
  rollback: ['yanked', 'recalled', 'pinned', 'offered'],
  abort: ['yanked', 'frozen', 'superseded', 'rollout_halted', 'remedy_halted'],
  none: ['up_to_date', 'pinned', 'ahead_of_channel', 'yanked'],
  wait: Object.keys(reasons).filter(
    (reason): reason is Reason =>
      !['offered', 'recalled', 'superseded', 'up_to_date', 'ahead_of_channel'].includes(reason),
  ),
}

test('every question has an answer of the closed words, and the parts of an answer fit', () => {
  const seen = new Set<string>()
  forEvery(800, (input, decision) => {
    const { action, reason, motive, target, destination, until, askAgainSeconds, advisories, detail } =
      decision
    expect(actions).toContain(action)
    expect(motives).toContain(motive)
    expect(reasonsOf[action]).toContain(reason)
    expect(detail.length).toBeGreaterThan(0)
    expect(askAgainSeconds).toBeGreaterThanOrEqual(1)
    expect(askAgainSeconds).toBeLessThanOrEqual(input.channel.policy.checkSeconds)
    expect(target === undefined).toBe(destination === undefined)
    if (action === 'update' || action === 'rollback')
      expect([target?.version, until]).toEqual([expect.any(String), undefined])
    if (action === 'none' || action === 'abort') expect([target, until]).toEqual([undefined, undefined])
    if (action === 'abort') expect(input.rack.attempt?.isConfirmed).toBe(false)
    if (until !== undefined) expect(until).toBeGreaterThan(input.now)
    expect(advisories.length).toBeLessThanOrEqual(1)
    seen.add(`${action} ${motive}`)
    return true
  })
  // The questions are rich enough that every motive moves, waits and rests; the last two are too rare to rely on.
  const usual = [
    'abort attempt',
    'none pin',
    'none rollout',
    'rollback attempt',
    'rollback pin',
    'rollback recall',
    'rollback remedy_critical',
    'rollback remedy_moderate',
    'update attempt',
    'update bootstrap',
    'update pin',
    'update rollout',
    'wait bootstrap',
    'wait pin',
    'wait recall',
    'wait remedy_critical',
    'wait remedy_moderate',
    'wait rollout',
  ]
  expect(usual.filter((one) => !seen.has(one))).toEqual([])
  const possible = [...usual, 'update remedy_critical', 'update remedy_moderate']
  expect([...seen].filter((one) => !possible.includes(one))).toEqual([])
})

/**
 * The world in which the version is all that the channel serves and nothing else has a claim or stands in the way: it
 * is head and base, no yank moves anybody, the rack has neither orders nor failures and goes to the head in either
 * direction. What the rack refuses by itself (bar, range, age, platform, other apps), the yanks on releases, the routing
 * facts and the artifacts stay as they are.
 */
function ifItWereHead(input: DecisionInput, { version }: ReleaseState): DecisionInput {
  const yanks = new ForkableMap<string, Yank>()
  for (const { to: _to, ...yank } of input.app.yanks.values()) yanks.set(yank.id, { ...yank, remedy: 'stay' })
  const { recall: _recall, ...channel } = input.channel
  const { attempt: _attempt, ...rack } = input.rack
  const { isArtifactMissing } = input.conditions
  return {
    state: { ...input.state, freezes: new ForkableMap() },
    app: { ...input.app, yanks },
    channel: { ...channel, head: version, base: version },
    rack: { ...rack, pins: [], holds: [], failures: [], isAligning: true },
    now: input.now,
    conditions: { canGrant: true, ...(isArtifactMissing && { isArtifactMissing }) },
  }
}

test('the target that is answered would also be answered if it were the head', () => {
  forEvery(1000, (input, decision) => {
    const target = moveOf(input, decision)
    if (!target) return false
    const { action, target: again, destination } = decide(ifItWereHead(input, target))
    expect([action, again?.version, destination?.version]).toEqual([
      decision.action,
      target.version,
      target.version,
    ])
    return true
  })
})

test('forward is never past a required release that the channel served or awaits', () => {
  forEvery(1000, (input, decision) => {
    const target = moveOf(input, decision)
    const from = currentKey(input)
    if (!target || from === undefined || target.key < from) return false
    for (const { key, routing, servedOn, awaitedOn, yank } of input.app.releases.values()) {
      const counts = servedOn[input.channel.name] !== undefined || awaitedOn.includes(input.channel.name)
      if (!routing.required || !counts || key <= from || key >= target.key) continue
      // It is crossed: then it was withdrawn, and may be skipped, or what replaces it is the target or was passed.
      expect(yank).toBeDefined()
      if (routing.skippable) continue
      const replacement = input.app.releases.get(routing.replacedBy ?? '')
      expect(replacement?.yank).toBeUndefined()
      expect(replacement === target || (replacement !== undefined && replacement.key <= from)).toBe(true)
    }
    return true
  })
})

test('back is never below a floor of what is left or crossed', () => {
  forEvery(1000, (input, decision) => {
    const target = moveOf(input, decision)
    const from = currentKey(input)
    if (!target || from === undefined || target.key >= from) return false
    for (const { key, floorKey } of input.app.releases.values())
      if (floorKey !== undefined && key <= from && key > target.key) expect(floorKey <= target.key).toBe(true)
    return true
  })
})

test('never to a withdrawn release', () => {
  forEvery(400, (input, decision) => {
    const target = moveOf(input, decision)
    if (!target) return false
    expect(target.yank).toBeUndefined()
    return true
  })
})

test('an update goes forward; a rollback goes back, and only with a yank, a recall or a pin on the record', () => {
  forEvery(800, (input, decision) => {
    const target = moveOf(input, decision)
    if (!target) return false
    const { rack, channel } = input
    const from = currentKey(input)
    if (decision.action === 'update') {
      if (from !== undefined) expect(target.key > from).toBe(true)
      return false
    }
    if (from === undefined || rack.current === undefined) throw new Error('a rollback from nothing')
    expect(target.key < from).toBe(true)
    const motive =
      decision.motive === 'attempt'
        ? decide({ ...input, rack: withoutAttempt(input) }).motive
        : decision.motive
    const yank = yankOf(input.app, rack.current, from)
    if (motive === 'remedy_critical') expect(yank?.severity).toBe('critical')
    else if (motive === 'remedy_moderate') expect(yank?.severity).toBe('moderate')
    else if (motive === 'pin')
      expect(pinInForce(rack, input.now)?.version).toBe(decision.destination?.version)
    else {
      const isCalled =
        channel.recall !== undefined && from > channel.recall.aboveKey && from <= channel.recall.upToKey
      expect([motive, isCalled || rack.isAligning]).toEqual(['recall', true])
    }
    return true
  })
})

function withoutAttempt({ rack }: DecisionInput): DecisionInput['rack'] {
  const { attempt: _attempt, ...rest } = rack
  return rest
}

test('a freeze of everything moves nothing', () => {
  forEvery(400, (input, decision) => {
    const state = forkState(input.state)
    applyEvent(state, { type: 'freeze.set', v: 1, at: input.now, actor: 'ada', scope: 'registry', all: true })
    const frozen = decide({ ...input, state, app: findApp(state, 'rack') })
    expect(moveOf(input, frozen)).toBeUndefined()
    if (!moveOf(input, decision)) return false
    expect(['wait', 'abort']).toContain(frozen.action)
    return true
  })
})

test('a rack that does what it is told comes to rest', () => {
  forEvery(400, (input, decision) => {
    if (!moveOf(input, decision)) return false
    let rack = withoutAttempt(input)
    const stops: (string | undefined)[] = [rack.current]
    for (;;) {
      const { action, target } = decide({ ...input, rack })
      if ((action !== 'update' && action !== 'rollback') || !target) return true
      rack = { ...rack, current: target.version }
      expect(stops).not.toContain(target.version)
      stops.push(target.version)
    }
  })
})

test('nobody on a withdrawn version is told to be up to date', () => {
  forEvery(600, (input, decision) => {
    const { rack, app } = input
    const from = currentKey(input)
    const yank =
      rack.current === undefined || from === undefined ? undefined : yankOf(app, rack.current, from)
    if (!yank) return false
    expect(decision.reason).not.toBe('up_to_date')
    expect(decision.reason).not.toBe('ahead_of_channel')
    expect(decision.advisories).toEqual([yank])
    return true
  })
})
