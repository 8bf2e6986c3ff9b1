// Rehearsals on the record: whose app it is, one run at a time, what alarms and what ends an alarm, and when a lever last worked.
import { beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../shared/domain/commands/app.ts'
import { closeBreakGlass, noteOpened, noteUsed } from '../../shared/domain/commands/break-glass.ts'
import { beginRun, type EndRun, endRun, noteSilence } from '../../shared/domain/commands/synthetic.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { forecast } from '../../shared/domain/forecast.ts'
import { day, hour, minute } from '../../shared/domain/instants.ts'
import { emptyState, type State } from '../../shared/domain/state.ts'
import { leverStandings, type StepResult, slownessOf } from '../../shared/domain/synthetic.ts'

const app = 'headgate-synthetic'
let state: State
let now: number
const ada = () => ({ now, actor: 'token:ada' })

beforeEach(() => {
  state = emptyState()
  now = Date.UTC(2026, 0, 1)
})

const begins = (more: object = {}) =>
  foldEvents(
    state,
    beginRun(state, { app, levers: ['publish', 'promote'], limitMilliseconds: 5 * minute, ...more }, ada()),
  )

const step = (outcome: StepResult['outcome'], more: Partial<StepResult> = {}): StepResult => ({
  lever: 'publish',
  outcome,
  milliseconds: 100,
  limitMilliseconds: 10_000,
  ...more,
})

const ends = (steps: readonly StepResult[], more: Partial<EndRun> = {}) => {
  const run = state.synthetic.get(app)?.underWay?.id ?? 'S-0'
  const failed = steps.some(({ outcome }) => outcome === 'failed' || outcome === 'not_reached')
  const input = { app, run, outcome: failed ? 'failed' : 'passed', steps, left: [], ...more } as const
  const events = endRun(state, input, ada())
  foldEvents(state, events)
  return events.map(({ type }) => type)
}

const aRun = (...steps: readonly StepResult[]) => {
  begins()
  return ends(steps)
}

const open = () =>
  [...state.alarms.values()].filter(({ closed }) => !closed).map(({ kind, subject }) => `${kind} ${subject}`)

describe('the app of rehearsals', () => {
  test('is created with the first run, and is the same one for the next', () => {
    begins()
    expect([...(state.apps.get(app)?.channels.values() ?? [])].map(({ name }) => name)).toEqual([
      'unstable',
      'stable',
    ])
    ends([step('passed')])
    begins()
    expect(state.synthetic.get(app)?.underWay?.id).toBe('S-2')
  })

  test('is never one that somebody else created', () => {
    foldEvents(state, createApp(state, { app, scheme: 'semver' }, ada()))
    expect(() => begins()).toThrow('was not created by a rehearsal')
    expect(() => ends([])).toThrow('was not created by a rehearsal')
  })

  test('has one run at a time, until its time is over or somebody knows that it is dead', () => {
    begins()
    expect(() => begins()).toThrow('S-1 is under way')
    expect(() => begins({ takesOver: 'S-7' })).toThrow('S-1 is under way')
    begins({ takesOver: 'S-1' })
    now += 5 * minute
    begins()
    expect(state.synthetic.get(app)?.underWay?.id).toBe('S-3')
    expect(() => endRun(state, { app, run: 'S-1', outcome: 'passed', steps: [], left: [] }, ada())).toThrow(
      'No run S-1 is under way',
    )
  })

  test('what ended once stays so when it is told again', () => {
    begins()
    ends([step('passed')])
    expect(endRun(state, { app, run: 'S-1', outcome: 'passed', steps: [], left: [] }, ada())).toEqual([])
  })
})

describe('alarms', () => {
  test('name each lever that failed, once, and are over when it works again', () => {
    aRun(step('failed', { detail: 'refused' }), step('failed', { lever: 'promote' }))
    expect(open()).toEqual(['synthetic_failed publish', 'synthetic_failed promote'])
    expect(aRun(step('failed'))).toEqual(['synthetic.ended'])
    aRun(step('passed'))
    expect(open()).toEqual(['synthetic_failed promote'])
    aRun(step('passed', { lever: 'promote' }))
    expect(open()).toEqual([])
    expect([...state.alarms.values()].map(({ closed }) => closed?.note)).toEqual([
      'S-3 found that it works',
      'S-4 found that it works',
    ])
  })

  test('what was not reached is no news beside its cause, and is one where it stands alone', () => {
    aRun(step('failed'), step('not_reached', { lever: 'update' }))
    expect(open()).toEqual(['synthetic_failed publish'])
    aRun(step('passed'), step('not_reached', { lever: 'update' }), step('not_reached', { lever: 'freeze' }))
    expect(open()).toEqual(['synthetic_failed update'])
  })

  test('an interrupted run raises none and ends none', () => {
    aRun(step('failed'))
    begins()
    ends([step('passed')], { outcome: 'interrupted' })
    expect(open()).toEqual(['synthetic_failed publish'])
  })

  test('what could not be cleared away alarms until it is', () => {
    begins()
    ends([step('passed')], { left: ['the racks: no'] })
    expect(open()).toEqual(['synthetic_failed clearing up'])
    aRun(step('passed'))
    expect(open()).toEqual([])
  })

  test('a step over its limit is slow, and one that takes three times as long as usual, once that is known', () => {
    const at = (milliseconds: number) => step('passed', { milliseconds })
    aRun(at(10_001))
    expect(open()).toEqual(['synthetic_slow publish'])
    for (let count = 0; count < 5; count += 1) aRun(at(1_000))
    expect(open()).toEqual([])
    aRun(at(3_000))
    expect(open()).toEqual([])
    aRun(at(3_001))
    expect(open()).toEqual(['synthetic_slow publish'])
    const [alarm] = [...state.alarms.values()].filter(({ closed }) => !closed)
    expect(alarm?.detail).toBe(
      'publish in S-8: it took 3001 ms, and in earlier runs 1000 ms: more than 3 times as long',
    )
  })

  test('what is over in a moment is never slow', () => {
    const runs = Array.from({ length: 5 }, () => ({ steps: [step('passed', { milliseconds: 10 })] }))
    const ended = runs.map((run, index) => ({
      ...run,
      id: `S-${index}`,
      levers: [],
      beganAt: 0,
      beganBy: 'x',
      until: 1,
      endedAt: 1,
      outcome: 'passed' as const,
      left: [],
    }))
    expect(slownessOf(step('passed', { milliseconds: 2_000 }), ended)).toBeUndefined()
    expect(slownessOf(step('passed', { milliseconds: 2_001 }), ended)).toContain('more than 3 times')
  })
})

describe('silence', () => {
  const looks = () => foldEvents(state, noteSilence(state, app, { now, actor: 'registry' }))

  test('a run that was promised and does not come is overdue, a quarter of the interval later', () => {
    begins({ nextWithinMilliseconds: 6 * hour })
    ends([step('passed')])
    now += 7.5 * hour
    looks()
    expect(open()).toEqual([])
    now += 1
    looks()
    looks()
    expect(open()).toEqual(['synthetic_overdue the schedule'])
    aRun(step('passed'))
    expect(open()).toEqual([])
  })

  test('whoever closes it is not told of the same again', () => {
    begins({ nextWithinMilliseconds: 6 * hour })
    ends([step('passed')])
    now += day
    looks()
    const [alarm] = state.alarms.values()
    foldEvents(state, [
      { type: 'alarm.closed', v: 1, at: now, actor: 'token:ada', alarm: alarm?.id ?? '', note: 'no more' },
    ])
    now += day
    looks()
    expect(open()).toEqual([])
  })

  test('a run that began and is not heard of again has failed', () => {
    begins()
    now += 5 * minute
    looks()
    expect(open()).toEqual([])
    now += 1
    looks()
    expect(open()).toEqual(['synthetic_failed a run'])
    expect([...state.alarms.values()][0]?.detail).toContain('S-1 was begun by token:ada')
  })
})

describe('when a lever last worked', () => {
  test('never comes first, then the one that was longest ago; a failure does not count', () => {
    aRun(step('passed'), step('passed', { lever: 'promote' }))
    now += day
    aRun(step('passed'), step('failed', { lever: 'promote' }))
    const standings = leverStandings(state, state.synthetic.values())
    expect(standings.slice(-2).map(({ lever, rehearsedAt }) => [lever, now - (rehearsedAt ?? 0)])).toEqual([
      ['promote', day],
      ['publish', 0],
    ])
    expect(standings.at(-2)?.lastTried).toMatchObject({ outcome: 'failed', run: 'S-2' })
    expect(standings[0]?.rehearsedAt).toBeUndefined()
  })

  test('of break-glass it is the word of break-glass itself, whoever rehearsed it', () => {
    aRun(step('passed', { lever: 'break-glass' }))
    const standing = () =>
      leverStandings(state, state.synthetic.values()).find((one) => one.lever === 'break-glass')
    expect(standing()?.rehearsedAt).toBeUndefined()
    const opened = { id: 'BG-00000001', sha256: 'c'.repeat(64), by: 'root', reason: 'x', isRehearsal: true }
    foldEvents(state, noteOpened(state, { ...opened, openedAt: now, expiresAt: now + hour }, ada()))
    foldEvents(state, noteUsed(state, opened.id, ada()))
    foldEvents(state, closeBreakGlass(state, opened.id, ada()))
    expect(standing()?.rehearsedAt).toBe(now)
  })

  test('the forecast says when it will have been too long, and since when it has', () => {
    const lines = () =>
      forecast(state, [], { from: now, to: now + 90 * day }).ends.filter(({ kind }) => kind === 'rehearsal')
    expect(lines()).toEqual([])
    aRun(step('passed'))
    const then = now
    now += 35 * day
    const publish = lines().find(({ what }) => what === 'the rehearsal of publish')
    expect(publish?.expiry).toMatchObject({
      at: then + 30 * day,
      setBy: 'last rehearsed 2026-01-01, limit 30 days',
    })
    expect(lines()[0]?.expiry).toMatchObject({ at: undefined, setBy: 'never rehearsed, limit 90 days' })
  })
})
