/** Pins and holds as bodies, whoever gave them. */
import type { RackReport } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { HoldOrder, PinOrder } from '../../shared/domain/rack.ts'

export function pinBodyOf({
  version,
  owner,
  reason,
  until,
  acceptedAdvisory,
}: PinOrder): NonNullable<RackReport['pin']> {
  return {
    version,
    owner,
    reason,
    ...(until !== undefined && { until: toIso(until) }),
    ...(acceptedAdvisory !== undefined && { acceptedAdvisory }),
  }
}

export function holdBodyOf({ until, owner, reason }: HoldOrder): NonNullable<RackReport['hold']> {
  return { until: toIso(until), owner, reason }
}
