/**
 * What is the matter with a rack, as people see their fleet: an ordered list of named rules, the worst first. Several may
 * hold at once; a rack of which none does is well. Nothing here moves a rack: decisions are in decide.ts.
 */
import type { ChannelState, Recall } from './channel.ts'
import { complaintsOf } from './health.ts'
import { describeDuration, minute, toIso } from './instants.ts'
import type { OutsideChange } from './outside.ts'
import { pinInForce, type RackFacts } from './rack.ts'
import type { Yank } from './yank.ts'

/** What the rules look at. Keys are order keys (version.ts); undefined for what has no place in the order. */
export interface RackPicture {
  readonly facts: RackFacts
  readonly now: number
  readonly currentKey: string | undefined
  /** The yank in force for what runs. */
  readonly yank: Yank | undefined
  /** Of the versions that it proved, the newest by order; undefined when it proved none. */
  readonly newestProved:
    | { readonly version: string; readonly key: string; readonly isYanked: boolean }
    | undefined
  readonly recall: Recall | undefined
  /** The order keys of the rack's bar, when both have one. */
  readonly barUpToKey: string | undefined
  /** A change that no attempt explains and that nobody has verified. */
  readonly outside: OutsideChange | undefined
  /** Its last attempt is stuck, and nothing was proved since. */
  readonly stuck: { readonly target: string; readonly at: number } | undefined
  /** What it would go to now, or on the way to it; only asked for where something failed. */
  readonly targets: readonly string[]
  readonly silence: Silence
  /** An open alarm says that two installations speak in its name. */
  readonly isCloned: boolean
}

/** How long nothing was heard of a rack, in milliseconds: by the clock, and of time in which the registry was receiving. */
export interface Silence {
  /** Undefined: nothing was ever heard. */
  readonly lastSeenAt: number | undefined
  readonly byTheClock: number
  readonly receiving: number
  /** As much as is still no silence. */
  readonly allowed: number
}

interface StandingRule {
  /** Said of a rack, after "is" or on its own. */
  readonly standing: string
  readonly holds: (rack: RackPicture) => boolean
  /** One sentence without a full stop; only asked where it holds. */
  readonly why: (rack: RackPicture) => string
}

const rules = [
  {
    standing: 'stuck',
    holds: ({ stuck }) => stuck !== undefined,
    why: ({ stuck }) => `its last attempt, to ${stuck?.target}, is stuck: a person is needed`,
  },
  {
    standing: 'unhealthy',
    holds: ({ facts }) => facts.health?.state === 'unhealthy',
    why: ({ facts: { health } }) => (health && complaintsOf(health)) || 'its checks say so',
  },
  {
    standing: 'withdrawn',
    holds: ({ yank }) => yank !== undefined,
    why: ({ yank, facts }) => `${facts.current} was withdrawn by ${yank?.id}: ${yank?.reason}`,
  },
  {
    standing: 'failing',
    holds: ({ facts, targets }) => facts.failures.some(({ target }) => targets.includes(target)),
    why: ({ facts, targets }) => {
      const failed = facts.failures.find(({ target }) => targets.includes(target))
      return `${failed?.target} failed here ${failed?.count === 1 ? 'once' : `${failed?.count} times`}`
    },
  },
  {
    standing: 'regressed',
    holds: isRegressed,
    why: ({ facts, newestProved }) =>
      `runs ${facts.current} and proved ${newestProved?.version}, and nobody ordered it back`,
  },
  {
    standing: 'cloned',
    holds: ({ isCloned }) => isCloned,
    why: () => 'two installations speak in its name',
  },
  {
    standing: 'silent',
    holds: ({ silence }) => silence.lastSeenAt !== undefined && silence.receiving > silence.allowed,
    why: ({ silence }) => `not heard of for ${describeDuration(silence.byTheClock)}`,
  },
  {
    standing: 'never_heard',
    holds: ({ silence }) => silence.lastSeenAt === undefined,
    why: () => 'never heard of',
  },
  {
    standing: 'changed_outside',
    holds: ({ outside }) => outside !== undefined,
    why: ({ outside }) =>
      `went from ${outside?.from ?? 'nothing'} to ${outside?.to ?? 'nothing'} by no attempt, ${toIso(outside?.at ?? 0)}`,
  },
  {
    standing: 'drifting',
    holds: ({ facts }) => (facts.drifted?.length ?? 0) > 0,
    why: ({ facts }) => `changed by somebody: ${(facts.drifted ?? []).slice(0, 5).join(', ')}`,
  },
  {
    standing: 'unheard',
    holds: ({ silence }) =>
      silence.lastSeenAt !== undefined &&
      silence.byTheClock > silence.allowed &&
      silence.receiving <= silence.allowed,
    why: ({ silence }) =>
      `not heard of for ${describeDuration(silence.byTheClock)}, most of it while no rack at all was`,
  },
] as const satisfies readonly StandingRule[]

export type Standing = (typeof rules)[number]['standing'] | 'well'

/** The worst first; `well` is the last. */
export const standings: readonly Standing[] = [...rules.map(({ standing }) => standing), 'well']

/** What is the matter, the worst first; `['well']` when nothing is. */
export function standingsOf(rack: RackPicture): readonly Standing[] {
  let found: Standing[] | undefined
  for (const rule of rules) {
    if (!rule.holds(rack)) continue
    found ??= []
    found.push(rule.standing)
  }
  return found ?? allWell
}

/** One for all of them: in a large fleet most racks are well. */
const allWell: readonly Standing[] = ['well']

/** Why it stands so, in words, the worst first; empty for a rack that is well. */
export function reasonsOf(rack: RackPicture): string[] {
  return rules.filter((rule) => rule.holds(rack)).map((rule) => rule.why(rack))
}

const shortestSilence = 15 * minute
const missedChecks = 3

/** Milliseconds of receiving time that a rack of the channel may be quiet for. */
export function allowedSilence({ policy }: Pick<ChannelState, 'policy'>): number {
  return Math.max(shortestSilence, missedChecks * policy.checkSeconds * 1_000)
}

interface Explanation {
  readonly name: string
  readonly holds: (rack: RackPicture) => boolean
}

/** What makes an older version than the newest that was proved no regression: somebody or something ordered it. */
const explanations: readonly Explanation[] = [
  { name: 'proved', holds: ({ facts }) => facts.proved[0]?.version === facts.current },
  { name: 'attempt', holds: ({ facts }) => facts.attempt !== undefined },
  { name: 'pin', holds: ({ facts, now }) => pinInForce(facts, now)?.version === facts.current },
  {
    // The agent bars what lies above also when somebody went back past it, and nobody ordered that.
    name: 'bar',
    holds: ({ outside, barUpToKey, newestProved }) =>
      outside === undefined &&
      barUpToKey !== undefined &&
      newestProved !== undefined &&
      barUpToKey >= newestProved.key,
  },
  {
    name: 'recall',
    holds: ({ facts, recall, newestProved }) =>
      facts.isAligning || (recall !== undefined && isWithin(newestProved?.key, recall)),
  },
  { name: 'yank', holds: ({ newestProved }) => newestProved?.isYanked === true },
]

function isRegressed(rack: RackPicture): boolean {
  const { currentKey, newestProved } = rack
  if (currentKey === undefined || newestProved === undefined || currentKey >= newestProved.key) return false
  return !explanations.some(({ holds }) => holds(rack))
}

function isWithin(key: string | undefined, { aboveKey, upToKey }: Recall): boolean {
  return key !== undefined && key > aboveKey && key <= upToKey
}
