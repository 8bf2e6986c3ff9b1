/**
 * The port to whatever really runs on a rack. The attempt's state machine stands on these few questions and acts,
 * and on the promise that every act may be called again after a crash at any point of it.
 */

import type { ProcessIdentity } from '../boot.ts'
import type { HostRow } from './host-row.ts'

export type DriverStatus =
  /** Nothing is under way: a move may begin, or has ended. */
  | 'settled'
  /** Something is under way, ours or somebody else's: wait. */
  | 'busy'
  /** It cannot tell, or answers with a word we do not know: never a good sign. */
  | 'unknown'

export interface Move {
  readonly attempt: string
  /** What ran when the attempt began; null = nothing was installed. */
  readonly from: string | null
  /** Null only on the way back of a first installation: to nothing. */
  readonly to: string | null
  readonly direction: 'forward' | 'back'
  /** The attempt did not hold, and this is its own way back. */
  readonly isReturn?: true
  /** The verified file on this disk; absent when the release has none, or on the way back when it is not kept. */
  readonly artifactFile?: string
  /** Awaited before each process of the move starts: journal it, so that recovery can find it. */
  onProcess(group: ProcessIdentity): Promise<void>
  /** A step that failed said that data was lost: journal it, so that the registry hears of it whatever happens next. */
  onDataLoss(step: string): void
  /** A line for a person who watches: which step runs, what it prints. */
  note(line: string): void
  /** All hosts of a group, whenever one of them has come further. */
  hosts?(rows: readonly HostRow[]): void
  /** Ends the process that runs, as a timeout would. */
  readonly signal?: AbortSignal
}

export interface Parameter {
  /** Null when the platform does not show it. */
  readonly value: string | null
  /** The platform itself says that what it shows is not the value. */
  readonly masked: boolean
}

export interface Driver {
  readonly kind: string
  /** Whether going back to a version it `keeps` works without any network. */
  readonly offlineRollback: boolean
  /** True: a move needs the release's artifact. False: a release that has one still gets it passed. */
  readonly needsArtifact: boolean
  /**
   * How long a command that a killed agent left running is waited for before it is ended; default 0. For a platform
   * that takes harm from a command that dies half way.
   */
  readonly leftoverPatienceMs?: number
  /** The version that is installed, null when nothing is; throws a `Problem` when it cannot tell. */
  current(): Promise<string | null>
  status(): Promise<DriverStatus>
  /** Whether it can go to this version from what it has here. */
  keeps(version: string): Promise<boolean>
  /**
   * The first question of a preflight, for a driver that knows more than its status: may wait while something else
   * changes the rack, and rejects with `preflight_failed`, with the numbers, when this move could not be carried out.
   */
  prepare?(move: Pick<Move, 'from' | 'to' | 'direction' | 'note'>): Promise<void>
  /** Moves forward. Rejects with a `Problem` (update_failed) that carries the last lines as `numbers.lastLines`. */
  apply(move: Move): Promise<void>
  /**
   * Moves back, be it a return, a person's rollback, or a decision's; the same rules. A return that rejects with `stuck`
   * leaves something for a person to mend, although what runs may answer well.
   */
  goBack(move: Move): Promise<void>
  /** The hosts of a group, in the order in which it lists them; throws a `Problem` when it cannot tell. */
  hosts?(): Promise<readonly HostRow[]>
  /** What the platform is configured with; a driver without parameters has no such method. */
  parameters?(): Promise<Readonly<Record<string, Parameter>>>
  /** Drops what it keeps beyond its own count, never what runs nor what is listed; returns the versions dropped. */
  prune(keep: readonly string[]): Promise<readonly string[]>
}
