/** Whether this program is the one file for racks (build.mjs), which can be copied and has no server beside it. */
import { Problem } from '../shared/domain/problem.ts'

/** Replaced by the bundler in that build, and not there in any other. */
declare const HEADGATE_IS_ONE_FILE: true | undefined

export const isOneFile = typeof HEADGATE_IS_ONE_FILE !== 'undefined'

export function noServerHere(): Problem {
  return new Problem(
    'not_found',
    'This is the one file for racks: it has every verb but no registry inside.',
    {
      hint: 'Run it where the whole program is installed; README.md says how',
    },
  )
}
