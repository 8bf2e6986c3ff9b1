/** The pages of an independent auditor of rollouts: what was ordered, who is in which wave, what a channel serves. */
import type { RolloutOrder, RolloutPlan } from '../../shared/domain/rollout.ts'
import { labelsOf, type ModelRack } from './rollout-world.ts'

export interface Page {
  readonly id: string
  readonly purpose: 'head' | 'remedy' | 'recall'
  readonly order: RolloutOrder
  readonly orderedBy: string
  readonly version: string | undefined
  /** For a recall: whom it calls, as numbers. */
  readonly above: number
  readonly upTo: number
  readonly takesBack: string | undefined
  readonly yank: string | undefined
  plan: RolloutPlan | undefined
  state: string
  wave: number
  /** A second person let it go. */
  isAllAtOnce?: boolean
  haltedAt: number | undefined
  readonly acknowledged: Set<string>
  /** Racks that were granted an attempt under it, and when last. */
  readonly granted: Map<string, number>
}

interface Withdrawn {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly isCritical: boolean
  isLifted: boolean
}

export interface RolloutBooks {
  readonly pages: Map<string, Page>
  /** What the channel served and did not leave, oldest first. */
  chain: { readonly version: string; readonly rollout: string | undefined }[]
  readonly yanks: Withdrawn[]
  /** Halted on their way, and then overtaken: nobody new is brought to them. */
  readonly buried: Set<string>
  takenBack: string | undefined
  recall: string | undefined
  isFrozen: boolean
  /** What was seen, so that a test that saw nothing fails. */
  readonly seen: Record<string, number>
}

export function emptyRolloutBooks(): RolloutBooks {
  return {
    pages: new Map(),
    chain: [],
    yanks: [],
    buried: new Set(),
    takenBack: undefined,
    recall: undefined,
    isFrozen: false,
    seen: {},
  }
}

const mask = 0xffff_ffff_ffff_ffffn
export function hashOf(rack: string, rollout: string): string {
  let z = BigInt(`0x${rack}`) ^ BigInt(`0x${rollout}`)
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return (z ^ (z >> 31n)).toString(16).padStart(16, '0')
}

export const has = (
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>> = {},
): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value)

export function waveIn(plan: RolloutPlan, key: string, rack: ModelRack): number {
  const labels = labelsOf(rack, plan.plannedAt)
  const hash = hashOf(rack.key, key)
  return plan.waves.findIndex(
    ({ selector, cutoff }) => has(labels, selector) && (cutoff === undefined || hash <= cutoff),
  )
}

export function count({ seen }: RolloutBooks, what: string): void {
  seen[what] = (seen[what] ?? 0) + 1
}

export const numberOf = (version: string | undefined): number => (version === undefined ? 0 : Number(version))

/** Of two withdrawals of one version the critical one speaks; of two alike the newer. */
export function yankOf({ yanks }: RolloutBooks, version: string | undefined): string | undefined {
  const covering = yanks.filter(
    ({ from, to, isLifted }) => !isLifted && numberOf(version) >= from && numberOf(version) <= to,
  )
  return (covering.findLast(({ isCritical }) => isCritical) ?? covering.at(-1))?.id
}

function isThrough({ pages }: RolloutBooks, rollout: string | undefined): boolean {
  return rollout === undefined || pages.get(rollout)?.state === 'completed'
}

export const headIn = ({ chain }: RolloutBooks): string | undefined => chain.at(-1)?.version

export function baseIn(books: RolloutBooks): string | undefined {
  return books.chain.findLast(
    ({ version, rollout }) => yankOf(books, version) === undefined && isThrough(books, rollout),
  )?.version
}

/** Who is where the rollout wants it; `undefined` for whom it is not about. */
export function isThere(books: RolloutBooks, page: Page, { current, proved }: ModelRack): boolean {
  if (page.purpose === 'head') return current === page.version
  if (page.purpose === 'remedy') return yankOf(books, current) !== page.yank
  if (page.takesBack === undefined) return numberOf(current) <= page.above || numberOf(current) > page.upTo
  const halted = books.pages.get(page.takesBack)
  const open = (halted?.plan?.waves ?? []).filter((_, wave) => wave <= (halted?.wave ?? -1))
  const soakMinutes = Math.max(0, ...open.map((wave) => wave.soakMinutes))
  const provedAt = proved.findLast(({ version }) => version === current)?.at
  const isPast = provedAt !== undefined && provedAt <= (halted?.haltedAt ?? 0) - soakMinutes * 60_000
  return current !== halted?.version || isPast
}
