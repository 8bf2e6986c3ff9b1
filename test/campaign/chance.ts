/** Chance that can be had again: what a seed and a name give is the same in every run, whatever else was drawn. */
import { createHash } from 'node:crypto'

/** From 0 up to 1. */
export type Chance = () => number

/** mulberry32 (Tommy Ettinger), begun at the digest of both: a fault alone draws what it drew among all others. */
export function chanceOf(seed: number, name: string): Chance {
  let state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE()
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of these; there has to be one. */
export function oneOf<Item>(chance: Chance, items: readonly Item[]): Item {
  const item = items[Math.floor(chance() * items.length)]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}
