/**
 * A rack whose agent updates itself, in real processes: a registry, the one file copied to where nothing else is, and a
 * supervisor. Versions of the agent are the same file under another version, sabotaged where a test wants it.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type Attempt, attemptOf } from '../../cli/agent/attempt.ts'
import { realFiles } from '../../cli/agent/files.ts'
import { openJournal } from '../../cli/agent/journal.ts'
import { version as presentVersion } from '../../shared/contract/version.ts'
import { type Ended, program, type Running, startProgram, startRegistry } from './real-registry.ts'
import { scratchDirectory } from './scratch-directory.ts'
import { tgzOf } from './tar-archive.ts'

/** Built beside the program by test/global-setup.ts. */
const oneFile = join(dirname(program), 'headgate-agent.mjs')
const killAtCall = join(import.meta.dirname, '..', 'campaign', 'kill-at-call.mjs')

export type Sabotage = (program: string) => string

/** What may be wrong with a version of an agent. */
export const sabotages = {
  none: (text) => text,
  crashes: after1stLine('process.exit(1)'),
  hangs: after1stLine(
    "if (process.argv.includes('run')) { process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); await new Promise(() => {}) }",
  ),
  cannotCheckIn: (text) => replaced(text, 'Bearer ', 'Bearing '),
  saysAnotherVersion: (text) => replaced(text, '"0.3.0"', '"0.2.9"'),
} as const satisfies Record<string, Sabotage>

function after1stLine(code: string): Sabotage {
  return (text) => text.replace('\n', `\n${code}\n`)
}

function replaced(text: string, from: string, to: string): string {
  const changed = text.replaceAll(from, to)
  if (changed === text) throw new Error(`there is no ${from} in the program`)
  return changed
}

export interface SelfUpdatingRack {
  /** Where the one file was copied to, alone. */
  readonly file: string
  readonly dir: string
  readonly agentDir: string
  /** The one file with these words, in the maintainer's environment. */
  run(...words: readonly string[]): Promise<Ended>
  /** The same, and it has to succeed. */
  does(...words: readonly string[]): Promise<Ended>
  /** Published and promoted, in the app of agents. */
  servesAgent(version: string, sabotage?: Sabotage): Promise<void>
  servesPayload(version: string): Promise<void>
  /** `diesAfter`: right after so many calls that write, sync, rename or start a process. */
  supervise(diesAfter?: number): Running
  /** The numbers of the agents and updaters that run for it. */
  working(): readonly number[]
  /** Of the agent, read from its journal. */
  attempts(): readonly Attempt[]
  /** Waits for it, for a minute and a half at most. */
  until(what: string, holds: () => boolean): Promise<void>
  link(name: 'current' | 'trusted'): string
  payload(): string
  /** A number in the [settle] table of the agent's own directory. */
  settles(timeoutSeconds: number): void
}

/** To be called inside a test. */
export async function aSelfUpdatingRack(): Promise<SelfUpdatingRack> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const file = join(cwd, 'alone', 'headgate-agent.mjs')
  mkdirSync(dirname(file))
  copyFileSync(oneFile, file)
  const dir = join(cwd, 'prod-1')
  const agentDir = join(dir, 'agent')
  const startNode = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    startProgram([process.execPath, ...words], { cwd: dirname(file), env: { ...registry.env, ...env } })
  const start = (...words: readonly string[]) => startNode([file, ...words])
  const does: SelfUpdatingRack['does'] = async (...words) => {
    const ended = await start(...words).ended
    expect(ended.code, `headgate ${words.join(' ')}\n${ended.stderr}`).toBe(0)
    return ended
  }
  async function serves(app: string, version: string, artifact: Buffer): Promise<void> {
    const archive = join(cwd, `${app}-${version}.tgz`)
    writeFileSync(archive, artifact)
    await does('release', 'publish', version, '--app', app, '--artifact', archive)
    await does('promote', version, '--app', app, '--to', 'stable')
  }

  const rack: SelfUpdatingRack = {
    file,
    dir,
    agentDir,
    does,
    run: (...words) => start(...words).ended,
    servesPayload: (version) => serves('rack', version, tgzOf({ name: 'VERSION', content: `${version}\n` })),
    servesAgent(version, sabotage = sabotages.none) {
      const text = replaced(readFileSync(oneFile, 'utf8'), `"${presentVersion}"`, `"${version}"`)
      return serves('headgate', version, tgzOf({ name: 'headgate.mjs', content: sabotage(text) }))
    },
    supervise(diesAfter) {
      const words = [file, 'agent', 'supervise', '--dir', dir, '--every', '1']
      const dying = { CAMPAIGN_KILL_AT: `${diesAfter}`, CAMPAIGN_KILL_SIDE: 'after' }
      const running =
        diesAfter === undefined ? startNode(words) : startNode(['--import', killAtCall, ...words], dying)
      onTestFinished(async () => {
        running.kill('SIGTERM')
        await gone(running)
        endAgents(agentDir)
      })
      return running
    },
    working: () =>
      readdirSync('/proc')
        .map(Number)
        .filter((pid) => {
          const words = commandOf(pid)
          return words.includes(dir) && (words.includes('run') || words.includes('update'))
        }),
    attempts: () =>
      openJournal(agentDir, realFiles)
        .attempts()
        .flatMap((group) => attemptOf(group) ?? []),
    async until(what, holds) {
      const giveUpAt = Date.now() + 90_000
      while (!holds()) {
        if (Date.now() > giveUpAt)
          throw new Error(`in vain waited for: ${what}; ${JSON.stringify(rack.attempts().at(-1))}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    link: (name) => readlinkSync(join(agentDir, name)).replace(/^releases\//, ''),
    payload: () => readFileSync(join(dir, 'current', 'VERSION'), 'utf8').trim(),
    settles(timeoutSeconds) {
      const config = join(agentDir, 'rack.toml')
      writeFileSync(
        config,
        readFileSync(config, 'utf8').replace(/^timeoutSeconds = .*$/m, `timeoutSeconds = ${timeoutSeconds}`),
      )
    },
  }

  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('app', 'create', 'headgate', '--scheme', 'semver')
  await rack.servesPayload('10')
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1')
  const config = join(dir, 'rack.toml')
  writeFileSync(config, `${readFileSync(config, 'utf8')}\n[agent]\napp = "headgate"\nchannel = "stable"\n`)
  await does('update', '--dir', dir, '--yes')
  await does('agent', 'enroll', '--dir', dir)
  chmodSync(file, 0o755)
  return rack
}

/** What a supervisor that a test killed for good has left. */
function endAgents(agentDir: string): void {
  const note = join(agentDir, 'supervisor.json')
  if (!existsSync(note)) return
  const { agent, updater } = JSON.parse(readFileSync(note, 'utf8'))
  for (const child of [agent, updater]) {
    try {
      if (child?.process.pid > 0) process.kill(-child.process.pid, 'SIGKILL')
    } catch {
      // It is gone, as it should be.
    }
  }
}

/** Empty when it is gone. */
function commandOf(pid: number): readonly string[] {
  try {
    return Number.isNaN(pid) ? [] : readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The process itself: what it left running may hold its output open for as long as it likes. */
export async function gone({ pid }: Running): Promise<void> {
  while (existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(statusOf(pid))) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return `${pid} (gone) Z`
  }
}
