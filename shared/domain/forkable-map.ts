/**
 * A map that can be forked in O(1): the fork reads through to its base and keeps its own writes. Simulations and
 * dry runs fold into forks, so the base must not change while a fork of it is in use.
 */
export class ForkableMap<K, V> {
  readonly #base: ForkableMap<K, V> | undefined
  readonly #own = new Map<K, V>()
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
    return own !== undefined || this.#base === undefined ? own : this.#base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  set(key: K, value: V): void {
    if (!this.has(key)) this.#size += 1
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
    if (this.#base) yield* this.#base.#keys()
    for (const key of this.#own.keys()) if (!this.#base?.has(key)) yield key
  }

  fork(): ForkableMap<K, V> {
    return new ForkableMap(this)
  }
}
