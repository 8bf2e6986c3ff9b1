/** The racks of a drill: enrolled through the API, each with its fate, asking in an order of their own, batch by batch. */
import { createHash } from 'node:crypto'
import { minute, toIso } from '../../shared/domain/instants.ts'
import { mintToken } from '../../shared/trust/token.ts'
import { chanceOf } from '../campaign/chance.ts'
import { type LightRack, lightRack } from '../support/light-rack.ts'
import type { Fate, OracleRack } from './oracle.ts'
import type { DrillRegistry } from './registry-process.ts'

export const app = 'rack'
/** Racks ask so often. */
export const stepMinutes = 15
export const sickAfterMinutes = 60

export interface DrillRack extends OracleRack {
  readonly light: LightRack
  /** When it was granted what, newest last. */
  readonly grants: { readonly attempt: string; readonly version: string; readonly at: number }[]
}

export interface DrillFleet {
  readonly racks: readonly DrillRack[]
  /** The most that ever were on their way to it at a time: granted, and not reported yet. */
  mostUnderWay(version: string): number
  join(name: string, fate: Fate): Promise<void>
  /** All of the batch at once. */
  ask(batch: readonly DrillRack[]): Promise<void>
  /** The racks in the order in which they ask, in so many batches. */
  batches(count: number): readonly (readonly DrillRack[])[]
}

export type Shares = Readonly<Partial<Record<Fate, number>>>

export interface EnrolOptions {
  readonly size: number
  readonly seed: number
  /** Of which fate how many, drawn from the seed and the name alone. */
  readonly shares: Shares
  readonly current: string
  /** The version that brings their fate upon them. */
  readonly bad: string
}

export async function enrolFleet(
  registry: DrillRegistry,
  { size, seed, shares, current, bad }: EnrolOptions,
): Promise<DrillFleet> {
  const racks: DrillRack[] = []
  const underWay = new Map<string, { now: number; most: number }>()

  function fateOf(name: string): Fate {
    let drawn = chanceOf(seed, `fate of ${name}`)()
    for (const fate of ['returns', 'sickens', 'falls silent', 'was silent'] as const) {
      drawn -= shares[fate] ?? 0
      if (drawn < 0) return fate
    }
    return 'well'
  }

  async function join(name: string, fate: Fate): Promise<void> {
    const token = mintToken('rack', createHash('sha256').update(`${seed} ${name}`).digest())
    const tokenSha256 = createHash('sha256').update(token).digest('hex')
    const json = { rack: name, channel: 'stable', platform: 'linux/amd64', current, tokenSha256 }
    const enrolled = await registry.call('POST', `/v1/apps/${app}/racks`, json)
    const { rackKey: key } = JSON.parse(JSON.stringify(enrolled))
    const chance = chanceOf(seed, `ids of ${name}`)
    const { now, send } = registry
    const light = lightRack({ name, token, current, now, newId: () => idOf(chance), send })
    await light.check()
    racks.push({ name, key, fate, light, grants: [] })
  }

  async function ask({ light, fate, grants }: DrillRack): Promise<void> {
    const now = registry.now()
    const granted = grants.findLast(({ version }) => version === bad)
    if (fate === 'was silent' || (fate === 'falls silent' && granted)) return
    const isSick = fate === 'sickens' && granted && now - granted.at >= sickAfterMinutes * minute
    light.also = isSick && light.current === bad ? { health: sickness(granted.at) } : {}
    let told = await light.check()
    while (told.action === 'update' || told.action === 'rollback' || told.reason === 'slots_full') {
      const isGranted = told.reason !== 'slots_full' && (await light.begin(told)).status === 200
      if (isGranted) break
      // Its turn comes before the next batch: the registry has as many slots as it has, and time stands still.
      await new Promise((resolve) => setTimeout(resolve, 1))
      told = await light.check()
    }
    const { attempt } = light
    if (attempt === undefined) return
    const version = told.target?.version ?? ''
    grants.push({ attempt, version, at: now })
    if (fate === 'falls silent' && version === bad) return
    const going = underWay.get(version) ?? { now: 0, most: 0 }
    going.now += 1
    going.most = Math.max(going.most, going.now)
    underWay.set(version, going)
    const { status, text } = await light.end(
      fate === 'returns' && version === bad
        ? { outcome: 'returned', step: 'settling', message: 'status 502' }
        : { outcome: 'proved' },
    )
    going.now -= 1
    if (status !== 200) throw new Error(`${light.name} reported, and was answered ${status}: ${text}`)
  }

  for (let from = 0; from < size; from += 500)
    await Promise.all(
      Array.from({ length: Math.min(500, size - from) }, (_, index) => {
        const name = `rack-${from + index + 1}`
        return join(name, fateOf(name))
      }),
    )
  return {
    racks,
    mostUnderWay: (version) => underWay.get(version)?.most ?? 0,
    join,
    ask: async (batch) => {
      await Promise.all(batch.map(ask))
    },
    batches(count) {
      const ordered = racks
        .map((rack) => ({ rack, place: chanceOf(seed, `place of ${rack.name}`)() }))
        .sort((a, b) => a.place - b.place)
        .map(({ rack }) => rack)
      const size = Math.ceil(ordered.length / count)
      return Array.from({ length: count }, (_, index) => ordered.slice(index * size, (index + 1) * size))
    },
  }
}

function sickness(grantedAt: number) {
  const since = toIso(grantedAt + sickAfterMinutes * minute)
  return { state: 'unhealthy' as const, since, checks: [] }
}

/** A UUID of chance. */
function idOf(chance: () => number): string {
  const digit = () => Math.floor(chance() * 16).toString(16)
  const digits = (count: number) => Array.from({ length: count }, digit).join('')
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`
}
