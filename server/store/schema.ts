/**
 * Every table, once, for both databases. The ledger is governance: append-only, and the truth. The others are the fleet
 * and what serves it: written often, aged out, and never the reason for a decision that the ledger does not carry.
 */
import type { OutsideChange } from '../../shared/domain/outside.ts'
import type { AttemptOrigin, AttemptOutcome, AttemptSeverity } from './attempts.ts'
import type { Dialect } from './dialect.ts'
import type { OrderedHold, OrderedPin } from './racks.ts'
import type { GapCause } from './receiving.ts'

export function defineSchema(d: Dialect) {
  const ledger = d.table('ledger', {
    sequence: d.integer('sequence').primaryKey(),
    at: d.instant('at').notNull(),
    type: d.text('type').notNull(),
    app: d.text('app'),
    /** Null together with `body` once a redaction erased them; the two hashes stay. */
    salt: d.text('salt'),
    body: d.text('body'),
    bodyHash: d.text('body_hash').notNull(),
    hash: d.text('hash').notNull(),
  })

  const idempotency = d.table(
    'idempotency',
    {
      credentialId: d.text('credential_id').notNull(),
      key: d.text('key').notNull(),
      requestHash: d.text('request_hash').notNull(),
      status: d.integer('status').notNull(),
      body: d.text('body').notNull(),
      createdAt: d.instant('created_at').notNull(),
    },
    (t) => [
      d.primaryKey({ name: 'idempotency_pk', columns: [t.credentialId, t.key] }),
      d.index('idempotency_created_at').on(t.createdAt),
    ],
  )

  const racks = d.table(
    'racks',
    {
      app: d.text('app').notNull(),
      name: d.text('name').notNull(),
      rackKey: d.text('rack_key').notNull(),
      channel: d.text('channel').notNull(),
      platform: d.text('platform').notNull(),
      labels: d.json<Readonly<Record<string, string>>>('labels').notNull(),
      tokenId: d.text('token_id').notNull(),
      tokenSha256: d.text('token_sha256').notNull(),
      tokenCreatedAt: d.instant('token_created_at').notNull(),
      tokenExpiresAt: d.instant('token_expires_at').notNull(),
      switchChannels: d.json<readonly string[]>('switch_channels').notNull(),
      enrolledAt: d.instant('enrolled_at').notNull(),
      enrolledBy: d.text('enrolled_by').notNull(),
      adoptedVersion: d.text('adopted_version'),
      ephemeralHours: d.integer('ephemeral_hours'),
      forgottenAt: d.instant('forgotten_at'),
      orderedPin: d.json<OrderedPin>('ordered_pin'),
      orderedHold: d.json<OrderedHold>('ordered_hold'),
      revision: d.integer('revision').notNull(),
      lastSeenAt: d.instant('last_seen_at'),
      report: d.json<unknown>('report'),
      outside: d.json<OutsideChange>('outside'),
    },
    (t) => [
      d.primaryKey({ name: 'racks_pk', columns: [t.app, t.name] }),
      d.uniqueIndex('racks_token_sha256').on(t.tokenSha256),
    ],
  )

  const rackHistory = d.table(
    'rack_history',
    {
      id: d.autoId('id'),
      app: d.text('app').notNull(),
      rack: d.text('rack').notNull(),
      at: d.instant('at').notNull(),
      actor: d.text('actor').notNull(),
      change: d.text('change').notNull(),
      before: d.json<unknown>('before'),
      after: d.json<unknown>('after'),
      reason: d.text('reason'),
    },
    (t) => [d.index('rack_history_rack').on(t.app, t.rack, t.id)],
  )

  /** Healthy rack-time with a version; `leftAt` is null for what the rack runs. */
  const soaks = d.table(
    'soaks',
    {
      rackKey: d.text('rack_key').notNull(),
      version: d.text('version').notNull(),
      app: d.text('app').notNull(),
      rack: d.text('rack').notNull(),
      milliseconds: d.integer('milliseconds').notNull(),
      countedAt: d.instant('counted_at').notNull(),
      leftAt: d.instant('left_at'),
    },
    (t) => [
      d.primaryKey({ name: 'soaks_pk', columns: [t.rackKey, t.version] }),
      d.index('soaks_version').on(t.app, t.version),
      d.index('soaks_left_at').on(t.leftAt),
    ],
  )

  /** How many racks ran a version, on the hour; a version of no characters: nothing was known to run. */
  const fleetAdoption = d.table(
    'fleet_adoption',
    {
      app: d.text('app').notNull(),
      at: d.instant('at').notNull(),
      channel: d.text('channel').notNull(),
      version: d.text('version').notNull(),
      racks: d.integer('racks').notNull(),
    },
    (t) => [
      d.primaryKey({ name: 'fleet_adoption_pk', columns: [t.app, t.at, t.channel, t.version] }),
      d.index('fleet_adoption_at').on(t.at),
    ],
  )

  const attempts = d.table(
    'attempts',
    {
      id: d.text('id').primaryKey(),
      app: d.text('app').notNull(),
      rack: d.text('rack').notNull(),
      fromVersion: d.text('from_version'),
      target: d.text('target').notNull(),
      action: d.text('action').notNull(),
      motive: d.text('motive').notNull(),
      reason: d.text('reason').notNull(),
      plan: d.json<unknown>('plan').notNull(),
      ledgerSequence: d.integer('ledger_sequence').notNull(),
      origin: d.text('origin').$type<AttemptOrigin>().notNull(),
      grantedAt: d.instant('granted_at').notNull(),
      leaseExpiresAt: d.instant('lease_expires_at').notNull(),
      state: d.text('state').notNull(),
      outcome: d.text('outcome').$type<AttemptOutcome>(),
      step: d.text('step'),
      message: d.text('message'),
      severity: d.text('severity').$type<AttemptSeverity>(),
      finishedAt: d.instant('finished_at'),
      log: d.json<readonly string[]>('log').notNull(),
      /** The rollout that it was granted under. */
      rollout: d.text('rollout'),
    },
    (t) => [
      d.index('attempts_rollout').on(t.app, t.rollout, t.outcome),
      d.index('attempts_rack').on(t.app, t.rack, t.grantedAt, t.id),
      d.index('attempts_target').on(t.app, t.target, t.grantedAt, t.id),
      d.index('attempts_outcome').on(t.app, t.outcome),
      d.index('attempts_finished').on(t.app, t.finishedAt, t.id),
    ],
  )

  const attemptEvents = d.table(
    'attempt_events',
    {
      attemptId: d.text('attempt_id').notNull(),
      index: d.integer('index').notNull(),
      at: d.instant('at').notNull(),
      state: d.text('state').notNull(),
      detail: d.json<unknown>('detail'),
    },
    (t) => [d.primaryKey({ name: 'attempt_events_pk', columns: [t.attemptId, t.index] })],
  )

  const receivingGaps = d.table('receiving_gaps', {
    from: d.instant('from_at').primaryKey(),
    to: d.instant('to_at').notNull(),
    cause: d.text('cause').$type<GapCause>().notNull(),
  })

  const artifacts = d.table('artifacts', {
    sha256: d.text('sha256').primaryKey(),
    size: d.integer('size').notNull(),
    mediaType: d.text('media_type').notNull(),
    createdAt: d.instant('created_at').notNull(),
    createdBy: d.text('created_by').notNull(),
  })

  return {
    ledger,
    idempotency,
    racks,
    rackHistory,
    soaks,
    receivingGaps,
    fleetAdoption,
    attempts,
    attemptEvents,
    artifacts,
  }
}

export type Tables = ReturnType<typeof defineSchema>
