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
  suppose(supposition: SupposedRacks, app: AppState, now: number): () => readonly string[]
  /** The rack as it would be; itself, when nothing is supposed of it. The words count those of `asked`. */
  supposed(rack: KnownRack): KnownRack
  asked(rack: KnownRack): KnownRack
  /** The index with the racks of the app as they would be. */
  readonly index: FleetIndex
}

interface Change {
  readonly at: number
  readonly supposition: SupposedRacks
  meant: number
}

export function createSupposedRacks(index: FleetIndex, app: string): SupposedFleet {
  const changes: Change[] = []
  return {
    suppose(supposition, state, at) {
      checkChoice(supposition.racks, index, state)
      if (supposition.suppose === 'window') {
        if (supposition.window) checkWindow(supposition.window)
      } else checkLabels(supposition.labels)
      const change = { supposition, at, meant: 0 }
      changes.push(change)
      return () => wordsFor(change)
    },
    supposed: (rack) => changedBy(rack, () => undefined),
    asked: (rack) =>
      changedBy(rack, (change) => {
        change.meant += 1
      }),
    index: {
      ...index,
      *inApp(name) {
        for (const rack of index.inApp(name)) yield name === app ? changedBy(rack, () => undefined) : rack
      },
    },
  }

  function changedBy(rack: KnownRack, note: (change: Change) => void): KnownRack {
    let present = rack
    for (const change of changes) {
      if (!isMeant(change.supposition.racks, present)) continue
      note(change)
      present = changed(present, change)
    }
    return present
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

/** A running rollout goes on with the labels that it was planned with. */
function changed(rack: KnownRack, { supposition, at: until }: Change): KnownRack {
  if (supposition.suppose === 'label') {
    const labelsWere = [...rack.labelsWere, { until, labels: rack.row.labels }]
    return { ...rack, row: { ...rack.row, labels: labelled(rack, supposition.labels) }, labelsWere }
  }
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
