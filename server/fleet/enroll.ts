/** Enrolment, switching channels and forgetting: how a rack comes, where it belongs, and how it goes. */
import { createHash } from 'node:crypto'
import { day } from '../../shared/domain/instants.ts'
import { checkName } from '../../shared/domain/names.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Bar } from '../../shared/domain/rack.ts'
import { findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import type { Tx } from '../store/connection.ts'
import { findRack, insertRack, isAwaited, type RackRow, updateRack } from '../store/racks.ts'
import { isUniqueViolation } from '../store/store-problem.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { checkLabels } from './orders.ts'
import type { Change, Planned, RackChanges, RackName } from './rack-changes.ts'
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
  /** Silent for so long, it is retired; null: it stays. */
  readonly ephemeralHours: number | null
}

export interface Enrolments {
  /** Idempotent by the token's digest: whoever holds the token that the name was enrolled with gets it again. */
  enroll<Answer>(enrolment: Enrolment, change: Change<Answer>): Promise<Answer>
  /** `isItself`: the rack asks, and may switch only to the channels that were listed when it enrolled. */
  switchChannel<Answer>(
    name: RackName,
    to: { readonly channel: string; readonly isItself: boolean },
    change: Change<Answer>,
  ): Promise<Answer>
  forget<Answer>(name: RackName, change: Change<Answer>): Promise<Answer>
}

export interface EnrolmentsDeps {
  readonly changes: RackChanges
  readonly state: State
  readonly index: FleetIndex
  readonly clock: () => number
}

const tokenDays = 400

export function createEnrolments({ changes, state, index, clock }: EnrolmentsDeps): Enrolments {
  const { find, enact, changed, remember } = changes

  function planEnrolment(enrolment: Enrolment, by: Change<unknown>): Planned {
    const app = findApp(state, enrolment.app)
    checkName('rack', enrolment.rack)
    for (const channel of [enrolment.channel, ...enrolment.switchChannels]) findChannel(app, channel)
    if (enrolment.current !== null) orderKey(app.scheme, enrolment.current)
    const present = index.byName(app.name, enrolment.rack)
    const isThere = present !== undefined && present.row.forgottenAt === null
    if (isThere && !isAwaited(present.row)) return renewed(enrolledAgain(present, enrolment), by)
    refuseDigestInUse(enrolment.tokenSha256)
    const fresh = newRow(enrolment, by.actor, clock(), present?.row.revision)
    const row = isThere ? takenOver(present, fresh) : fresh
    return { rack: asEnrolled(row, present?.facts.bar), store: (tx) => storeEnrolment(tx, row, by) }
  }

  /** Enrolling again with the same token makes it good for as long as a new one; twice on one day is once. */
  function renewed(rack: KnownRack, by: Change<unknown>): Planned {
    const tokenExpiresAt = clock() + tokenDays * day
    if (tokenExpiresAt - rack.row.tokenExpiresAt < day) return { rack }
    return changed(rack, { tokenExpiresAt }, 'token renewed', by)
  }

  async function storeEnrolment(tx: Tx, row: RackRow, by: Change<unknown>): Promise<RackRow> {
    const { app, name, revision, lastSeenAt: _seen, report: _report, outside: _outside, ...columns } = row
    try {
      if (await findRack(tx, row)) await updateRack(tx, { app, name, revision }, columns)
      else await insertRack(tx, row)
    } catch (error) {
      throw isUniqueViolation(error) ? digestInUse('a rack that was forgotten') : error
    }
    const { channel, platform, adoptedVersion: adopted, labels, rackKey } = row
    const after = { channel, platform, adopted, labels, rackKey }
    await remember(tx, row, 'enrolled', { before: null, after }, by)
    return (await findRack(tx, row)) ?? row
  }

  /** Digests are no secret: with another's, a rack could be enrolled that shuts that other out. */
  function refuseDigestInUse(sha256: string): void {
    const rack = index.byToken(sha256)
    if (rack) throw digestInUse(`the rack ${rack.row.name}`)
    if (state.tokenOfSha256.has(sha256)) throw digestInUse('a token of a person or a machine')
  }

  return {
    enroll: (enrolment, by) => enact(by, () => planEnrolment(enrolment, by)),
    switchChannel(name, { channel, isItself }, by) {
      return enact(by, () => {
        const rack = find(name)
        if (isItself) requireListed(rack, channel)
        findChannel(findApp(state, rack.row.app), channel)
        if (rack.row.channel === channel) return { rack }
        return changed(rack, { channel }, 'switched', by)
      })
    },
    forget: (name, by) => enact(by, () => changed(find(name), { forgottenAt: clock() }, 'forgotten', by)),
  }
}

function enrolledAgain(present: KnownRack, enrolment: Enrolment): KnownRack {
  const { name, app, channel, tokenSha256 } = present.row
  const isSameToken = tokenSha256 === enrolment.tokenSha256
  if (isSameToken && channel === enrolment.channel) return present
  throw new Problem(
    'name_taken',
    `The app ${app} has a rack ${name} on ${channel} already, ${isSameToken ? `which is not ${enrolment.channel}` : 'with another token'}.`,
    {
      hint: `Enrol with the directory that holds its token, choose another name, or free it: headgate rack forget ${name} --app ${app} --confirm ${name} --reason "…"`,
    },
  )
}

/** An imported rack is enrolled under its name: what was said of it and ordered meanwhile goes on. */
function takenOver({ row: awaited }: KnownRack, row: RackRow): RackRow {
  const { app, name, channel, orderedPin, orderedHold } = awaited
  if (row.channel !== channel) {
    throw new Problem(
      'name_taken',
      `The rack ${name} of ${app} was imported for ${channel}, not for ${row.channel}.`,
      {
        hint: `Enrol it with --channel ${channel}, or import it again for ${row.channel}: headgate fleet import FILE --app ${app}`,
      },
    )
  }
  return { ...row, labels: checkLabels({ ...awaited.labels, ...row.labels }), orderedPin, orderedHold }
}

function digestInUse(whose: string): Problem {
  return new Problem('name_taken', `That token's digest belongs to ${whose} already.`, {
    hint: 'Make a new token and send its digest.',
  })
}

function requireListed({ row }: KnownRack, channel: string): void {
  if (channel === row.channel || row.switchChannels.includes(channel)) return
  const { name, app } = row
  const listed = row.switchChannels.join(', ') || 'none'
  throw new Problem(
    'not_allowed',
    `The rack ${name} may not switch to ${channel} by itself; listed when it enrolled: ${listed}.`,
    {
      hint: `headgate rack forget ${name} --app ${app} --confirm ${name} --reason "…"   # then enrol its directory again, with --switch-to ${channel}`,
    },
  )
}

function newRow(enrolment: Enrolment, actor: string, now: number, revision = 0): RackRow {
  const { app, rack: name, channel, platform, labels, switchChannels, tokenSha256, current } = enrolment
  const { ephemeralHours } = enrolment
  // Made here, outside of the domain, from a hash, so that its place in rollouts cannot be chosen.
  const rackKey = createHash('sha256').update(`${app}/${name}/${tokenSha256}`).digest('hex').slice(0, 16)
  return {
    app,
    name,
    rackKey,
    channel,
    platform,
    labels,
    // Where it was enrolled it may always come back to.
    switchChannels: [...new Set([channel, ...switchChannels])],
    tokenId: `rack-${rackKey}`,
    tokenSha256,
    tokenCreatedAt: now,
    tokenExpiresAt: now + tokenDays * day,
    enrolledAt: now,
    enrolledBy: actor,
    adoptedVersion: current,
    ephemeralHours,
    forgottenAt: null,
    orderedPin: null,
    orderedHold: null,
    revision,
    lastSeenAt: null,
    report: null,
    outside: null,
  }
}

/** What a person went back from under this name stays barred; whoever enrols learns it with the answer. */
function asEnrolled(row: RackRow, bar: Bar | undefined): KnownRack {
  const facts = { ...factsOfAdopted(row.name, row.platform, row.adoptedVersion), ...(bar && { bar }) }
  return {
    row,
    facts,
    recordedHealth: null,
    outside: undefined,
    soak: undefined,
    reportText: undefined,
    lastSeenAt: undefined,
    labelsWere: [],
  }
}
