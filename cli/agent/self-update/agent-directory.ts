/**
 * DIR/agent: the directory of the agent itself. It is a rack like any other, of the app that agents are released in,
 * and every verb works on it: `headgate status --dir DIR/agent`. Its release is one file.
 */
import { basename, dirname, join } from 'node:path'
import { type Attempt, attemptOf, isOver } from '../attempt.ts'
import type { DurableFiles } from '../files.ts'
import { openJournal } from '../journal.ts'
import { rackConfigFile } from '../rack-config.ts'

export function agentDirectory(dir: string): string {
  return join(dir, 'agent')
}

/** The one file that a release of the agent consists of. */
export const programName = 'headgate.mjs'

/** `current`: what runs, on probation or not. `trusted`: what passed it last, and may judge another one. */
export type ProgramLink = 'current' | 'trusted'

export interface InstalledProgram {
  readonly version: string
  readonly file: string
}

/** Null when the link is not there, or leads to no program. */
export function programAt(dir: string, link: ProgramLink, files: DurableFiles): InstalledProgram | null {
  const target = files.readLink(join(agentDirectory(dir), link))
  if (target === null) return null
  const version = basename(target)
  const file = join(agentDirectory(dir), 'releases', version, programName)
  return files.kindOf(file) === 'file' ? { version, file } : null
}

export function trust(dir: string, version: string, files: DurableFiles): void {
  const link = join(agentDirectory(dir), 'trusted')
  const target = join('releases', version)
  if (files.readLink(link) !== target) files.linkAtomically(target, link)
}

/** A rack and the directory of its agent never move at the same time: each is the other's neighbour. */
function neighbourOf(dir: string, files: DurableFiles): string | null {
  const below = agentDirectory(dir)
  if (files.kindOf(rackConfigFile(below)) === 'file') return below
  return basename(dir) === 'agent' && files.kindOf(rackConfigFile(dirname(dir))) === 'file'
    ? dirname(dir)
    : null
}

/** What nobody has touched for so long, nobody is at any more: it must not hold up the rack for ever. */
const abandonedMs = 2 * 3_600_000

export interface Beside {
  readonly attempt: Attempt
  /** The rack's own directory, whichever of the two was asked for. */
  readonly rackDir: string
  /** Whether it is the agent that moves. */
  readonly isOfAgent: boolean
}

/** The attempt that is under way beside `dir`, if there is one. */
export function attemptBeside(dir: string, files: DurableFiles, now: number): Beside | undefined {
  const neighbour = neighbourOf(dir, files)
  if (neighbour === null) return undefined
  const attempt = lastAttemptIn(neighbour, files)
  if (!attempt || isOver(attempt.state)) return undefined
  const isOfAgent = neighbour === agentDirectory(dir)
  if (isOfAgent && now - attempt.at > abandonedMs) return undefined
  return { attempt, rackDir: isOfAgent ? dir : neighbour, isOfAgent }
}

export function lastAttemptIn(dir: string, files: DurableFiles): Attempt | undefined {
  const group = openJournal(dir, files).attempts().at(-1)
  return group && attemptOf(group)
}
