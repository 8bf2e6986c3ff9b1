/** What a channel's racks have shown about a release: who proved it, where it failed, who runs it. */
import type { ProvedBody } from '../../shared/contract/app.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { eachInTurns } from '../fleet/in-turns.ts'
import { latestOutcomes } from '../store/attempt-lists.ts'
import type { Store } from '../store/connection.ts'

/** One line for each rack: its last attempt counts, and an attempt that ended before anything was applied counts for none. */
export async function provedOn(
  store: Store,
  fleet: Fleet,
  app: string,
  channel: string,
  version: string,
): Promise<ProvedBody> {
  const names = new Set<string>()
  const running: string[] = []
  await eachInTurns(fleet.index.inApp(app), ({ row, facts }) => {
    if (row.channel !== channel) return
    names.add(row.name)
    if (facts.current === version) running.push(row.name)
  })
  const outcomes = (await latestOutcomes(store.read, app, version)).filter(({ rack }) => names.has(rack))
  return {
    channel,
    racks: names.size,
    proved: outcomes.filter(({ outcome }) => outcome === 'proved').map(({ rack }) => rack),
    failed: outcomes
      .filter(({ outcome }) => outcome === 'returned' || outcome === 'stuck')
      .map(({ rack, outcome, step, message }) => ({ rack, outcome, step, message })),
    running: running.sort(),
  }
}
