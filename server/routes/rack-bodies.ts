/** Racks and attempts as bodies. */
import { type AttemptBody, type RackBody, rackReport } from '../../shared/contract/rack.ts'
import type { Health } from '../../shared/domain/health.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { OutsideChange } from '../../shared/domain/outside.ts'
import { findApp, type State } from '../../shared/domain/state.ts'
import { yankOf } from '../../shared/domain/yank.ts'
import { keyOfCurrent } from '../fleet/current-key.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import { holdBodyOf, pinBodyOf } from '../fleet/order-bodies.ts'
import type { AttemptRow } from '../store/attempts.ts'
import { isAwaited } from '../store/racks.ts'

export function rackBodyOf(
  state: State,
  { row, facts, lastSeenAt, reportText, outside }: KnownRack,
): RackBody {
  const app = findApp(state, row.app)
  const { current } = facts
  const key = keyOfCurrent(app, facts)
  const yank = current === undefined || key === undefined ? undefined : yankOf(app, current, key)
  const pin = facts.pins.find(({ origin }) => origin === 'rack')
  const hold = facts.holds.find(({ origin }) => origin === 'rack')
  const { orderedPin, orderedHold } = row
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
    isAwaited: isAwaited(row),
    ephemeralHours: row.ephemeralHours,
    pin: pin ? pinBodyOf(pin) : null,
    hold: hold ? holdBodyOf(hold) : null,
    orders: {
      pin: orderedPin && { ...pinBodyOf(orderedPin), at: toIso(orderedPin.at) },
      hold: orderedHold && { ...holdBodyOf(orderedHold), at: toIso(orderedHold.at) },
    },
    outside: outsideBodyOf(outside),
    attempt: attempt ? underWayOf(reportText, attempt) : null,
    failures: facts.failures.map(({ target, count, lastAt }) => ({ target, count, lastAt: toIso(lastAt) })),
    advisory: yank?.id ?? null,
    health: healthBodyOf(facts.health),
    drifted: [...(facts.drifted ?? [])],
  }
}

function healthBodyOf(health: Health | undefined): RackBody['health'] {
  if (!health) return null
  const { state, since, checks } = health
  return {
    state,
    since: toIso(since),
    checks: checks.map((check) => ({ ...check, numbers: { ...check.numbers } })),
  }
}

function outsideBodyOf(outside: OutsideChange | undefined): RackBody['outside'] {
  if (!outside?.isSure || outside.acceptedAt !== undefined) return null
  const { from, to, at, saidBy } = outside
  return { from, to, at: toIso(at), saidBy }
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
    rollout,
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
    rollout,
    state,
    outcome,
    step,
    message,
    grantedAt: toIso(grantedAt),
    finishedAt: finishedAt === null ? null : toIso(finishedAt),
    log: [...log],
  }
}
