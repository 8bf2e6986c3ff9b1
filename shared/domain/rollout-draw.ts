/**
 * Racks in the order of their cohorts, as plans are cut from them: the first of those that a wave selects, then the first of
 * those that are left. Numbers in a few long arrays and no object per rack, for a plan over a million racks is made while
 * the registry answers checks, and they would wait for its garbage. Step by step, like the plan itself.
 */
import { type Hex64, hexOf, isSelected, writeCohort } from './cohort.ts'

export interface Draw {
  readonly size: number
  add(rackKey: Hex64, labels: Labels): void
  /** From here on it is about those with these labels whom no wave has taken; gives how many they are. */
  select(selector: Labels | undefined): Generator<undefined, number>
  /** The hash of the n-th of them, or of the last. */
  nthOfSelected(n: number): Generator<undefined, Hex64>
  /** They are in a wave: up to this hash, or all of them. */
  take(cutoff: Hex64 | undefined): Generator<undefined, void>
}

type Labels = Readonly<Record<string, string>>

/** So many racks are looked at before the driver is asked again. */
export const racksInOneStep = 100

const left = 0
const selected = 1
const taken = 2

/** `hasSelectors`: otherwise nobody's labels are kept. */
export function createDraw(rolloutKey: Hex64, hasSelectors: boolean): Draw {
  let size = 0
  /** Of each rack the upper half of its hash, and the lower. */
  let words = new Uint32Array(2 * 1024)
  let standing = new Uint8Array(1024)
  const labelsOf: Labels[] = []
  /** Of the selected, by the first 16 bits of their hash: so only one bucket is ever sorted. */
  const buckets = new Uint32Array(0x10000)
  let selectedCount = 0

  function grow(): void {
    const [more, others] = [new Uint32Array(2 * words.length), new Uint8Array(2 * standing.length)]
    more.set(words)
    others.set(standing)
    words = more
    standing = others
  }

  function bucketOf(rack: number): number {
    return (words[2 * rack] ?? 0) >>> 16
  }

  function* eachSelected(work: (rack: number) => void): Generator<undefined, void> {
    for (let rack = 0; rack < size; rack += 1) {
      if (standing[rack] === selected) work(rack)
      if (rack % racksInOneStep === racksInOneStep - 1) yield
    }
  }

  return {
    get size() {
      return size
    },
    add(rackKey, labels) {
      if (size === standing.length) grow()
      writeCohort(rackKey, rolloutKey, words, 2 * size)
      if (hasSelectors) labelsOf.push(labels)
      size += 1
    },
    *select(selector) {
      buckets.fill(0)
      selectedCount = 0
      for (let rack = 0; rack < size; rack += 1) {
        if (standing[rack] !== taken) {
          const isIn = selector === undefined || isSelected(selector, labelsOf[rack] ?? {})
          standing[rack] = isIn ? selected : left
          if (isIn) {
            const bucket = bucketOf(rack)
            buckets[bucket] = (buckets[bucket] ?? 0) + 1
            selectedCount += 1
          }
        }
        if (rack % racksInOneStep === racksInOneStep - 1) yield
      }
      return selectedCount
    },
    *nthOfSelected(n) {
      if (selectedCount === 0 || n < 1) return '0000000000000000'
      const wanted = Math.min(n, selectedCount)
      let before = 0
      let bucket = 0
      while (before + (buckets[bucket] ?? 0) < wanted) {
        before += buckets[bucket] ?? 0
        bucket += 1
      }
      const inBucket: Hex64[] = []
      yield* eachSelected((rack) => {
        if (bucketOf(rack) === bucket) inBucket.push(hexOf(words, 2 * rack))
      })
      return inBucket.sort()[wanted - before - 1] ?? 'ffffffffffffffff'
    },
    *take(cutoff) {
      const high = cutoff === undefined ? 0xffffffff : Number.parseInt(cutoff.slice(0, 8), 16)
      const low = cutoff === undefined ? 0xffffffff : Number.parseInt(cutoff.slice(8), 16)
      yield* eachSelected((rack) => {
        const above = (words[2 * rack] ?? 0) - high
        if (above < 0 || (above === 0 && (words[2 * rack + 1] ?? 0) <= low)) standing[rack] = taken
      })
    },
  }
}
