/**
 * What a simulation found, counted while it goes through the racks: what they are told before and after, who changes, and
 * the first ones by name. Made for a million racks: an answer becomes a small number, and no text is built per rack.
 */
import type { Action, Reason } from './reasons.ts'

/** An answer as far as it is counted. A rack that reports nonsense is told a Problem's code. */
export interface Told {
  readonly action: Action
  readonly reason: Reason | (string & {})
  readonly target: string | null
}

export interface AskedRack {
  readonly name: string
  readonly channel: string
  readonly current: string | undefined
  readonly labels: Readonly<Record<string, string>>
}

export interface ToldCount {
  readonly told: Told
  readonly before: number
  readonly after: number
}

export interface Transition {
  readonly before: Told
  readonly after: Told
  readonly racks: number
}

export interface Group {
  readonly name: string
  readonly racks: number
  readonly changed: number
}

/** Most first. */
export interface Counted {
  readonly racks: number
  readonly changed: number
  readonly told: readonly ToldCount[]
  readonly transitions: readonly Transition[]
  readonly byChannel: readonly Group[]
  /** By what they run now. */
  readonly byVersion: readonly Group[]
  /** `NAME=VALUE`. */
  readonly byLabel: readonly Group[]
}

export interface Tally<Answer extends Told> {
  note(rack: AskedRack, before: Answer, after: Answer): void
  counted(): Counted
  /** The first ones by name whose answer changes, whole. */
  named(): readonly { readonly rack: AskedRack; readonly before: Answer; readonly after: Answer }[]
}

/** More answers than any fleet is told; two of them make one number. */
const mostAnswers = 2 ** 24

export function createTally<Answer extends Told>(mostNamed: number): Tally<Answer> {
  const answers = createAnswers()
  const before: number[] = []
  const after: number[] = []
  const transitions = new Map<number, number>()
  const channels = new Map<string, Size>()
  const versions = new Map<string, Size>()
  const labels = new Map<string, Map<string, Size>>()
  const first: { rack: AskedRack; before: Answer; after: Answer }[] = []
  let racks = 0
  let changed = 0

  function keep(rack: AskedRack, was: Answer, is: Answer): void {
    const last = first.at(-1)
    if (first.length >= mostNamed && last !== undefined && rack.name >= last.rack.name) return
    const place = first.findIndex((one) => rack.name < one.rack.name)
    first.splice(place === -1 ? first.length : place, 0, { rack, before: was, after: is })
    if (first.length > mostNamed) first.pop()
  }

  return {
    note(rack, was, is) {
      const [wasAnswer, isAnswer] = [answers.numberOf(was), answers.numberOf(is)]
      const change = wasAnswer === isAnswer ? 0 : 1
      racks += 1
      changed += change
      before[wasAnswer] = (before[wasAnswer] ?? 0) + 1
      after[isAnswer] = (after[isAnswer] ?? 0) + 1
      add(channels, rack.channel, change)
      add(versions, rack.current ?? 'nothing', change)
      for (const name in rack.labels) {
        const values = labels.get(name) ?? new Map<string, Size>()
        labels.set(name, values)
        add(values, rack.labels[name] ?? '', change)
      }
      if (change === 0) return
      const transition = wasAnswer * mostAnswers + isAnswer
      transitions.set(transition, (transitions.get(transition) ?? 0) + 1)
      keep(rack, was, is)
    },
    named: () => first,
    counted() {
      return {
        racks,
        changed,
        told: answers.all
          .map((told, index) => ({ told, before: before[index] ?? 0, after: after[index] ?? 0 }))
          .sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after)),
        transitions: [...transitions]
          .flatMap(([pair, count]) => {
            const [was, is] = [answers.all[Math.floor(pair / mostAnswers)], answers.all[pair % mostAnswers]]
            return was && is ? [{ before: was, after: is, racks: count }] : []
          })
          .sort((a, b) => b.racks - a.racks),
        byChannel: groupsOf(channels),
        byVersion: groupsOf(versions),
        byLabel: [...labels]
          .flatMap(([label, values]) =>
            groupsOf(values).map((group) => ({ ...group, name: `${label}=${group.name}` })),
          )
          .sort(mostFirst),
      }
    },
  }
}

interface Size {
  racks: number
  changed: number
}

function add(sizes: Map<string, Size>, name: string, change: number): void {
  const size = sizes.get(name)
  if (size) {
    size.racks += 1
    size.changed += change
  } else sizes.set(name, { racks: 1, changed: change })
}

function groupsOf(sizes: ReadonlyMap<string, Size>): Group[] {
  return [...sizes].map(([name, size]) => ({ name, ...size })).sort(mostFirst)
}

function mostFirst(a: Group, b: Group): number {
  return b.changed - a.changed || b.racks - a.racks || (a.name < b.name ? -1 : 1)
}

/** Each answer's number, found without building a key: three look-ups of words that are there already. */
function createAnswers() {
  const all: Told[] = []
  const numbers = new Map<string, Map<string, Map<string | null, number>>>()

  function number({ action, reason, target }: Told): number {
    const ofAction = numbers.get(action) ?? new Map<string, Map<string | null, number>>()
    const ofReason = ofAction.get(reason) ?? new Map<string | null, number>()
    numbers.set(action, ofAction.set(reason, ofReason.set(target, all.length)))
    return all.push({ action, reason, target }) - 1
  }

  return {
    all,
    numberOf: (told: Told) => numbers.get(told.action)?.get(told.reason)?.get(told.target) ?? number(told),
  }
}
