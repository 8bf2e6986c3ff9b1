/**
 * JumpCloud, January 2024, the part that people did: a change that was small went to production past the usual path; 32
 * days later every credential was revoked at once, signing in needed what was broken, and in the end everything was
 * halted by hand. Day 0, when the cliff could have been known, is told in jumpcloud-forecast.test.ts.
 *
 * People are tokens, every act is `headgate` as a process of its own, and days pass for the registry's machine and those
 * of the racks: their clocks are ahead, and the registry is started anew. The secrets backend is a stand-in; a service
 * whose release signs in by the new mechanism is well as long as the backend lets it in.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { day } from '../../shared/domain/instants.ts'
import { type GatePolicy, presets } from '../../shared/domain/policy.ts'
import { furnish } from '../support/campaign-yard.ts'
import { type Ended, headgate, type Running, startHeadgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { tgzOf } from '../support/tar-archive.ts'
import { expectDone, hurried } from './a-team.ts'
import { aHintBook, type HintBook } from './jumpcloud-hints.ts'
import { aSecretsBackend, longestLifeDays } from './secrets-backend.ts'

/** Signs in with a password, with the new mechanism, and with the new mechanism as the path wants it. */
export const [before, small, proper] = ['1.4.0', '1.5.0', '1.6.0']

export interface World {
  readonly cwd: string
  /** The registry's own folder. */
  readonly data: string
  readonly hints: HintBook
  /** A command of somebody, however it ends. Null: whoever stands at the server, without any token. */
  types(who: string | null, ...words: readonly string[]): Promise<Ended>
  /** The same, and it has to succeed. */
  does(who: string | null, ...words: readonly string[]): Promise<Ended>
  /** The same, begun and left alone. */
  begins(who: string, ...words: readonly string[]): Running
  /** A token for somebody, made by whoever may; `who` is its name and that of its file. */
  hires(by: string, who: string, ...words: readonly string[]): Promise<void>
  publishes(who: string, version: string): Promise<Ended>
  rack(name: string, channel: string): Promise<JumpRack>
  /** So many days after the beginning, on every machine. */
  goesTo(days: number): Promise<void>
}

export interface JumpRack {
  readonly name: string
  /** A verb on the rack; `--dir` is added. */
  runs(...words: readonly string[]): Promise<Ended>
  does(...words: readonly string[]): Promise<Ended>
  /** Its agent, as a process of its own until the test is over. */
  startAgent(): void
  /** What `headgate status` says that it runs. */
  version(): Promise<unknown>
}

/** Whoever holds `admin` at the beginning. */
export const root = 'admin'

const preload = join(import.meta.dirname, '..', 'support', 'scripts', 'shift-clock.cjs')

/** To be called inside a test: a registry with the app `issuer` and its channels `unstable` and `stable`. */
export async function aWorld(): Promise<World> {
  const cwd = scratchDirectory()
  const beganAt = Date.now()
  const backend = aSecretsBackend(join(cwd, 'backend'), beganAt)
  backend.lease({ name: 'system-token', ttlDays: 365 })
  backend.lease({ name: 'service-token', ttlDays: 365, madeWith: 'system-token' })
  backend.lease({ name: 'db-credential', ttlDays: 365, madeWith: 'service-token' })
  let registry = await startRegistry(cwd)
  let machine: Readonly<Record<string, string>> = {}
  const hints = aHintBook({ DIR: registry.data })

  const envOf = (who: string | null): Readonly<Record<string, string>> => ({
    ...machine,
    HEADGATE_URL: registry.url,
    ...(who !== null && { HEADGATE_TOKEN_FILE: tokenFileOf(who) }),
  })
  const tokenFileOf = (who: string): string => {
    if (who === root) return join(registry.data, 'admin.token')
    return who.startsWith('/') ? who : join(cwd, `${who}.token`)
  }
  async function heard(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
    const ended = await headgate(words, { cwd, env })
    await hints.hear(ended, (pasted) => headgate(pasted, { cwd, env }))
    return ended
  }
  const lets = (at: number): void => {
    const file = join(cwd, 'backend', 'lets-in')
    if (backend.letsIn('db-credential', at)) writeFileSync(file, '')
    else rmSync(file, { force: true })
  }
  lets(beganAt)

  const world: World = {
    cwd,
    data: registry.data,
    hints,
    types: (who, ...words) => heard(words, envOf(who)),
    async does(who, ...words) {
      const ended = await world.types(who, ...words)
      expectDone(ended)
      return ended
    },
    begins: (who, ...words) => endedWithTest(startHeadgate(words, { cwd, env: envOf(who) })),
    async hires(by, who, ...words) {
      rmSync(tokenFileOf(who), { force: true })
      await world.does(by, 'token', 'create', who, ...words, '--out', tokenFileOf(who))
    },
    async publishes(who, version) {
      const file = join(cwd, `issuer-${version}.tgz`)
      writeFileSync(file, tgzOf({ name: 'MECHANISM', content: version === before ? 'password' : 'dynamic' }))
      return world.does(who, 'release', 'publish', version, '--app', 'issuer', '--artifact', file)
    },
    async rack(name, channel) {
      const dir = join(cwd, name)
      const who = ['--app', 'issuer', '--channel', channel, '--name', name]
      await world.does(root, 'enroll', '--dir', dir, ...who, '--driver', 'directory')
      furnish(dir, rackToml)
      const rack: JumpRack = {
        name,
        runs: (...words) => heard([...words, '--dir', dir], machine),
        async does(...words) {
          const ended = await rack.runs(...words)
          expectDone(ended)
          return ended
        },
        startAgent: () =>
          void endedWithTest(startHeadgate(['agent', 'run', '--dir', dir], { cwd, env: machine })),
        version: async () => (await rack.does('status', '--json')).json.current,
      }
      return rack
    },
    async goesTo(days) {
      const port = Number(new URL(registry.url).port)
      await registry.stop()
      machine = { NODE_OPTIONS: `--require=${preload}`, CLOCK_SHIFT_MS: String(days * day) }
      lets(beganAt + days * day)
      registry = await startRegistry(cwd, port, machine)
    },
  }
  await world.does(root, 'app', 'create', 'issuer')
  return world
}

function endedWithTest(running: Running): Running {
  onTestFinished(async () => {
    running.kill('SIGKILL')
    await running.ended
  })
  return running
}

const rackToml = `
[driver]
kind = "directory"

[[check]]
name = "database"
kind = "command"
command = "grep -q password current/MECHANISM || test -e ../backend/lets-in"
healthyCount = 1
unhealthyCount = 1
intervalSeconds = 0.2
${hurried}`

/** Those who work there, each with a token that their secrets backend lets live for as long as everything else. */
export async function hireEverybody(world: World): Promise<void> {
  const expires = ['--expires', `${longestLifeDays}d`]
  const app = ['--app', 'issuer']
  await world.hires(root, 'everybody', '--role', 'admin', ...expires)
  await world.hires(root, 'ci', '--role', 'publisher', ...app, ...expires)
  await world.hires(root, 'ada', '--role', 'maintainer', ...app, ...expires)
  await world.hires(root, 'bob', '--role', 'maintainer', ...app, ...expires)
  await world.hires(root, 'zoe', '--role', 'maintainer', ...app, '--scope', 'override', ...expires)
}

/** The usual path to production, written down: what the preset `team` asks, evidence, architects, and a second person. */
export async function setPath(world: World): Promise<void> {
  const sets = async (channel: string, policy: object) => {
    const file = join(world.cwd, `${channel}.json`)
    writeFileSync(file, JSON.stringify(policy))
    const words = ['channel', 'policy', 'set', channel, '--app', 'issuer', '--file', file]
    await world.does(root, ...words, '--reason', 'our usual path to production')
  }
  const gates: GatePolicy = {
    ...presets.team,
    // A minute for the day of the preset: the test waits for it.
    soak: { ...presets.team.soak, soakMinutes: 1 },
    evidence: [{ name: 'integration', maxAgeHours: 24 }],
    checklist: [
      { item: 'architects', text: 'An architect and a reliability engineer know how its credentials end.' },
    ],
    approvals: { count: 1, role: 'maintainer' },
  }
  await sets('stable', { checkSeconds: 5, gates })
  await sets('unstable', { checkSeconds: 5, gates: {} })
}

/** One on staging, two in production, all on what signs in with a password, and one on which nothing is installed. */
export async function aFleet(world: World) {
  await world.publishes(root, before)
  await world.does(root, 'promote', before, ...toStable)
  const staging = await world.rack('staging-1', 'unstable')
  const prod = await world.rack('prod-1', 'stable')
  const prodWithAgent = await world.rack('prod-2', 'stable')
  for (const rack of [staging, prod, prodWithAgent]) await rack.does('update', '--yes')
  return { staging, prod, prodWithAgent, empty: await world.rack('prod-3', 'stable') }
}

export const toStable = ['--app', 'issuer', '--to', 'stable']

/** All that the path asks of a release that was never on it. */
export const pastEverything = ['path', 'coverage', 'soak', 'failures', 'evidence', 'checklist', 'approvals']

/** The peer as a model: reviews and staging are there, and nothing makes anybody wait for them. */
export function aPeer(hosts: readonly string[], version: string) {
  const runs = new Map(hosts.map((host) => [host, version]))
  return {
    /** One act of one person, whatever the change was before that. */
    ships(next: string): void {
      for (const host of hosts) runs.set(host, next)
    },
    runs: () => [...runs.values()],
  }
}
