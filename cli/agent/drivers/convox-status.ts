/**
 * Every word that Convox and CloudFormation are known to have for the state of a rack, and what it means for a
 * move. A word that is not in these tables is `unclear`, which is never a good one.
 */

import type { DriverStatus } from './driver.ts'

export type Meaning =
  /** Nothing is under way. */
  | 'settled'
  /** The version is decided, and instances come or go. */
  | 'converging'
  /** An update, by whomever: the version shown is what it wants to become, not what runs. */
  | 'changing'
  /** It ended badly, and no update is taken before a person has mended it. */
  | 'broken'
  /** Not known, or not known to us. */
  | 'unclear'

/** From best to worst: of two accounts of one rack the worse one counts. */
const fromBest: readonly Meaning[] = ['settled', 'converging', 'changing', 'unclear', 'broken']

/**
 * `status` in the rack's API (v2: humanStatus in convox/rack, provider/aws/helpers.go; v3: always "running") and in
 * `convox racks`, which the Console fills, or Terraform's outputs and lock.
 */
const rackWords: Readonly<Record<string, Meaning>> = {
  running: 'settled',
  converging: 'converging',
  updating: 'changing',
  rollback: 'changing',
  creating: 'changing',
  installing: 'changing',
  new: 'unclear',
  unknown: 'unclear',
  unreachable: 'unclear',
  deleting: 'broken',
  uninstalling: 'broken',
  failed: 'broken',
}

/** `StackStatus` of CloudFormation; a stack that an update has rolled back by itself is settled, on what it was. */
const stackWords: Readonly<Record<string, Meaning>> = {
  CREATE_COMPLETE: 'settled',
  UPDATE_COMPLETE: 'settled',
  UPDATE_ROLLBACK_COMPLETE: 'settled',
  IMPORT_COMPLETE: 'settled',
  IMPORT_ROLLBACK_COMPLETE: 'settled',
  CREATE_IN_PROGRESS: 'changing',
  ROLLBACK_IN_PROGRESS: 'changing',
  UPDATE_IN_PROGRESS: 'changing',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'changing',
  UPDATE_ROLLBACK_IN_PROGRESS: 'changing',
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: 'changing',
  IMPORT_IN_PROGRESS: 'changing',
  IMPORT_ROLLBACK_IN_PROGRESS: 'changing',
  REVIEW_IN_PROGRESS: 'unclear',
  CREATE_FAILED: 'broken',
  ROLLBACK_COMPLETE: 'broken',
  ROLLBACK_FAILED: 'broken',
  UPDATE_FAILED: 'broken',
  UPDATE_ROLLBACK_FAILED: 'broken',
  IMPORT_ROLLBACK_FAILED: 'broken',
  DELETE_IN_PROGRESS: 'broken',
  DELETE_COMPLETE: 'broken',
  DELETE_FAILED: 'broken',
}

export function meaningOfRackWord(word: string): Meaning {
  return Object.hasOwn(rackWords, word) ? (rackWords[word] ?? 'unclear') : 'unclear'
}

export function meaningOfStackWord(word: string): Meaning {
  return Object.hasOwn(stackWords, word) ? (stackWords[word] ?? 'unclear') : 'unclear'
}

export function worseOf(a: Meaning, b: Meaning): Meaning {
  return fromBest.indexOf(a) > fromBest.indexOf(b) ? a : b
}

export function driverStatusOf(meaning: Meaning): DriverStatus {
  if (meaning === 'settled') return 'settled'
  return meaning === 'converging' || meaning === 'changing' ? 'busy' : 'unknown'
}

export type ConvoxGeneration = 'v2' | 'v3'

/** By the version's form: v2 counts by the clock (20160816160115, perhaps with a branch), v3 by 3.MINOR.PATCH. */
export function generationOf(version: string): ConvoxGeneration | null {
  if (/^\d{14}(-|$)/.test(version)) return 'v2'
  return /^3\.\d+\.\d+/.test(version) ? 'v3' : null
}
