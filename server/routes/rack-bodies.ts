/** Racks and attempts as bodies. */
import { type AttemptBody, type RackBody, rackReport } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { findApp, type State } from '../../shared/domain/state.ts'
import { yankOf } from '../../shared/domain/yank.ts'
import { keyOfCurrent } from '../fleet/current-key.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { AttemptRow } from '../store/attempts.ts'

export function rackBodyOf(state: State, { row, facts, lastSeenAt, reportText }: KnownRack): RackBody {
  const app = findApp(state, row.app)
  const { current } = facts
  const key = keyOfCurrent(app, facts)
  const yank = current === undefined || key === undefined ? undefined : yankOf(app, current, key)
  const pin = facts.pins[0]
  const hold = facts.holds[0]
  const { attempt } = facts
  return {
    app: row.app,
    rack: row.name,
    rackKey: row.rackKey,
    channel: row.channel,
    platform: facts.platform,
    labels: { ...row.labels },
    current: current ?? null,
    proved: facts.proved[0]?.version ?? null,
    lastSeenAt: lastSeenAt === undefined ? null : toIso(lastSeenAt),
    enrolledAt: toIso(row.enrolledAt),
    enrolledBy: row.enrolledBy,
    adopted: row.adoptedVersion,
    tokenExpiresAt: toIso(row.tokenExpiresAt),
    pin: pin
      ? {
          version: pin.version,
          owner: pin.owner,
          reason: pin.reason,
          ...(pin.until !== undefined && { until: toIso(pin.until) }),
          ...(pin.acceptedAdvisory !== undefined && { acceptedAdvisory: pin.acceptedAdvisory }),
        }
      : null,
    hold: hold ? { until: toIso(hold.until), owner: hold.owner, reason: hold.reason } : null,
    attempt: attempt ? underWayOf(reportText, attempt) : null,
    failures: facts.failures.map(({ target, count, lastAt }) => ({ target, count, lastAt: toIso(lastAt) })),
    advisory: yank?.id ?? null,
  }
}

/** The state that the rack itself gave its attempt is in its report; decisions do not need it. */
function underWayOf(
  reportText: string | undefined,
  attempt: NonNullable<KnownRack['facts']['attempt']>,
): RackBody['attempt'] {
  const { id, from, target, motive, isConfirmed } = attempt
  const parsed = reportText === undefined ? undefined : rackReport.safeParse(JSON.parse(reportText))
  const state = parsed?.data?.attempt?.state ?? (isConfirmed ? 'applying' : 'planned')
  return { id, from: from ?? null, target, motive, state, isConfirmed }
}

export function attemptBodyOf(row: AttemptRow): AttemptBody {
  const {
    id,
    rack,
    fromVersion,
    target,
    action,
    motive,
    reason,
    origin,
    state,
    outcome,
    step,
    message,
    grantedAt,
    finishedAt,
    log,
  } = row
  return {
    id,
    rack,
    from: fromVersion,
    target,
    action,
    motive,
    reason,
    origin,
    state,
    outcome,
    step,
    message,
    grantedAt: toIso(grantedAt),
    finishedAt: finishedAt === null ? null : toIso(finishedAt),
    log: [...log],
  }
}
