/** One line of the tables of verbs: what the help lists without loading anything, and what running it loads. */
import type { Command } from 'commander'
import type { Deps } from './deps.ts'

/** The headings of the overview, in its order. */
export const groups = {
  rack: 'On a rack:',
  releases: 'Releases and channels:',
  fleet: 'The fleet:',
  registry: 'The registry:',
} as const
export type Group = keyof typeof groups

export interface VerbEntry {
  /** `check`, or noun and verb: `release publish`. */
  readonly path: string
  readonly group: Group
  /** Begins in lower case, without a full stop. */
  readonly summary: string
  readonly load: () => Promise<(deps: Deps) => Command>
}
