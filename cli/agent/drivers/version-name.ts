/**
 * Versions become directory names, variables and arguments: here is what a name must look like for that. (Whether
 * it is a version of the app's scheme is the registry's rule, not this one.)
 */

import { Problem } from '../../../shared/domain/problem.ts'

const versionName = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/

export function isVersionName(text: string): boolean {
  return versionName.test(text)
}

/** The name itself, or a `Problem`: from a hostile registry this is the first thing that would reach the disk. */
export function checkedVersionName(text: string): string {
  if (isVersionName(text)) return text
  throw new Problem(
    'invalid_version',
    `${JSON.stringify(text.slice(0, 140))} cannot be a version here: 1 to 128 letters, digits, ".", "_", "+" and "-", ` +
      'beginning with a letter or a digit.',
  )
}
