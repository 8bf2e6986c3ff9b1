/**
 * Cohorts: a rack's place in a rollout is a hash of both their keys. Sticky (the same at every question), reshuffled
 * with every rollout, and exact: a wave closes at the hash of its last rack when it was planned.
 */

/** 64 bits as 16 hex digits, lower case: racks' and rollouts' keys, hashes and cutoffs; compared as text. */
export type Hex64 = string

/**
 * `h = mix64(rackKey xor rolloutKey)`. The mixer is the finalizer of splitmix64 (Steele, Lea, Flood: "Fast Splittable
 * Pseudorandom Number Generators", 2014; constants by Stafford, variant 13): a bijection, so no two racks share a hash.
 */
export function cohortOf(rackKey: Hex64, rolloutKey: Hex64): Hex64 {
  writeCohort(rackKey, rolloutKey, oneCohort, 0)
  return hexOf(oneCohort, 0)
}

const oneCohort = new Uint32Array(2)

/** The same as two words, the upper half first: for whoever keeps a million of them. */
export function writeCohort(rackKey: Hex64, rolloutKey: Hex64, words: Uint32Array, at: number): void {
  let high = (wordAt(rackKey, 0) ^ wordAt(rolloutKey, 0)) >>> 0
  let low = (wordAt(rackKey, 8) ^ wordAt(rolloutKey, 8)) >>> 0
  // Twice: fold the upper bits down, then multiply modulo 2^64. In halves, because a BigInt costs ten times as much.
  low = (low ^ ((low >>> 30) | (high << 2))) >>> 0
  high = (high ^ (high >>> 30)) >>> 0
  let product = upperOfProduct(low, 0x1ce4e5b9)
  high = (Math.imul(high, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d) + product) >>> 0
  low = Math.imul(low, 0x1ce4e5b9) >>> 0
  low = (low ^ ((low >>> 27) | (high << 5))) >>> 0
  high = (high ^ (high >>> 27)) >>> 0
  product = upperOfProduct(low, 0x133111eb)
  high = (Math.imul(high, 0x133111eb) + Math.imul(low, 0x94d049bb) + product) >>> 0
  low = Math.imul(low, 0x133111eb) >>> 0
  low = (low ^ ((low >>> 31) | (high << 1))) >>> 0
  high = (high ^ (high >>> 31)) >>> 0
  words[at] = high
  words[at + 1] = low
}

export function hexOf(words: Uint32Array, at: number): Hex64 {
  return hex(words[at] ?? 0) + hex(words[at + 1] ?? 0)
}

/** A wave as far as it says who is in it. */
export interface WaveBounds {
  /** Every label with this value; undefined or empty: every rack. */
  readonly selector?: Readonly<Record<string, string>> | undefined
  /** The hash of its last rack; undefined: open-ended. */
  readonly cutoff?: Hex64 | undefined
}

/** The first wave whose selector matches and that had not closed before the hash; -1 when there is none. */
export function waveOf(
  waves: readonly WaveBounds[],
  cohort: Hex64,
  labels: Readonly<Record<string, string>>,
): number {
  for (let index = 0; index < waves.length; index += 1) {
    const wave = waves[index]
    if (!wave || (wave.cutoff !== undefined && cohort > wave.cutoff)) continue
    if (isSelected(wave.selector, labels)) return index
  }
  return -1
}

export function isSelected(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  for (const name in selector) if (labels[name] !== selector[name]) return false
  return true
}

function wordAt(key: Hex64, from: number): number {
  return Number.parseInt(key.slice(from, from + 8), 16)
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** The upper 32 bits of the product of two 32-bit words. */
function upperOfProduct(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carried = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000)) >>> 0
}
