/**
 * The `agent` check, of an agent's own directory: whether the version that should run does not crash (`starts`), and
 * whether it has passed its probation (`probation`). It reads what the agent and its supervisor say of themselves.
 */
import { dirname } from 'node:path'
import { readAgentStatus } from '../agent-status.ts'
import type { DurableFiles } from '../files.ts'
import { programAt } from '../self-update/agent-directory.ts'
import { readSupervisorNote } from '../self-update/supervisor-note.ts'
import { type Check, type CheckPatience, healthy, type Severity, timed, unhealthy } from './check.ts'

export interface AgentCheckConfig extends CheckPatience {
  readonly kind: 'agent'
  readonly name: string
  readonly severity: Severity
  readonly asks: 'starts' | 'probation'
  /** Answers of the registry that a new version must have got. */
  readonly checkIns: number
}

/** Ended by itself so often, a version is not waited for any longer. */
const mostEnds = 3

/** `dir` is the agent's directory: what it drives lies above it. */
export function createAgentCheck(
  config: AgentCheckConfig,
  { dir, files }: { readonly dir: string; readonly files: DurableFiles },
): Check {
  const rackDir = dirname(dir)
  const ask = config.asks === 'starts' ? starts : probation
  return { ...config, run: ({ expectedVersion }) => timed(async () => ask(expectedVersion)) }

  function starts(expected: string | null) {
    const note = readSupervisorNote(rackDir, files)
    // A supervisor that was killed comes back, or the time runs out: neither says that the agent crashes.
    const ends = note?.agent?.version === expected ? note.agent.ends : 0
    const numbers = { ends }
    return ends < mostEnds
      ? healthy(`ended by itself ${ends} times`, numbers)
      : unhealthy(`agent ${expected} has ended by itself ${ends} times`, numbers)
  }

  function probation(expected: string | null) {
    const note = readSupervisorNote(rackDir, files)
    if (!note?.isRunning) {
      // Back where it came from there is nothing left to do: whoever supervises next starts what is trusted.
      return isTrusted(expected)
        ? healthy('no supervisor runs; the next one starts it')
        : unhealthy('no supervisor runs here, so nothing starts the new agent')
    }
    if (note.agent?.version !== expected) return unhealthy(`${expected} is not started yet`)
    const status = readAgentStatus(rackDir, files)
    const isItsOwn = status?.isRunning && status.process.pid === note.agent.process.pid
    if (!status || !isItsOwn) return unhealthy(`${expected} has not begun yet`)
    const { version = 'an older one', rounds, checkIns = 0, noOp = null } = status
    if (version !== expected)
      return unhealthy(`the program in release ${expected} says that it is ${version}`)
    const numbers = { rounds, checkIns, noOp: noOp?.ok ?? null }
    // Back on a version that passed before: it has to run, whether or not the registry can be reached now.
    if (isTrusted(expected)) {
      return rounds > 0 ? healthy(`${version} runs again`, numbers) : unhealthy('no round yet', numbers)
    }
    const said = `${checkIns} of ${config.checkIns} check-ins, ${noOp ? `an attempt without acts: ${noOp.detail}` : 'no attempt without acts yet'}`
    return checkIns >= config.checkIns && noOp?.ok ? healthy(said, numbers) : unhealthy(said, numbers)
  }

  function isTrusted(version: string | null): boolean {
    return version !== null && programAt(rackDir, 'trusted', files)?.version === version
  }
}
