/**
 * Rehearsals that racks report become evidence for the pair of versions, in the rack's name. Looked at when a report is
 * new, recorded afterwards: no check waits for it.
 */
import type { RackReport } from '../../shared/contract/rack.ts'
import { addEvidence } from '../../shared/domain/commands/release-record.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { isSameEvidence } from '../../shared/domain/release-record.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownRack } from './fleet-index.ts'

const rehearsalEvidence = 'rollback-rehearsal'

export interface Rehearsals {
  /** What a new report tells of rehearsals, noted for later. */
  noteCheckIn(rack: KnownRack, report: Pick<RackReport, 'rehearsals'>, heardAt: number): void
  /** Records what is new; what the store refuses is tried again the next time. */
  examine(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface RehearsalsDeps {
  readonly ledger: Ledger
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

interface Rehearsal {
  readonly app: string
  readonly rack: string
  readonly from: string
  readonly to: string
  readonly outcome: 'pass' | 'fail'
  readonly at: number
}

export function createRehearsals(deps: RehearsalsDeps): Rehearsals {
  const { ledger, canWrite, onFailure, everyMilliseconds = 1_000 } = deps
  let waiting: Rehearsal[] = []
  let timer: NodeJS.Timeout | undefined
  let examining: Promise<void> | undefined

  async function look(): Promise<void> {
    const batch = waiting
    waiting = []
    for (const [index, one] of batch.entries()) {
      if (!isNews(ledger.state, one)) continue
      try {
        await record(one)
      } catch (error) {
        waiting = [...batch.slice(index), ...waiting]
        throw error
      }
    }
  }

  function record({ app, rack, from, to, outcome, at }: Rehearsal): Promise<null> {
    const input = { app, version: to, name: rehearsalEvidence, outcome, from, note: noteOf(rack, at) }
    return ledger.record({
      actor: `rack:${app}/${rack}`,
      isDryRun: false,
      decide: (state, context) =>
        isNews(state, { app, rack, from, to, outcome, at }) ? addEvidence(state, input, context) : [],
      answer: () => null,
    })
  }

  function examine(): Promise<void> {
    examining ??= look().finally(() => {
      examining = undefined
    })
    return examining
  }

  return {
    noteCheckIn({ row: { app, name: rack } }, { rehearsals = [] }, heardAt) {
      for (const { from, to, outcome, at } of rehearsals) {
        // Cut off in the middle it says nothing about the way back.
        if (outcome === 'interrupted') continue
        const one = { app, rack, from, to, at: Math.min(Date.parse(at), heardAt) }
        waiting.push({ ...one, outcome: outcome === 'proved' ? 'pass' : 'fail' })
      }
    },
    examine,
    start() {
      timer = setInterval(() => {
        if (waiting.length > 0 && canWrite()) examine().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await examine()
    },
  }
}

/** Racks tell the same again with every report; only what is newer than the evidence of the pair is news. */
function isNews(state: State, { app, from, to, at }: Rehearsal): boolean {
  const found = state.apps.get(app)
  const release = found?.releases.get(to)
  if (!release || !found?.releases.has(from)) return false
  const known = release.record.evidence.find((one) => isSameEvidence(one, { name: rehearsalEvidence, from }))
  return known === undefined || at > rehearsedAt(known.note ?? '', known.at)
}

function noteOf(rack: string, at: number): string {
  return `${toIso(at)} on ${rack}`
}

/** When the rehearsal behind a note took place; evidence that a person added was, when they added it. */
function rehearsedAt(note: string, addedAt: number): number {
  const at = Date.parse(note.slice(0, note.indexOf(' ')))
  return Number.isNaN(at) ? addedAt : at
}
