/**
 * What people are told about rollouts that stopped by themselves and racks that went back unasked: one alarm for each, which
 * ends by itself when a rollout goes on.
 */
import { changedOutsideSubject, type Finding, lastClosedAt, openAlarm } from '../alarm.ts'
import type { LedgerEvent } from '../events.ts'
import type { State } from '../state.ts'
import { raiseAlarms } from './alarm.ts'
import { type CommandContext, eventOf } from './command.ts'

const byItself = 'registry'
const mostRacksNamed = 20

/** Halts by a gate; whoever halts a rollout in person knows of it. */
export function noteHalts(state: State, context: CommandContext): LedgerEvent[] {
  const findings: Finding[] = []
  for (const app of state.apps.values()) {
    for (const { id, state: present, evidence } of app.rollouts.values()) {
      if (present !== 'halted' || evidence?.actor !== byItself) continue
      const named = { kind: 'rollout_halted', app: app.name, subject: id } as const
      const closedAt = lastClosedAt(state, named)
      if (openAlarm(state, named) || (closedAt !== undefined && closedAt >= evidence.at)) continue
      const racks = evidence.failures.slice(0, mostRacksNamed).map(({ rack }) => rack)
      const count = evidence.numbers.failed ?? racks.length
      findings.push({ ...named, count, since: evidence.at, detail: `${id}: ${evidence.detail}`, racks })
    }
  }
  return [...raiseAlarms(state, findings, context), ...closeOvertaken(state, context)]
}

function closeOvertaken(state: State, context: CommandContext): LedgerEvent[] {
  const events: LedgerEvent[] = []
  for (const { id, kind, app, subject, closed } of state.alarms.values()) {
    if (kind !== 'rollout_halted' || closed || app === undefined) continue
    const present = state.apps.get(app)?.rollouts.get(subject)?.state
    if (present === 'halted') continue
    events.push(eventOf('alarm.closed', context, { alarm: id, app, note: `${subject} is ${present} now` }))
  }
  return events
}

export interface RegressedRack {
  readonly rack: string
  readonly current: string
  readonly since: number
}

/** Racks that run an older version than they proved, though nobody ordered it; `racks` is all of them, now. */
export function noteRegressions(
  state: State,
  app: string,
  racks: readonly RegressedRack[],
  context: CommandContext,
): LedgerEvent[] {
  const named = { kind: 'regressed', app, subject: 'fleet' } as const
  const together = { kind: 'changed_outside', app, subject: changedOutsideSubject } as const
  // Many that went back at once are that other alarm; nobody needs two of one thing.
  if (openAlarm(state, together)) return []
  const closedAt = latest(lastClosedAt(state, named), lastClosedAt(state, together))
  // What was known when the last one was closed has been looked at.
  const fresh = racks
    .filter(({ since }) => closedAt === undefined || since > closedAt)
    .toSorted((a, b) => a.since - b.since)
  const [first] = fresh
  if (!first) return []
  const names = fresh.slice(0, mostRacksNamed).map(({ rack }) => rack)
  const versions = [...new Set(fresh.map(({ current }) => current))].slice(0, 3).join(', ')
  const detail = `${fresh.length} ${fresh.length === 1 ? 'rack runs' : 'racks run'} an older version than proved, and nobody ordered it: ${versions}`
  return raiseAlarms(
    state,
    [{ ...named, count: fresh.length, since: first.since, detail, racks: names }],
    context,
  )
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}
