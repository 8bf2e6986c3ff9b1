/**
 * Racks that changed outside: noted when they check in, looked into afterwards, and alarmed about once when they are
 * many. A check never waits for any of it. What is noted is stored with the check-in itself, so that a registry that is
 * killed in between goes on where it was.
 */
import type { RackReport } from '../../shared/contract/rack.ts'
import {
  type Alarm,
  changedOutsideSubject,
  changedTogether,
  type Finding,
  lastClosedAt,
  openAlarm,
  type RackChange,
} from '../../shared/domain/alarm.ts'
import { raiseAlarm } from '../../shared/domain/commands/alarm.ts'
import { explains, type OutsideChange, outsideAfter, type Standing } from '../../shared/domain/outside.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { listAttemptsOfRack } from '../store/attempt-lists.ts'
import type { Store } from '../store/connection.ts'
import { writeOutside } from '../store/racks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'

export interface OutsideChanges {
  /** Compares what the rack says now (`facts`, `report`) with what was known of it until now. */
  noteCheckIn(rack: KnownRack, facts: RackFacts, report: Pick<RackReport, 'outside'>, now: number): void
  /** An attempt of the rack was reported, perhaps late: it may explain what looked like a change outside. */
  noteAttempt(rack: KnownRack): void
  /** Looks for the attempts behind what was noted, and raises what is to be raised. Does nothing when nothing is new. */
  examine(): Promise<void>
  start(): void
  /** Examines for the last time; raises what keeps it from that. */
  stop(): Promise<void>
}

export interface OutsideChangesDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly index: FleetIndex
  readonly canWrite: () => boolean
  readonly onAlarm: (alarm: Alarm) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createOutsideChanges(deps: OutsideChangesDeps): OutsideChanges {
  const { store, ledger, index, canWrite, onAlarm, onFailure, everyMilliseconds = 1000 } = deps
  // After a restart everything is looked at once: an alarm that was not raised in time is raised then.
  const suspects = new Set([...index.all()].filter((rack) => rack.outside?.isSure === false))
  const changed = new Set([...index.all()].filter((rack) => rack.outside?.isSure).map(({ row }) => row.app))
  let timer: NodeJS.Timeout | undefined
  let examining: Promise<void> | undefined

  function note(rack: KnownRack, outside: OutsideChange): void {
    rack.outside = outside
    if (outside.isSure) changed.add(rack.row.app)
    else suspects.add(rack)
  }

  async function lookInto(rack: KnownRack): Promise<void> {
    const change = rack.outside
    if (!change || change.saidBy === 'rack') return
    const { app, name } = rack.row
    const [latest] = await listAttemptsOfRack(store.read, { app, rack: name, limit: 1 })
    const isExplained = latest !== undefined && explains({ ...latest, from: latest.fromVersion }, change)
    if (!isExplained && change.isSure) return
    const outside = isExplained ? null : { ...change, isSure: true }
    await store.transact(async (tx) => {
      // Another check-in may have come in between, and then it has the word.
      if (rack.outside === change) await writeOutside(tx, { app, name, outside })
    })
    if (rack.outside !== change) return
    if (outside) note(rack, outside)
    else rack.outside = undefined
  }

  async function look(): Promise<void> {
    await forEach(suspects, lookInto)
    await forEach(changed, async (app) => {
      const finding = findingOn(app)
      if (finding) await raise(finding)
    })
  }

  function findingOn(app: string): Finding | undefined {
    const named = { kind: 'changed_outside', app, subject: changedOutsideSubject } as const
    if (openAlarm(ledger.state, named)) return undefined
    const racks = [...index.all()].filter(({ row }) => row.app === app)
    return changedTogether(app, racks.length, changesOf(racks), lastClosedAt(ledger.state, named))
  }

  async function raise(finding: Finding): Promise<void> {
    const raised = await ledger.record({
      actor: 'registry',
      isDryRun: false,
      decide: (state, context) => raiseAlarm(state, finding, context),
      answer: (after, events) => (events.length > 0 ? openAlarm(after, finding) : undefined),
    })
    if (raised) onAlarm(raised)
  }

  /** After the one that is under way, if any, which may have begun before the newest was noted. */
  function examine(): Promise<void> {
    const mine = (examining ?? Promise.resolve()).catch(() => undefined).then(look)
    examining = mine
    return mine.finally(() => {
      if (examining === mine) examining = undefined
    })
  }

  const hasNews = (): boolean => suspects.size + changed.size > 0

  return {
    noteCheckIn(rack, facts, report, now) {
      const before = rack.lastSeenAt === undefined ? undefined : standingOf(rack.facts)
      const outside = outsideAfter(rack.outside, before, standingOf(facts, report.outside), now)
      if (outside && outside !== rack.outside) note(rack, outside)
    },
    noteAttempt(rack) {
      if (rack.outside?.saidBy === 'registry' && rack.outside.acceptedAt === undefined) suspects.add(rack)
    },
    examine,
    start() {
      timer = setInterval(() => {
        // Without a store nothing can be raised; what is new waits here, and is stored with the check-ins.
        if (!examining && hasNews() && canWrite()) examine().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await examine()
    },
  }
}

/** What fails stays in the set for the next time, as does what is added again meanwhile. */
async function forEach<Item>(items: Set<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  for (const item of [...items]) {
    items.delete(item)
    try {
      await work(item)
    } catch (error) {
      items.add(item)
      throw error
    }
  }
}

function standingOf({ current, proved, attempt }: RackFacts, outside?: RackReport['outside']): Standing {
  return {
    current,
    proved,
    isInAttempt: attempt !== undefined,
    ...(outside && { outside: { from: outside.from, to: outside.to, at: Date.parse(outside.at) } }),
  }
}

/** Accepted ones too: so many at once are worth a look, whoever verified them since. */
function changesOf(racks: readonly KnownRack[]): RackChange[] {
  return racks.flatMap(({ row, outside }) => (outside?.isSure ? [{ rack: row.name, change: outside }] : []))
}
