/**
 * Alarms: what the registry noticed by itself and a person has to look at. One is open for each thing that is wrong;
 * whoever closes it says what it was.
 */
import { describeDuration, hour } from './instants.ts'
import type { OutsideChange } from './outside.ts'
import type { State } from './state.ts'

export const alarmKinds = [
  'break_glass',
  'review_overdue',
  'changed_outside',
  'expiring',
  'rack_cloned',
  'regressed',
  'rollout_halted',
  'synthetic_failed',
  'synthetic_slow',
  'synthetic_overdue',
] as const
export type AlarmKind = (typeof alarmKinds)[number]

export interface Alarm {
  readonly id: string
  readonly kind: AlarmKind
  /** Undefined: the registry as a whole. */
  readonly app?: string
  /** What it is about, in its app: of one kind and subject one alarm is open at a time. */
  readonly subject: string
  /** How much of it there was when it was raised. */
  readonly count: number
  /** When it began, as far as is known. */
  readonly since: number
  readonly detail: string
  /** Some of the racks concerned, never more than `mostRacksNamed`. */
  readonly racks?: readonly string[]
  readonly raisedAt: number
  readonly raisedBy: string
  readonly closed?: { readonly at: number; readonly by: string; readonly note: string }
}

/** What somebody noticed, before it is an alarm. */
export type Finding = Pick<Alarm, 'kind' | 'app' | 'subject' | 'count' | 'since' | 'detail' | 'racks'>

type Named = Pick<Finding, 'kind' | 'app' | 'subject'>

export function openAlarm(state: State, named: Named): Alarm | undefined {
  return alarmsOf(state, named).find((alarm) => !alarm.closed)
}

/** When the last alarm of this name was closed; what was known then has been looked at. */
export function lastClosedAt(state: State, named: Named): number | undefined {
  const closed = alarmsOf(state, named).flatMap((alarm) => alarm.closed?.at ?? [])
  return closed.length === 0 ? undefined : Math.max(...closed)
}

function alarmsOf(state: State, { kind, app, subject }: Named): Alarm[] {
  return [...state.alarms.values()].filter(
    (alarm) => alarm.kind === kind && alarm.app === app && alarm.subject === subject,
  )
}

const mostRacksNamed = 20
const fewestRacks = 3
const sharePercent = 5
const spanMilliseconds = hour

/** How many racks of an app have to change for an alarm; one or two are somebody's work on a host. */
export function alarmingCount(racksOfApp: number): number {
  return Math.max(fewestRacks, Math.ceil((racksOfApp * sharePercent) / 100))
}

export const changedOutsideSubject = 'fleet'

export interface RackChange {
  readonly rack: string
  readonly change: OutsideChange
}

/**
 * Whether so many racks of an app changed without an attempt within one hour that it was not chance. The fullest hour
 * counts, and of two alike the earlier; a change that was known when the last such alarm was closed does not.
 */
export function changedTogether(
  app: string,
  racksOfApp: number,
  changes: readonly RackChange[],
  closedAt: number | undefined,
): Finding | undefined {
  const fresh = changes
    .filter(({ change }) => closedAt === undefined || change.heardAt > closedAt)
    .toSorted((a, b) => a.change.at - b.change.at)
  const together = fullestSpan(fresh)
  const [first, last] = [together[0], together.at(-1)]
  if (!first || !last || together.length < alarmingCount(racksOfApp)) return undefined
  const within = describeDuration(last.change.at - first.change.at)
  const racks = together.slice(0, mostRacksNamed).map(({ rack }) => rack)
  return {
    kind: 'changed_outside',
    app,
    subject: changedOutsideSubject,
    count: together.length,
    since: first.change.at,
    detail: `${together.length} of ${racksOfApp} racks changed within ${within} by no attempt: ${destinationsOf(together)}`,
    racks,
  }
}

function fullestSpan(sorted: readonly RackChange[]): readonly RackChange[] {
  let best: readonly [number, number] = [0, 0]
  let from = 0
  for (const [index, { change }] of sorted.entries()) {
    while ((sorted[from]?.change.at ?? 0) < change.at - spanMilliseconds) from += 1
    if (index + 1 - from > best[1] - best[0]) best = [from, index + 1]
  }
  return sorted.slice(...best)
}

/** `3 to 1.4.0, 1 to 1.3.9`: most first, and of many the first ones. */
function destinationsOf(together: readonly RackChange[]): string {
  const counts = new Map<string, number>()
  for (const { change } of together) {
    const to = change.to ?? 'nothing'
    counts.set(to, (counts.get(to) ?? 0) + 1)
  }
  const named = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = named.slice(0, 3).map(([to, count]) => `${count} to ${to}`)
  return [...shown, ...(named.length > 3 ? [`${named.length - 3} other versions`] : [])].join(', ')
}
