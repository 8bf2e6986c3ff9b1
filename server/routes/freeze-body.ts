/** A freeze as a body: of itself, and of whatever it keeps still. */
import type { FreezeBody } from '../../shared/contract/registry.ts'
import type { Freeze } from '../../shared/domain/freeze.ts'
import { toIso } from '../../shared/domain/instants.ts'

export function freezeBodyOf({
  scope,
  app,
  channel,
  all,
  reason,
  actor,
  at,
  until,
}: Freeze): Omit<FreezeBody, 'dryRun'> {
  return {
    scope,
    app: app ?? null,
    channel: channel ?? null,
    all,
    reason,
    actor,
    at: toIso(at),
    until: until === undefined ? null : toIso(until),
  }
}
