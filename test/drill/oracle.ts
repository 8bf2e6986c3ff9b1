/**
 * What has to happen, computed without a line of the product: cohorts by 64-bit arithmetic, waves by sorting the racks, and the
 * gates by replaying who asked when and what became of it. Whoever changes the rules changes them here as well.
 */

/** What a rack is made to do, drawn before anybody knows its place. */
export type Fate = 'well' | 'returns' | 'sickens' | 'falls silent' | 'was silent'

export interface OracleWave {
  /** Of the eligible racks that no earlier wave has, in percent; 1 rack; or everybody else. */
  readonly share: number | `${number}%` | 'rest'
  readonly soakMinutes: number
  readonly toleratedPercent: number
}

export interface OracleRack {
  readonly name: string
  readonly key: string
  readonly fate: Fate
}

export interface Halt {
  readonly wave: number
  readonly failures: number
}

export interface Oracle {
  /** Counted from 0; -1 for a rack that comes into none. */
  waveOf(name: string): number
  readonly sizes: readonly number[]
  /** The newest open wave. */
  readonly open: number
  readonly halt: Halt | undefined
  readonly isComplete: boolean
  /** Racks that were to be granted by now. */
  readonly touched: ReadonlySet<string>
  /** A rack that the rollout is not about: it may ask, and gets nothing. */
  passesBy(rack: OracleRack): void
  /** A rack that came after the plan. */
  joins(rack: OracleRack): void
  /** The rack asks, at this time of the drill, and does what it has to. */
  asks(name: string, at: number): void
  /** The registry looks: what has to follow. `atMost`: no wave beyond is open, for it has lost what a kill took. */
  looks(at: number, atMost?: number): void
}

export interface OracleOptions {
  readonly racks: readonly OracleRack[]
  readonly rolloutKey: string
  readonly waves: readonly OracleWave[]
  readonly silentMinutes: number
  /** A rack that sickens does so this long after it was updated. */
  readonly sickAfterMinutes: number
}

const minute = 60_000
const mask = (1n << 64n) - 1n

/** The finalizer of splitmix64. */
function mix64(key: bigint): bigint {
  let z = key
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return z ^ (z >> 31n)
}

interface Life {
  readonly rack: OracleRack
  wave: number
  grantedAt: number | undefined
  isUpdated: boolean
  hasReturned: boolean
  isSick: boolean
  /** The first and the last question since it was updated. */
  seenFrom: number | undefined
  heardAt: number
}

function newLife(rack: OracleRack): Life {
  const life = { rack, wave: -1, grantedAt: undefined, isUpdated: false, hasReturned: false, isSick: false }
  return { ...life, seenFrom: undefined, heardAt: 0 }
}

export function createOracle(options: OracleOptions): Oracle {
  const { racks, rolloutKey, waves, silentMinutes, sickAfterMinutes } = options
  const key = BigInt(`0x${rolloutKey}`)
  const lives = new Map<string, Life>()
  for (const rack of racks) lives.set(rack.name, newLife(rack))
  const sorted = racks
    .filter(({ fate }) => fate !== 'was silent')
    .map(({ name, key: own }) => ({ name, place: mix64(BigInt(`0x${own}`) ^ key) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
  const sizes: number[] = []
  /** The place of the last rack of each wave. */
  const ends: (bigint | undefined)[] = []
  let from = 0
  for (const [index, { share }] of waves.entries()) {
    const left = sorted.length - from
    const size =
      share === 'rest'
        ? left
        : typeof share === 'number'
          ? share
          : Math.ceil((Number.parseFloat(share) * left) / 100)
    const members = sorted.slice(from, from + Math.min(size, left))
    for (const { name } of members) lifeOf(name).wave = index
    sizes.push(members.length)
    ends.push(members.at(-1)?.place)
    from += members.length
  }
  const touched = new Set<string>()
  let open = waves.length > 0 ? 0 : -1
  let halt: Halt | undefined
  let isComplete = false

  function lifeOf(name: string): Life {
    const life = lives.get(name)
    if (!life) throw new Error(`The oracle has not heard of ${name}.`)
    return life
  }

  function isLost(life: Life, at: number): boolean {
    return at - life.heardAt > silentMinutes * minute
  }

  function hasFailed(life: Life, at: number): boolean {
    if (life.hasReturned || life.isSick) return true
    return life.grantedAt !== undefined && isLost(life, at)
  }

  function membersOf(wave: number): Life[] {
    return [...lives.values()].filter((life) => life.wave === wave)
  }

  function toleratedIn(wave: number): number {
    return Math.floor(((sizes[wave] ?? 0) * (waves[wave]?.toleratedPercent ?? 0)) / 100)
  }

  function isProven(wave: number, at: number): boolean {
    const members = membersOf(wave).filter((life) => life.grantedAt !== undefined || !isLost(life, at))
    const soakMinutes = waves[wave]?.soakMinutes ?? 0
    const healthy = members.filter((life) => {
      if (hasFailed(life, at) || life.seenFrom === undefined) return false
      return life.heardAt - life.seenFrom >= soakMinutes * minute
    })
    const wanted = Math.max(1, (sizes[wave] ?? 0) - toleratedIn(wave))
    return healthy.length >= Math.min(wanted, Math.max(1, members.length))
  }

  return {
    waveOf: (name) => lifeOf(name).wave,
    sizes,
    get open() {
      return open
    },
    get halt() {
      return halt
    },
    get isComplete() {
      return isComplete
    },
    touched,
    passesBy(rack) {
      lives.set(rack.name, newLife(rack))
    },
    joins(rack) {
      const place = mix64(BigInt(`0x${rack.key}`) ^ key)
      const wave = waves.findIndex((_, index) => index === waves.length - 1 || place <= (ends[index] ?? -1n))
      lives.set(rack.name, { ...newLife(rack), wave })
    },
    asks(name, at) {
      const life = lifeOf(name)
      const { fate } = life.rack
      if (fate === 'was silent' || (fate === 'falls silent' && life.grantedAt !== undefined)) return
      life.heardAt = at
      if (life.isUpdated) {
        life.seenFrom ??= at
        const age = at - (life.grantedAt ?? at)
        if (fate === 'sickens' && age >= sickAfterMinutes * minute) life.isSick = true
        return
      }
      if (halt || life.hasReturned || life.wave < 0 || life.wave > open) return
      life.grantedAt = at
      touched.add(name)
      if (fate === 'returns') life.hasReturned = true
      else life.isUpdated = fate !== 'falls silent'
    },
    looks(at, atMost = waves.length) {
      if (halt || isComplete) return
      for (let wave = 0; wave <= open; wave += 1) {
        const failures = membersOf(wave).filter((life) => hasFailed(life, at)).length
        if (failures <= toleratedIn(wave)) continue
        halt = { wave, failures }
        return
      }
      while (open < Math.min(waves.length, atMost + 1) && isProven(open, at)) {
        if (open === waves.length - 1) {
          isComplete = atMost >= waves.length
          return
        }
        if (open === atMost) return
        open += 1
      }
    },
  }
}
