/**
 * A map that can be forked in O(1): the fork reads through to its base and keeps its own writes. Simulations and
 * dry runs fold into forks, so the base must not change while a fork of it is in use. Where that would be too long, a
 * snapshot rests instead: the map hands it what it is about to overwrite.
 */
export class ForkableMap<K, V> {
  readonly #base: ForkableMap<K, V> | undefined
  readonly #own = new Map<K, V>()
  /** Of a snapshot: what its base did not have yet when it was taken. */
  readonly #later = new Set<K>()
  readonly #snapshots = new Set<ForkableMap<K, V>>()
  #size: number

  constructor(base?: ForkableMap<K, V>) {
    this.#base = base
    this.#size = base?.size ?? 0
  }

  get size(): number {
    return this.#size
  }

  get(key: K): V | undefined {
    const own = this.#own.get(key)
    if (own !== undefined || this.#base === undefined) return own
    return this.#later.size > 0 && this.#later.has(key) ? undefined : this.#base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  set(key: K, value: V): void {
    const before = this.get(key)
    if (before === undefined) this.#size += 1
    if (this.#snapshots.size > 0) for (const snapshot of this.#snapshots) snapshot.#keep(key, before)
    this.#own.set(key, value)
  }

  /** In the order of first insertion. */
  *values(): Generator<V> {
    if (this.#base) {
      for (const key of this.#base.#keys()) {
        const value = this.get(key)
        if (value !== undefined) yield value
      }
    }
    for (const [key, value] of this.#own) if (!this.#base?.has(key)) yield value
  }

  *#keys(): Generator<K> {
    if (this.#base) for (const key of this.#base.#keys()) if (!this.#later.has(key)) yield key
    for (const key of this.#own.keys()) if (!this.#base?.has(key)) yield key
  }

  fork(): ForkableMap<K, V> {
    return new ForkableMap(this)
  }

  /** The map as it is now, whatever is written to it afterwards. To be read and forked, not written; costs until released. */
  snapshot(): { readonly map: ForkableMap<K, V>; readonly release: () => void } {
    const map = new ForkableMap(this)
    this.#snapshots.add(map)
    return { map, release: () => this.#snapshots.delete(map) }
  }

  /** What the base is about to overwrite; only the first time, because later it is no longer what it was. */
  #keep(key: K, before: V | undefined): void {
    if (this.#own.has(key) || this.#later.has(key)) return
    if (before === undefined) this.#later.add(key)
    else this.#own.set(key, before)
  }
}
