/** What a channel's racks have shown about a release: who proved it, where it failed, who runs it. */
import type { ProvedBody } from '../../shared/contract/app.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { latestOutcomes } from '../store/attempt-lists.ts'
import type { Store } from '../store/connection.ts'
import { racksOf } from './channel-bodies.ts'

/** One line for each rack: its last attempt counts, and an attempt that ended before anything was applied counts for none. */
export async function provedOn(
  store: Store,
  fleet: Fleet,
  app: string,
  channel: string,
  version: string,
): Promise<ProvedBody> {
  const racks = racksOf(fleet.index.ofApp(app), channel)
  const names = new Set(racks.map((rack) => rack.row.name))
  const outcomes = (await latestOutcomes(store.read, app, version)).filter(({ rack }) => names.has(rack))
  return {
    channel,
    racks: racks.length,
    proved: outcomes.filter(({ outcome }) => outcome === 'proved').map(({ rack }) => rack),
    failed: outcomes
      .filter(({ outcome }) => outcome === 'returned' || outcome === 'stuck')
      .map(({ rack, outcome, step, message }) => ({ rack, outcome, step, message })),
    running: racks.filter((rack) => rack.facts.current === version).map((rack) => rack.row.name),
  }
}
