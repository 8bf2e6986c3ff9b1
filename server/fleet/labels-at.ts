/** A rack's labels at an instant: a running rollout keeps those that it was planned with, whatever people write since. */
import { isDeepStrictEqual } from 'node:util'
import { isActive } from '../../shared/domain/rollout.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Store } from '../store/connection.ts'
import { listLabelChanges } from '../store/label-changes.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'

type Labels = Readonly<Record<string, string>>

export interface LabelsWere {
  readonly until: number
  readonly labels: Labels
}

/** More than anybody writes on one rack while a rollout goes on: what is forgotten would put the rack into another wave. */
const mostKept = 1_000

export function labelsAt({ row, labelsWere }: KnownRack, at: number): Labels {
  for (const { until, labels } of labelsWere) if (at < until) return labels
  return row.labels
}

export function noteLabels(rack: KnownRack, before: Labels, until: number): void {
  if (isDeepStrictEqual(rack.row.labels, before)) return
  rack.labelsWere = [...rack.labelsWere, { until, labels: before }].slice(-mostKept)
}

/** What was changed since the oldest plan that is still asked for. */
export async function recallLabels(store: Store, index: FleetIndex, state: State): Promise<void> {
  const since = oldestPlanIn(state)
  // Most registries start without a rollout, and a long history is not read for nothing.
  if (since === undefined) return
  for (const { app, rack: name, at, before } of await listLabelChanges(store.read, since)) {
    const rack = index.byName(app, name)
    const labels = labelsIn(before)
    // The rack before it under its name had labels of its own.
    if (rack && labels && at >= rack.row.enrolledAt)
      rack.labelsWere = [...rack.labelsWere, { until: at, labels }].slice(-mostKept)
  }
}

/** When the oldest plan was made that still goes on. */
function oldestPlanIn({ apps }: State): number | undefined {
  let oldest: number | undefined
  for (const app of apps.values())
    for (const rollout of app.rollouts.values())
      if (isActive(rollout) && rollout.plan)
        oldest = Math.min(oldest ?? rollout.plan.plannedAt, rollout.plan.plannedAt)
  return oldest
}

function labelsIn(before: unknown): Labels | undefined {
  if (typeof before !== 'object' || before === null || !('labels' in before)) return undefined
  const { labels } = before
  if (typeof labels !== 'object' || labels === null) return undefined
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}
