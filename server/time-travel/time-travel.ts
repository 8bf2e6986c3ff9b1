/** Earlier times, looked at: the governed state and the racks as they were, each with what is known of it and from where. */
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { FleetIndex, KnownRack } from '../fleet/fleet-index.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { listAttemptEvents } from '../store/attempt-events.ts'
import type { Store } from '../store/connection.ts'
import { type PastAttempt, pastAttempts, pastHistory } from '../store/past.ts'
import type { RackHistoryRow } from '../store/rack-history.ts'
import { type PastRack, pastRack, type Today } from './past-rack.ts'
import { createPastStates, type PastState } from './past-states.ts'

export interface TimeTravel {
  /** Raises `invalid_date`. */
  stateAt(time: number): Promise<PastState>
  /** Raises `rack_not_found`, with when it was enrolled or forgotten. */
  rackAt(app: string, rack: string, time: number): Promise<PastRack>
  /** Those of an app that were enrolled then and not forgotten, by name. */
  racksAt(app: string, time: number): Promise<PastRack[]>
}

export interface TimeTravelDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly index: FleetIndex
  readonly clock: () => number
}

export function createTimeTravel({ store, ledger, index, clock }: TimeTravelDeps): TimeTravel {
  const states = createPastStates({ store, ledger, clock })

  async function gather(app: string, only?: string): Promise<Map<string, Lines>> {
    const racks = new Map<string, Lines>()
    const linesOf = (rack: string): Lines => {
      const lines = racks.get(rack) ?? { history: [], attempts: [] }
      racks.set(rack, lines)
      return lines
    }
    for await (const rows of pastHistory(store.read, app, only)) {
      for (const row of rows) linesOf(row.rack).history.push(row)
      await new Promise((resolve) => setImmediate(resolve))
    }
    for await (const rows of pastAttempts(store.read, app, only)) {
      for (const row of rows) linesOf(row.rack).attempts.push(row)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return racks
  }

  const rackIn = (app: string, name: string, lines: Lines, time: number) => {
    const known = index.byName(app, name)
    return pastRack(name, { ...lines, today: todayOf(known), row: known?.row }, time)
  }

  return {
    stateAt: states.at,
    async rackAt(app, name, time) {
      const lines = (await gather(app, name)).get(name)
      const rack = lines && rackIn(app, name, lines, time)
      if (rack && rack.forgottenAt === undefined) return confirmedAt(store, rack, time)
      throw notThere({ app, name, time, lines, rack })
    },
    async racksAt(app, time) {
      const racks: PastRack[] = []
      for (const [name, lines] of await gather(app)) {
        const rack = rackIn(app, name, lines, time)
        if (rack && rack.forgottenAt === undefined) racks.push(rack)
      }
      return racks
    },
  }
}

/** As long as an attempt is not confirmed it can be called off. */
const unconfirmed: readonly string[] = ['planned', 'preflight', 'fetched', 'verified', 'granted', 'reported']

async function confirmedAt({ read }: Store, rack: PastRack, time: number): Promise<PastRack> {
  if (!rack.attempt) return rack
  const events = await listAttemptEvents(read, rack.attempt.id)
  const isConfirmed = events.some(({ at, state }) => at <= time && !unconfirmed.includes(state))
  return { ...rack, attempt: { ...rack.attempt, isConfirmed } }
}

interface Lines {
  readonly history: RackHistoryRow[]
  readonly attempts: PastAttempt[]
}

function todayOf(rack: KnownRack | undefined): Today | undefined {
  if (!rack || rack.row.forgottenAt !== null) return undefined
  return { enrolledAt: rack.row.enrolledAt, current: rack.facts.current, outside: rack.outside }
}

interface NotThere {
  readonly app: string
  readonly name: string
  readonly time: number
  readonly lines: Lines | undefined
  readonly rack: PastRack | undefined
}

function notThere({ app, name, time, lines, rack }: NotThere): Problem {
  const enrolled = lines?.history.find(({ change }) => change === 'enrolled')
  const why = rack?.forgottenAt
    ? `it was forgotten at ${toIso(rack.forgottenAt)}`
    : enrolled
      ? `it was enrolled at ${toIso(enrolled.at)}`
      : 'there never was one of that name'
  return new Problem('rack_not_found', `The app ${app} had no rack "${name}" at ${toIso(time)}: ${why}.`, {
    hint: `headgate rack list --app ${app}`,
  })
}
