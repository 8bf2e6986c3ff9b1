/**
 * Whether a rack is to be counted on in a rollout: what it would be told if no wave stood in its way. So a plan leaves out
 * exactly the racks that a decision would turn away.
 */
import type { Decision } from './decide.ts'
import type { Reason } from './reasons.ts'
import type { Rollout, RolloutPurpose } from './rollout.ts'

/** What passes by itself, or is the rollout's own business: the rack counts. */
const passing: ReadonlySet<Reason> = new Set<Reason>([
  'offered',
  'yanked',
  'recalled',
  'frozen',
  'dwelling',
  'outside_window',
  'failed_here',
  'slots_full',
  'store_unavailable',
  'wave_not_open',
  'rollout_paused',
  'rollout_halted',
  'remedy_wave_not_open',
  'remedy_halted',
])

const words: Readonly<Partial<Record<Reason, string>>> = {
  up_to_date: 'there',
  ahead_of_channel: 'ahead',
  rolled_back_here: 'rolled_back',
}

/** Undefined: it counts. Otherwise why not, in one word. */
export function leftOutBy(
  { action, reason, motive, destination }: Decision,
  { purpose, version }: Pick<Rollout, 'purpose' | 'version'>,
): string | undefined {
  if (motive === 'attempt') return undefined
  if (action === 'none') return words[reason] ?? reason
  if (purpose === 'head') {
    if (motive === 'bootstrap') return 'nothing_installed'
    if (motive === 'pin') return 'pinned'
    if (motive !== 'rollout') return 'on_a_remedy'
    if (destination !== undefined && destination.version !== version) return reasonOf(reason)
  } else if (!ownMotives[purpose].includes(motive)) return motive === 'pin' ? 'pinned' : 'goes_forward'
  return reasonOf(reason)
}

function reasonOf(reason: Reason): string | undefined {
  return passing.has(reason) ? undefined : (words[reason] ?? reason)
}

/** Who is through with it, or is brought there by something else: no plan waits for these. */
const settled: ReadonlySet<string> = new Set([
  'there',
  'ahead',
  'nothing_installed',
  'on_a_remedy',
  'goes_forward',
])

/** Of a word of `leftOutBy`, or `silent`: whether the rack may still have to go, when what keeps it is over. */
export function mayStillGo(why: string): boolean {
  return !settled.has(why)
}

const ownMotives: Readonly<Record<Exclude<RolloutPurpose, 'head'>, readonly Decision['motive'][]>> = {
  remedy: ['remedy_critical', 'remedy_moderate'],
  recall: ['recall'],
}
