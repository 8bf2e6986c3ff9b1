/**
 * The supervisor: makes what runs equal to what DIR/agent/current says, and starts the updater now and then, always from
 * the version that is trusted. It knows neither protocol nor configuration, and remembers nothing that is not on the disk:
 * killed at any instant, the next one goes on from the links. That is why it can stay as it was installed.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { version as ownVersion } from '../../../shared/contract/version.ts'
import { identityOf, type ProcessIdentity } from '../boot.ts'
import type { Clock } from '../clock.ts'
import type { DurableFiles } from '../files.ts'
import { acquireLock } from '../lock.ts'
import { endGroup, signalGroup, waitForGroup } from '../process-group.ts'
import { agentDirectory, type InstalledProgram, type ProgramLink, programAt } from './agent-directory.ts'
import { readSupervisorNote, writeSupervisorNote } from './supervisor-note.ts'

export interface Supervision {
  /** The rack's directory, absolute. */
  readonly dir: string
  readonly program: { readonly node: string; readonly file: string }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: DurableFiles
  readonly clock: Clock
  /** Stops everything, the agent after the round under way. */
  readonly signal: AbortSignal
  /** From 0 up to 1. */
  readonly chance: () => number
  readonly say: (line: string) => void
  /** From one updater to the next, spread by half of it. */
  readonly everySeconds: number
}

const lookMs = 500
/** A new agent waits for the old one no longer: nothing is under way when agents change. */
const switchMs = 10_000
const leftoverMs = 10_000
const longestPauseMs = 60_000
/** Whoever ran so long has not crashed at its start. */
const steadyMs = 600_000

const nobody: ProcessIdentity = { pid: -1, startTime: null, bootId: null, namespace: null }

interface Child {
  readonly program: InstalledProgram
  readonly process: ProcessIdentity
  readonly startedAt: number
  /** Once it is noted: until then it waits, and ends when this process does. */
  readonly begin: () => void
  /** In words, once it has ended. */
  end: string | null
}

/** Raises `locked` when another supervisor is at this rack. */
export async function supervise(run: Supervision): Promise<void> {
  const { dir, files, clock, signal, say } = run
  const lock = await acquireLock(
    join(agentDirectory(dir), 'supervisor'),
    'agent supervise',
    clock.now(),
    files,
  )
  let agent: Child | null = null
  let updater: Child | null = null
  /** The version that is to run; between two starts of one that crashes there is no process of it. */
  let chosen: string | null = null
  let ends = 0
  let agentNotBefore = 0
  let updaterNotBefore = 0

  function note(): void {
    writeSupervisorNote(
      dir,
      {
        v: 1,
        process: identityOf(process.pid),
        agent: agent && { process: agent.process, version: agent.program.version, ends },
        updater: updater && { process: updater.process },
      },
      files,
    )
  }

  async function tendAgent(): Promise<void> {
    const wanted = programFor('current', run)
    if (chosen !== null && chosen !== wanted.version) {
      say(`agent ${chosen} makes room for ${wanted.version}`)
      if (agent?.end === null) await endGroup(agent.process, switchMs, clock)
      agent = null
      ends = 0
      agentNotBefore = 0
    }
    chosen = wanted.version
    if (agent && agent.end !== null) {
      const ranMs = clock.monotonic() - agent.startedAt
      ends = ranMs >= steadyMs ? 1 : ends + 1
      const pauseMs = Math.min(longestPauseMs, 1000 * 2 ** (ends - 1))
      say(`agent ${agent.program.version} ${agent.end}; it is started again in ${pauseMs / 1000} s`)
      agentNotBefore = clock.monotonic() + pauseMs
      note()
      agent = null
    }
    if (!agent && clock.monotonic() >= agentNotBefore) {
      agent = start(wanted, ['run', '--dir', dir], run.env, run)
      note()
      agent.begin()
    }
  }

  function tendUpdater(): void {
    if (updater && updater.end !== null) {
      updater = null
      updaterNotBefore = clock.monotonic() + run.everySeconds * 1000 * (0.75 + run.chance() / 2)
      note()
    }
    if (!updater && clock.monotonic() >= updaterNotBefore) {
      // The credentials of the service are the rack's own; the agent's directory has its token in it.
      const { CREDENTIALS_DIRECTORY: _ofRack, ...env } = run.env
      updater = start(programFor('trusted', run), ['update', '--dir', dir, '--quiet'], env, run)
      note()
      updater.begin()
    }
  }

  try {
    await endLeftovers(run)
    while (!signal.aborted) {
      await tendAgent()
      tendUpdater()
      await clock.sleep(lookMs, signal)
    }
    // The one that judges first: the agent's end must not look to it like a crash.
    for (const child of [updater, agent]) await stop(child)
  } finally {
    await lock.release()
  }

  /** The agent ends after its round, however long that takes; who is impatient kills it, and the next start repairs. */
  async function stop(child: Child | null): Promise<void> {
    if (!child || child.end !== null) return
    signalGroup(child.process.pid, 'SIGTERM')
    while (!(await waitForGroup(child.process, longestPauseMs, clock)))
      say(`process ${child.process.pid} still runs`)
  }
}

/** Without a release there is the program that the supervisor itself is. */
function programFor(link: ProgramLink, { dir, files, program }: Supervision): InstalledProgram {
  return programAt(dir, link, files) ?? { version: ownVersion, file: program.file }
}

/** What is not noted yet must not outlive us: nobody would find it, and it would hold the lock of its successors. */
const gate = 'read -r _ || exit 125; exec "$@" </dev/null'

/** In a process group of its own, so that its successor can be told what a killed supervisor left running. */
function start(
  program: InstalledProgram,
  words: readonly string[],
  env: Supervision['env'],
  run: Supervision,
): Child {
  const command = [run.program.node, program.file, 'agent', ...words]
  const child = spawn('/bin/sh', ['-c', gate, 'headgate', ...command], {
    cwd: run.dir,
    env,
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const { pid, stdin } = child
  // It may be gone before it is let in: that shows in how it ended.
  stdin.on('error', () => undefined)
  const started: Child = {
    program,
    // Without a number it has never been there: the number 0 would be this very group.
    process: pid === undefined ? nobody : identityOf(pid),
    startedAt: run.clock.monotonic(),
    begin: () => void stdin.end('\n'),
    end: pid === undefined ? 'could not be started' : null,
  }
  child.once('error', (error) => {
    started.end = `could not be started: ${error.message}`
  })
  child.once('exit', (code, signal) => {
    started.end = signal === null ? `ended with ${code}` : `was ended by ${signal}`
  })
  return started
}

/** A supervisor that was killed left its children running: two agents of one rack would only lock each other out. */
async function endLeftovers({ dir, files, clock, say }: Supervision): Promise<void> {
  const before = readSupervisorNote(dir, files)
  for (const child of [before?.updater, before?.agent]) {
    if (!child || child.process.pid <= 0) continue
    if (!(await endGroup(child.process, leftoverMs, clock)))
      say(`process ${child.process.pid} cannot be ended`)
  }
}
