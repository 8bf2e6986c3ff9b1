/**
 * Ephemeral racks that are gone: looked for every minute, and retired one by one on the record, by the registry itself. A
 * rack is never gone because a question left it out.
 */

import { isToRetire } from '../../shared/domain/fleet-retirement.ts'
import { allowedSilence } from '../../shared/domain/fleet-standing.ts'
import { day, describeDuration } from '../../shared/domain/instants.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Store } from '../store/connection.ts'
import { listChangesSince } from '../store/rack-history.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { heardMeanwhile } from './fleet-pictures.ts'
import { eachInTurns } from './in-turns.ts'
import { createLooks } from './looks.ts'
import type { Change, RackChanges } from './rack-changes.ts'
import type { Received } from './receiving.ts'

export interface Retirement {
  /** One look at every ephemeral rack; raises what keeps it from retiring one. */
  examine(): Promise<void>
  /** How many of the app's were retired since then. */
  retiredSince(app: string, since: number): Promise<number>
  start(): void
  stop(): Promise<void>
}

export interface RetirementDeps {
  readonly store: Pick<Store, 'read'>
  readonly state: State
  readonly index: FleetIndex
  readonly changes: Pick<RackChanges, 'enact' | 'changed'>
  readonly receiving: Received
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

const change = 'retired'
const longestAsked = 30 * day

export function createRetirement(deps: RetirementDeps): Retirement {
  const { store, state, index, changes, receiving, clock, canWrite, onFailure } = deps
  const { everyMilliseconds = 60_000 } = deps
  const startedAt = clock()
  /** Kept until the next one is retired: the history of a large fleet is long. */
  let retired: Promise<{ readonly app: string; readonly at: number }[]> | undefined

  /** Receiving time without a word of it, in milliseconds, when that is long enough. */
  function overdue({ row, lastSeenAt }: KnownRack): number | undefined {
    const { app, channel: name, ephemeralHours, enrolledAt, forgottenAt } = row
    const channel = state.apps.get(app)?.channels.get(name)
    if (ephemeralHours === null || forgottenAt !== null || !channel) return undefined
    const allowed = allowedSilence(channel)
    const silence = heardMeanwhile(receiving, lastSeenAt ?? enrolledAt, allowed)
    const receivedSinceStart = heardMeanwhile(receiving, startedAt, allowed)
    return isToRetire({ ephemeralHours, silence, receivedSinceStart, allowed }) ? silence : undefined
  }

  async function retire(rack: KnownRack): Promise<void> {
    const { app, name, ephemeralHours } = rack.row
    const at = clock()
    const silence = describeDuration(overdue(rack) ?? 0)
    const by: Change<null> = {
      actor: 'registry',
      isDryRun: false,
      reason: `ephemeral, and silent for ${silence} while others were heard; ${ephemeralHours}h are enough`,
      answer: () => null,
    }
    await changes.enact(by, () => {
      // It may have spoken, or been forgotten by somebody, since it was found.
      const isStill = index.byName(app, name) === rack && overdue(rack) !== undefined
      return isStill ? changes.changed(rack, { forgottenAt: at }, change, by) : { rack }
    })
  }

  async function look(): Promise<void> {
    if (!canWrite()) return
    const gone: KnownRack[] = []
    for (const { name } of state.apps.values())
      await eachInTurns(index.inApp(name), (rack) => {
        if (overdue(rack) !== undefined) gone.push(rack)
      })
    try {
      for (const rack of gone) await retire(rack)
    } finally {
      if (gone.length > 0) retired = undefined
    }
  }

  const looks = createLooks({ look, everyMilliseconds, onFailure })

  return {
    examine: looks.now,
    async retiredSince(app, since) {
      retired ??= listChangesSince(store.read, change, clock() - longestAsked)
      const all = await retired.catch((error: unknown) => {
        retired = undefined
        throw error
      })
      return all.filter((one) => one.app === app && one.at >= since).length
    },
    start: looks.start,
    stop: looks.stop,
  }
}
