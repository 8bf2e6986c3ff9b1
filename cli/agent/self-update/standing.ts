/** How the agent itself stands: its versions, a probation under way, what is barred, and whether somebody supervises it. */

import { join } from 'node:path'
import { hasActed } from '../attempt.ts'
import type { DurableFiles } from '../files.ts'
import { rackConfigFile, readRackConfig } from '../rack-config.ts'
import { readRackState } from '../rack-state.ts'
import { agentDirectory, attemptBeside, programAt, programName } from './agent-directory.ts'
import { readSupervisorNote } from './supervisor-note.ts'

export interface AgentStanding {
  /** What it follows, such as "headgate on stable"; null: it is not enrolled and does not update itself. */
  readonly follows: string | null
  readonly isSupervised: boolean
  /** Null: the program that the supervisor itself is. */
  readonly current: string | null
  readonly trusted: string | null
  /** On the disk, whatever runs. */
  readonly kept: readonly string[]
  readonly probation: { readonly version: string; readonly since: number } | null
  /** Above the first, up to the second: not taken until something newer comes, or `retry`. */
  readonly barred: { readonly above: string; readonly upTo: string } | null
}

export function agentStandingOf(dir: string, files: DurableFiles, now: number): AgentStanding {
  const own = agentDirectory(dir)
  const isThere = files.kindOf(rackConfigFile(own)) === 'file'
  const { app, channel } = isThere ? readRackConfig(own, files).rack : { app: '', channel: '' }
  const beside = isThere ? attemptBeside(dir, files, now) : undefined
  const onProbation = beside?.isOfAgent && hasActed(beside.attempt.state) ? beside.attempt : null
  const releases = join(own, 'releases')
  return {
    follows: isThere ? `${app} on ${channel}` : null,
    isSupervised: readSupervisorNote(dir, files)?.isRunning ?? false,
    current: programAt(dir, 'current', files)?.version ?? null,
    trusted: programAt(dir, 'trusted', files)?.version ?? null,
    kept: files.list(releases).filter((name) => files.kindOf(join(releases, name, programName)) === 'file'),
    probation: onProbation && { version: onProbation.input.to, since: onProbation.at },
    barred: isThere ? readRackState(own, channel, files).bar : null,
  }
}
