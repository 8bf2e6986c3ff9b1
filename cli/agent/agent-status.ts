/** DIR/agent.json: what the agent on this rack last did and when it asks again, for a person who wonders. */
import { join } from 'node:path'
import { isSameProcess, type ProcessIdentity } from './boot.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import type { NoOp } from './self-update/probation.ts'

export interface AgentStatus {
  readonly v: 1
  readonly process: ProcessIdentity
  readonly startedAt: number
  readonly rounds: number
  readonly lastRoundAt: number | null
  /** The last round in a few words. */
  readonly lastWords: string | null
  readonly nextRoundAt: number | null
  /** Of the program; an agent before 0.2 does not say. */
  readonly version?: string
  /** Rounds that the registry has answered. */
  readonly checkIns?: number
  /** On probation: the last attempt without acts. */
  readonly noOp?: NoOp | null
}

function agentStatusFile(dir: string): string {
  return join(dir, 'agent.json')
}

/** Null when no agent ever ran here, or the file is not one of ours. */
export function readAgentStatus(
  dir: string,
  files: DurableFiles,
): (AgentStatus & { isRunning: boolean }) | null {
  const bytes = files.read(agentStatusFile(dir))
  if (bytes === null) return null
  try {
    const status: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof status !== 'object' || status === null || !('v' in status) || status.v !== 1) return null
    const known = status as AgentStatus
    return { ...known, isRunning: isSameProcess(known.process) === 'yes' }
  } catch {
    return null
  }
}

/** What is only for the eye must not stop an agent on a full disk. */
export function writeAgentStatus(dir: string, status: AgentStatus, files: DurableFiles): void {
  try {
    files.writeAtomically(agentStatusFile(dir), `${JSON.stringify(status)}\n`, 0o644)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}
