/**
 * Rehearsals on the record: a run is recorded before it acts, and again when it ended, with the alarms that follow. It
 * takes place in an app that a rehearsal created, and in no other.
 */
import { type Alarm, type Finding, openAlarm } from '../alarm.ts'
import type { LedgerEvent } from '../events.ts'
import { toIso } from '../instants.ts'
import { Problem } from '../problem.ts'
import type { State } from '../state.ts'
import {
  type Lever,
  type RunOutcome,
  type StepResult,
  type SyntheticApp,
  type SyntheticRun,
  slownessOf,
} from '../synthetic.ts'
import { raiseAlarms } from './alarm.ts'
import { createApp } from './app.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface BeginRun {
  readonly app: string
  readonly levers: readonly Lever[]
  readonly limitMilliseconds: number
  /** The next one follows within this time, or somebody is to be told. */
  readonly nextWithinMilliseconds?: number
  /** A run that was under way here and is known to be dead, such as one that was killed on this very machine. */
  readonly takesOver?: string
}

/** The app is created with the first run. Raises `not_synthetic` for one that somebody else made, `synthetic_running`. */
export function beginRun(state: State, input: BeginRun, context: CommandContext): LedgerEvent[] {
  const { app, levers, limitMilliseconds, nextWithinMilliseconds, takesOver } = input
  const present = state.synthetic.get(app)
  if (state.apps.has(app) && !present) throw notSynthetic(app)
  if (present?.underWay && present.underWay.id !== takesOver && context.now < present.underWay.until)
    throw alreadyRunning(app, present.underWay)
  const first = present
    ? []
    : [
        ...createApp(state, { app, scheme: 'semver' }, context),
        eventOf('synthetic.prepared', context, { app }),
      ]
  return [
    ...first,
    eventOf('synthetic.begun', context, {
      app,
      run: `S-${(present?.runsBegun ?? 0) + 1}`,
      levers,
      until: context.now + limitMilliseconds,
      ...(nextWithinMilliseconds !== undefined && { nextWithinMilliseconds }),
    }),
  ]
}

export interface EndRun {
  readonly app: string
  readonly run: string
  readonly outcome: RunOutcome
  readonly steps: readonly StepResult[]
  readonly left: readonly string[]
}

/** What failed or was slow alarms, each lever by itself; what worked again closes its alarms. */
export function endRun(state: State, input: EndRun, context: CommandContext): LedgerEvent[] {
  const present = findSynthetic(state, input.app)
  if (present.runs.some(({ id }) => id === input.run)) return []
  if (present.underWay?.id !== input.run) {
    throw new Problem(
      'synthetic_run_not_found',
      `No run ${input.run.slice(0, 64)} is under way in ${input.app}.`,
      { hint: `headgate synthetic show --app ${input.app}` },
    )
  }
  const { app, run, outcome, steps, left } = input
  const findings = [...findingsOfSteps(present, input, context.now), ...findingsOfRest(input, context.now)]
  const isAnswered = (alarm: Alarm) =>
    outcome !== 'interrupted' && isOver(alarm, input) && !findings.some((one) => isSame(one, alarm))
  const closed = openAlarmsOf(state, app).filter(isAnswered)
  return [
    eventOf('synthetic.ended', context, { app, run, outcome, steps, left }),
    ...raiseAlarms(state, findings, context),
    ...closed.map(({ id }) =>
      eventOf('alarm.closed', context, { alarm: id, app, note: `${run} found that it works` }),
    ),
  ]
}

/** Overdue, or begun and never heard of again: what silence means. */
export function noteSilence(state: State, app: string, context: CommandContext): LedgerEvent[] {
  const { underWay, promise } = findSynthetic(state, app)
  const { now } = context
  const findings: Finding[] = []
  if (underWay && now > underWay.until) {
    const { id, beganAt: since, beganBy } = underWay
    const detail = `${id} was begun by ${beganBy} at ${toIso(since)} and was not heard of again`
    findings.push({ kind: 'synthetic_failed', app, subject: lostSubject, count: 1, since, detail })
  }
  if (promise && now > promise.dueAt) {
    const detail = `the next rehearsal in ${app} was due by ${toIso(promise.dueAt)}: headgate synthetic run --app ${app}`
    const since = promise.dueAt
    findings.push({ kind: 'synthetic_overdue', app, subject: scheduleSubject, count: 1, since, detail })
  }
  return raiseAlarms(
    state,
    findings.filter((one) => !isLookedAt(state, one)),
    context,
  )
}

export function findSynthetic(state: State, app: string): SyntheticApp {
  const present = state.synthetic.get(app)
  if (present) return present
  if (state.apps.has(app)) throw notSynthetic(app)
  throw new Problem('app_not_found', `There is no app "${app}" here.`, {
    hint: `headgate synthetic run --app ${app}`,
  })
}

const lostSubject = 'a run'
const scheduleSubject = 'the schedule'
const leftSubject = 'clearing up'

function findingsOfSteps({ runs }: SyntheticApp, { app, run, steps }: EndRun, now: number): Finding[] {
  // What was not reached alarms where nothing else tells of the cause, and then once.
  const cause = steps.find(({ outcome }) => outcome === 'failed') ?? steps.find(isNotReached)
  return steps.flatMap((step): Finding[] => {
    const { lever: subject, outcome, detail = 'it failed' } = step
    if (outcome === 'failed' || (step === cause && isNotReached(step)))
      return [
        {
          kind: 'synthetic_failed',
          app,
          subject,
          count: 1,
          since: now,
          detail: `${subject} in ${run}: ${detail}`,
        },
      ]
    const slow = slownessOf(step, runs)
    if (slow === undefined) return []
    return [
      { kind: 'synthetic_slow', app, subject, count: 1, since: now, detail: `${subject} in ${run}: ${slow}` },
    ]
  })
}

function isNotReached({ outcome }: StepResult): boolean {
  return outcome === 'not_reached'
}

function findingsOfRest({ app, run, left }: EndRun, now: number): Finding[] {
  if (left.length === 0) return []
  const detail = `${run} left behind: ${left.join('; ')}; the next run clears it away`
  return [{ kind: 'synthetic_failed', app, subject: leftSubject, count: left.length, since: now, detail }]
}

/** A lever that passed answers its own alarms; a run that ended at all answers those about runs. */
function isOver({ subject }: Alarm, { steps }: EndRun): boolean {
  if (subject === lostSubject || subject === scheduleSubject || subject === leftSubject) return true
  return steps.some(({ lever, outcome }) => lever === subject && outcome === 'passed')
}

function openAlarmsOf(state: State, app: string): Alarm[] {
  return [...state.alarms.values()].filter(
    (alarm) => !alarm.closed && alarm.app === app && alarm.kind.startsWith('synthetic_'),
  )
}

function isSame(finding: Finding, alarm: Alarm): boolean {
  return finding.kind === alarm.kind && finding.subject === alarm.subject
}

/** An alarm of it that was closed after it began: a person knows. */
function isLookedAt(state: State, finding: Finding): boolean {
  if (openAlarm(state, finding)) return true
  return [...state.alarms.values()].some(
    (alarm) => alarm.app === finding.app && isSame(finding, alarm) && alarm.since === finding.since,
  )
}

function notSynthetic(app: string): Problem {
  return new Problem(
    'not_synthetic',
    `The app ${app} was not created by a rehearsal, and rehearsals touch no other app.`,
    { hint: 'headgate synthetic run --app headgate-synthetic' },
  )
}

function alreadyRunning(app: string, { id, beganBy, beganAt, until }: SyntheticRun): Problem {
  return new Problem(
    'synthetic_running',
    `${id} is under way in ${app}: ${beganBy} began it at ${toIso(beganAt)}; it is waited for until ${toIso(until)}.`,
    {
      hint: `headgate synthetic run --app ${app} --take-over ${id}   # only when it is certainly dead`,
      numbers: { run: id, until: toIso(until) },
    },
  )
}
