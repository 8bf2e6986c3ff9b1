/** Suppositions about racks: a window or labels that some of them would have. Each changes what those before it left. */
import { Problem } from '../../shared/domain/problem.ts'
import type { RackChoice, SupposedRacks } from '../../shared/domain/simulation.ts'
import { type AppState, findChannel } from '../../shared/domain/state.ts'
import { checkWindow } from '../../shared/domain/window.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { checkLabels, labelled } from './orders.ts'

export interface SupposedFleet {
  /**
   * Gives the words for what it did, to be asked when the racks have been. Raises `channel_not_found`, `rack_not_found`,
   * and `invalid_input` for what is no window and no label.
   */
  suppose(supposition: SupposedRacks, app: AppState): () => readonly string[]
  /** The rack as it would be; itself, when nothing is supposed of it. */
  supposed(rack: KnownRack): KnownRack
}

interface Change {
  readonly supposition: SupposedRacks
  meant: number
}

export function createSupposedRacks(index: FleetIndex, app: string): SupposedFleet {
  const changes: Change[] = []
  return {
    suppose(supposition, state) {
      checkChoice(supposition.racks, index, state)
      if (supposition.suppose === 'window') {
        if (supposition.window) checkWindow(supposition.window)
      } else checkLabels(supposition.labels)
      const change = { supposition, meant: 0 }
      changes.push(change)
      return () => wordsFor(change)
    },
    supposed(rack) {
      let present = rack
      for (const change of changes) {
        if (!isMeant(change.supposition.racks, present)) continue
        change.meant += 1
        present = changed(present, change.supposition)
      }
      return present
    },
  }

  function checkChoice({ channel, names }: RackChoice, racks: FleetIndex, state: AppState): void {
    if (channel !== undefined) findChannel(state, channel)
    for (const name of names ?? []) {
      const rack = racks.byName(app, name)
      if (rack && rack.row.forgottenAt === null) continue
      throw new Problem('rack_not_found', `The app ${app} has no rack "${name}".`, {
        hint: `headgate rack list --app ${app}`,
      })
    }
  }
}

function isMeant({ channel, labels, names }: RackChoice, { row }: KnownRack): boolean {
  if (channel !== undefined && row.channel !== channel) return false
  if (names && !names.has(row.name)) return false
  for (const name in labels) if (row.labels[name] !== labels[name]) return false
  return true
}

function changed(rack: KnownRack, supposition: SupposedRacks): KnownRack {
  if (supposition.suppose === 'label')
    return { ...rack, row: { ...rack.row, labels: labelled(rack, supposition.labels) } }
  const { window: _present, ...facts } = rack.facts
  return { ...rack, facts: supposition.window ? { ...facts, window: supposition.window } : facts }
}

function wordsFor({ supposition, meant }: Change): string[] {
  const racks = meant === 1 ? '1 rack' : `${meant} racks`
  if (supposition.suppose === 'label') {
    const labels = Object.entries(supposition.labels).map(([name, value]) =>
      value === null ? `no ${name}` : `${name}=${value}`,
    )
    return [`${racks}: ${labels.join(', ')}`]
  }
  const { window } = supposition
  if (!window) return [`${racks} may move at any time`]
  return [`${racks} may move at ${window.start} for ${window.minutes} minutes, ${window.zone}`]
}
