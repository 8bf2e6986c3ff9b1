/**
 * Enrolment, switching and forgetting: the changes to a rack that are not check-ins. Each is one transaction with
 * its line in the rack's history, and the index follows when it is stored.
 */
import { createHash } from 'node:crypto'
import { day } from '../../shared/domain/instants.ts'
import { checkName } from '../../shared/domain/names.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import type { Store, Tx } from '../store/connection.ts'
import { appendRackHistory } from '../store/rack-history.ts'
import { findRack, insertRack, type RackRow, updateRack } from '../store/racks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { factsOfAdopted } from './read-report.ts'

export interface Enrolment {
  readonly app: string
  readonly rack: string
  readonly channel: string
  readonly platform: string
  readonly current: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly switchChannels: readonly string[]
  readonly tokenSha256: string
}

export interface Change {
  readonly actor: string
  readonly isDryRun: boolean
  readonly reason?: string | undefined
}

export interface Enrolments {
  /** Idempotent by the token's digest: whoever holds the token that the name was enrolled with gets it again. */
  enroll(enrolment: Enrolment, change: Change): Promise<KnownRack>
  switchChannel(rack: KnownRack, channel: string, change: Change): Promise<KnownRack>
  forget(rack: KnownRack, change: Change): Promise<KnownRack>
}

export interface EnrolmentsDeps {
  readonly store: Store
  readonly state: State
  readonly index: FleetIndex
  readonly clock: () => number
}

const tokenDays = 400

export function createEnrolments({ store, state, index, clock }: EnrolmentsDeps): Enrolments {
  async function change(
    rack: KnownRack,
    changes: Partial<RackRow>,
    what: string,
    by: Change,
  ): Promise<KnownRack> {
    const before = Object.fromEntries(Object.keys(changes).map((key) => [key, Reflect.get(rack.row, key)]))
    if (by.isDryRun) return { ...rack, row: { ...rack.row, ...changes } }
    const row = await store.transact(async (tx) => {
      const stored = await updateRack(tx, rack.row, changes)
      await remember(tx, rack.row, what, before, changes, by)
      return stored
    })
    return index.put(row)
  }

  async function remember(
    tx: Tx,
    rack: { app: string; name: string },
    what: string,
    before: unknown,
    after: unknown,
    by: Change,
  ) {
    const { app, name } = rack
    await appendRackHistory(tx, {
      app,
      rack: name,
      at: clock(),
      actor: by.actor,
      change: what,
      before,
      after,
      reason: by.reason ?? null,
    })
  }

  return {
    async enroll(enrolment, by) {
      const app = findApp(state, enrolment.app)
      checkName('rack', enrolment.rack)
      for (const channel of [enrolment.channel, ...enrolment.switchChannels]) findChannel(app, channel)
      if (enrolment.current !== null) orderKey(app.scheme, enrolment.current)
      const present = index.byName(app.name, enrolment.rack)
      if (present && present.row.forgottenAt === null) return enrolledAgain(present, enrolment)
      const row = newRow(enrolment, by.actor, clock(), present?.row.revision)
      if (by.isDryRun)
        return { row, facts: present?.facts ?? factsOf(row), reportText: undefined, lastSeenAt: undefined }
      const stored = await store.transact(async (tx) => {
        const { app: appName, name, revision, lastSeenAt: _seen, report: _report, ...changes } = row
        const known = await findRack(tx, { app: appName, name })
        if (known) await updateRack(tx, { app: appName, name, revision }, changes)
        else await insertRack(tx, row)
        await remember(
          tx,
          row,
          'enrolled',
          null,
          { channel: row.channel, platform: row.platform, adopted: row.adoptedVersion },
          by,
        )
        return (await findRack(tx, { app: appName, name })) ?? row
      })
      return index.put(stored)
    },
    async switchChannel(rack, channel, by) {
      const app = findApp(state, rack.row.app)
      findChannel(app, channel)
      if (rack.row.channel === channel) return rack
      return change(rack, { channel }, 'switched', by)
    },
    forget: (rack, by) => change(rack, { forgottenAt: clock() }, 'forgotten', by),
  }
}

function enrolledAgain(present: KnownRack, enrolment: Enrolment): KnownRack {
  if (present.row.tokenSha256 === enrolment.tokenSha256 && present.row.channel === enrolment.channel)
    return present
  const { name, app, channel } = present.row
  throw new Problem(
    'name_taken',
    `The app ${app} has a rack ${name} on ${channel} already, with another token.`,
    {
      hint: `Enrol with the directory that holds its token, choose another name, or free it: headgate rack forget ${name} --app ${app} --confirm ${name}`,
    },
  )
}

function newRow(enrolment: Enrolment, actor: string, now: number, revision = 0): RackRow {
  const { app, rack: name, channel, platform, labels, switchChannels, tokenSha256, current } = enrolment
  // Made here, outside of the domain, from a hash, so that its place in rollouts cannot be chosen.
  const rackKey = createHash('sha256').update(`${app}/${name}/${tokenSha256}`).digest('hex').slice(0, 16)
  return {
    app,
    name,
    rackKey,
    channel,
    platform,
    labels,
    switchChannels,
    tokenId: `rack-${rackKey}`,
    tokenSha256,
    tokenCreatedAt: now,
    tokenExpiresAt: now + tokenDays * day,
    enrolledAt: now,
    enrolledBy: actor,
    adoptedVersion: current,
    forgottenAt: null,
    revision,
    lastSeenAt: null,
    report: null,
  }
}

function factsOf(row: RackRow): KnownRack['facts'] {
  return factsOfAdopted(row.name, row.platform, row.adoptedVersion)
}
