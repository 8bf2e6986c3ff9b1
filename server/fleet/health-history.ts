/**
 * A rack's health in its history: a line when what the rack says has changed since the last line. It is written with the
 * check-in that said so, in one transaction, so that neither is there without the other and a check waits for neither.
 */
import { complaintsOf, type HealthState } from '../../shared/domain/health.ts'
import type { RackHistoryEntry } from '../store/rack-history.ts'
import type { KnownRack } from './fleet-index.ts'

/** What a line would say now; null: nothing is monitored. */
export function healthStateOf({ facts }: Pick<KnownRack, 'facts'>): HealthState | null {
  return facts.health?.state ?? null
}

/** Undefined when the history says it already. */
export function healthChangeOf(rack: KnownRack): RackHistoryEntry | undefined {
  const { facts, row, recordedHealth, lastSeenAt } = rack
  const state = healthStateOf(rack)
  if (state === recordedHealth) return undefined
  const { app, name } = row
  const reason = (facts.health && complaintsOf(facts.health).slice(0, 2_000)) || null
  return {
    app,
    rack: name,
    at: lastSeenAt ?? 0,
    actor: `rack:${app}/${name}`,
    change: 'health',
    before: recordedHealth,
    after: state,
    reason,
  }
}
