/**
 * Changed outside: a rack runs another version than before, and no attempt explains it. A rack says so itself; where it
 * does not (an older agent, a disk put back from a copy), the registry compares one check-in with the one before.
 */
import type { ProvedVersion } from './rack.ts'

export interface OutsideChange {
  /** Null: nothing was installed. */
  readonly from: string | null
  readonly to: string | null
  /** When it happened or was noticed first: the rack's word, never later than it was heard. */
  readonly at: number
  /** When the registry heard of it, on its own clock. */
  readonly heardAt: number
  readonly saidBy: 'rack' | 'registry'
  /** False until the registry has looked for an attempt that explains what it noticed by itself. */
  readonly isSure: boolean
  /** A person verified what runs, or an attempt was proved since. */
  readonly acceptedAt?: number
}

/** What a rack said of itself at one check-in. */
export interface Standing {
  readonly current: string | undefined
  readonly proved: readonly ProvedVersion[]
  readonly isInAttempt: boolean
  readonly outside?: { readonly from: string | null; readonly to: string | null; readonly at: number }
}

/**
 * What is known of the rack's last change outside after a check-in; the same value when nothing is new. `before` is
 * undefined for the first check-in: what was found then is adopted, not changed.
 */
export function outsideAfter(
  known: OutsideChange | undefined,
  before: Standing | undefined,
  after: Standing,
  now: number,
): OutsideChange | undefined {
  if (after.outside) return said(known, after.outside, now)
  if (known && isAccepted(known, before, after)) return { ...known, acceptedAt: now }
  if (!before || before.current === after.current || isExplained(before, after)) return known
  const [from, to] = [before.current ?? null, after.current ?? null]
  return { from, to, at: now, heardAt: now, saidBy: 'registry', isSure: false }
}

function said(
  known: OutsideChange | undefined,
  { from, to, at: saidAt }: NonNullable<Standing['outside']>,
  now: number,
): OutsideChange {
  const isSameMove = known?.from === from && known.to === to
  // The rack's clock may be ahead of ours, and then its word is cut to a different instant each time.
  const isKnown = isSameMove && known.saidBy === 'rack' && (known.at === saidAt || saidAt > known.heardAt)
  if (isKnown) return known
  return { from, to, at: Math.min(saidAt, now), heardAt: now, saidBy: 'rack', isSure: true }
}

/** The rack no longer says it, or it proved what runs since. */
function isAccepted(known: OutsideChange, before: Standing | undefined, after: Standing): boolean {
  if (known.acceptedAt !== undefined) return false
  return known.saidBy === 'rack' || (before !== undefined && isNewlyProved(before, after))
}

function isExplained(before: Standing, after: Standing): boolean {
  return before.isInAttempt || after.isInAttempt || isNewlyProved(before, after)
}

/** By an attempt whose report did not come through, or by `verify`: the rack's own word counts. */
function isNewlyProved(before: Standing, { current, proved: [newest] }: Standing): boolean {
  return (
    newest !== undefined && newest.version === current && !before.proved.some((one) => isSame(one, newest))
  )
}

function isSame(a: ProvedVersion, b: ProvedVersion): boolean {
  return a.version === b.version && a.at === b.at
}

/** The rack's newest attempt, as far as it was granted or reported. */
export interface LatestAttempt {
  readonly from: string | null
  readonly target: string
  readonly outcome: string | null
}

/** How an attempt ended says where it left the rack; one that is open, abandoned or stuck may have left it at either end. */
export function explains({ from, target, outcome }: LatestAttempt, { to }: OutsideChange): boolean {
  switch (outcome) {
    case 'proved':
      return to === target
    case 'returned':
      return to === from
    case 'failed':
    case 'aborted':
      return false
    default:
      return to === target || to === from
  }
}
