/**
 * Racks that are known from elsewhere, made before their agents enrol: all of them or, when one line is bad, none. They
 * have no token, so nobody can speak for one until it is enrolled under its name (enroll.ts).
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ImportRacksReport } from '../../shared/contract/fleet.ts'
import { issueWords } from '../../shared/contract/issue-words.ts'
import { versionName } from '../../shared/contract/shapes.ts'
import { checkName } from '../../shared/domain/names.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { type AppState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { answerGivenBefore, type IdempotentRequest, keepAnswer } from '../ledger/kept-answers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Store, Tx } from '../store/connection.ts'
import { appendRackHistory } from '../store/rack-history.ts'
import { findRack, insertRack, isAwaited, noToken, type RackRow, updateRack } from '../store/racks.ts'
import type { FleetIndex } from './fleet-index.ts'
import { checkLabels } from './orders.ts'

/** As it came: anything at all, with the number of its line. */
export interface ImportLine {
  readonly line: number
  readonly value?: unknown
}

export interface RackImporting {
  readonly app: string
  readonly lines: readonly ImportLine[]
  readonly actor: string
  readonly reason: string | undefined
  readonly isDryRun: boolean
  readonly idempotent: IdempotentRequest | undefined
}

export interface RackImports {
  /** Raises `app_not_found`, or `not_allowed` by `requireChannel`, for every channel that a line names. */
  take(asked: RackImporting, requireChannel: (channel: string) => void): Promise<ImportRacksReport>
}

export interface RackImportsDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly state: State
  readonly index: FleetIndex
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
}

const importedRack = z
  .object({
    name: z.string(),
    channel: z.string(),
    platform: z.string().min(1).max(64),
    labels: z.record(z.string().max(64), z.string().max(200)).default({}),
    current: versionName.nullable().default(null),
  })
  .strict()
type ImportedRack = z.output<typeof importedRack>

interface Plan {
  readonly made: RackRow[]
  readonly changed: RackRow[]
  present: number
  readonly bad: ImportRacksReport['bad'][number][]
}

const mostBadListed = 1_000
/** Between these the event loop answers checks: only writers wait for the end of a transaction. */
const rowsInOneGo = 250

export function createRackImports({
  store,
  ledger,
  state,
  index,
  clock,
  random,
}: RackImportsDeps): RackImports {
  function plan(
    app: AppState,
    { lines, actor }: RackImporting,
    requireChannel: (channel: string) => void,
  ): Plan {
    const found: Plan = { made: [], changed: [], present: 0, bad: [] }
    const lineOf = new Map<string, number>()
    for (const { line, value } of lines) {
      const read = readLine(app, value)
      const what = nameIn(value)
      const earlier = 'rack' in read ? lineOf.get(read.rack.name) : undefined
      if (!('rack' in read)) found.bad.push({ line, what, why: read.why })
      else if (earlier !== undefined)
        found.bad.push({ line, what, why: `the rack ${what} stands in line ${earlier} already` })
      else {
        lineOf.set(read.rack.name, line)
        requireChannel(read.rack.channel)
        place(found, app, read.rack, actor)
      }
    }
    return found
  }

  /** What is enrolled speaks for itself; what was imported before may be said anew. */
  function place(found: Plan, app: AppState, rack: ImportedRack, actor: string): void {
    const present = index.byName(app.name, rack.name)?.row
    if (!present || present.forgottenAt !== null) {
      const row = newRow(app.name, rack, actor, clock(), random(16))
      found.made.push({ ...row, revision: present?.revision ?? 0 })
    } else if (!isAwaited(present) || isSame(present, rack)) found.present += 1
    else {
      const said = { channel: rack.channel, platform: rack.platform, labels: rack.labels }
      const row = { ...present, ...said, adoptedVersion: rack.current }
      found.changed.push({ ...row, lastSeenAt: null, report: null, outside: null })
    }
  }

  async function write(tx: Tx, { made, changed }: Plan, asked: RackImporting): Promise<RackRow[]> {
    const stored: RackRow[] = []
    const now = clock()
    for (const row of [...made, ...changed]) {
      stored.push(await writeRow(tx, row))
      await appendRackHistory(tx, {
        app: row.app,
        rack: row.name,
        at: now,
        actor: asked.actor,
        change: 'imported',
        before: null,
        after: {
          channel: row.channel,
          platform: row.platform,
          adopted: row.adoptedVersion,
          labels: row.labels,
        },
        reason: asked.reason ?? null,
      })
      if (stored.length % rowsInOneGo === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return stored
  }

  return {
    take(asked, requireChannel) {
      return ledger.exclusively(async () => {
        const app = findApp(state, asked.app)
        if (asked.isDryRun) return reportOf(plan(app, asked, requireChannel), asked)
        const { answer, rows } = await store.transact(async (tx) => {
          const earlier = await answerGivenBefore<ImportRacksReport>(tx, asked.idempotent)
          if (earlier) return { ...earlier, rows: [] }
          const planned = plan(app, asked, requireChannel)
          const isGood = planned.bad.length === 0
          const written = isGood ? await write(tx, planned, asked) : []
          const given = reportOf(planned, asked)
          // A refused file is mended and sent again: its answer is not for keeping.
          if (isGood) await keepAnswer(tx, asked.idempotent, given, clock())
          return { answer: given, rows: written }
        })
        for (const row of rows) index.put(row)
        return answer
      })
    },
  }
}

async function writeRow(tx: Tx, row: RackRow): Promise<RackRow> {
  const { app, name, revision, lastSeenAt: _seen, report: _report, outside: _outside, ...columns } = row
  const present = await findRack(tx, row)
  if (present) return updateRack(tx, { app, name, revision }, columns)
  await insertRack(tx, row)
  return row
}

function readLine(app: AppState, value: unknown): { rack: ImportedRack } | { why: string } {
  const parsed = importedRack.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { why: issue ? issueWords(issue, value, 'the line') : 'it does not fit' }
  }
  const rack = parsed.data
  try {
    checkName('rack', rack.name)
    findChannel(app, rack.channel)
    if (rack.current !== null) orderKey(app.scheme, rack.current)
    checkLabels(rack.labels)
    return { rack }
  } catch (error) {
    if (error instanceof Problem) return { why: error.message }
    throw error
  }
}

function nameIn(value: unknown): string {
  const name = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined
  return typeof name === 'string' && name !== '' ? name.slice(0, 64) : '?'
}

function isSame(row: Omit<RackRow, 'lastSeenAt' | 'report' | 'outside'>, rack: ImportedRack): boolean {
  const { channel, platform, current } = rack
  const isSamePlace = row.channel === channel && row.platform === platform && row.adoptedVersion === current
  return isSamePlace && sorted(row.labels) === sorted(rack.labels)
}

function sorted(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function newRow(app: string, rack: ImportedRack, actor: string, now: number, salt: Buffer): RackRow {
  const { name, channel, platform, labels, current } = rack
  return {
    app,
    name,
    rackKey: createHash('sha256').update(`${app}/${name}/`).update(salt).digest('hex').slice(0, 16),
    channel,
    platform,
    labels,
    switchChannels: [channel],
    ...noToken(app, name, now),
    enrolledAt: now,
    enrolledBy: actor,
    adoptedVersion: current,
    ephemeralHours: null,
    forgottenAt: null,
    orderedPin: null,
    orderedHold: null,
    revision: 0,
    lastSeenAt: null,
    report: null,
    outside: null,
  }
}

function reportOf({ made, changed, present, bad }: Plan, asked: RackImporting): ImportRacksReport {
  const isGood = bad.length === 0
  return {
    app: asked.app,
    dryRun: asked.isDryRun,
    made: isGood ? made.length : 0,
    changed: isGood ? changed.length : 0,
    present,
    bad: bad.slice(0, mostBadListed),
    otherBad: Math.max(0, bad.length - mostBadListed),
  }
}
