/**
 * A yard of racks beside a registry that listens: every act is a command line, every hook and check a real process.
 * A release says in its own files whether it is healthy, and hooks note each start of it.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createShell, type Ran, type Shell, type ShellOptions } from '../cli/shell.ts'
import { type HurriedClock, hurriedClock } from './campaign-clock.ts'
import { type RackFiles, rackFiles } from './campaign-rack.ts'
import { type ListeningRegistry, listeningRegistry } from './campaign-registry.ts'
import { type AtEnd, scratchDirectory } from './scratch-directory.ts'
import { tgzOf } from './tar-archive.ts'

export interface YardSurroundings {
  /** Default: a hurried one. Racks that run as processes of their own need that of the machine. */
  readonly clock?: HurriedClock
  /** Default: when the test is over. */
  readonly atEnd?: AtEnd
}

export interface Yard extends ListeningRegistry {
  readonly folder: string
  readonly clock: HurriedClock
  /** What was published, by version. */
  readonly artifacts: ReadonlyMap<string, Buffer>
  /** The maintainer's shell. */
  readonly headgate: Shell
  with(options: ShellOptions): Shell
  /** The same, and it has to succeed. */
  does(...words: readonly string[]): Promise<Ran>
  publishes(version: string, content?: ReleaseContent): Promise<void>
  /** Published and promoted to `stable`. */
  serves(version: string, content?: ReleaseContent): Promise<void>
  rack(name: string, furnished?: RackFurniture): Promise<YardRack>
  /** A rack in a directory that is there already. */
  rackAt(dir: string): YardRack
}

export interface ReleaseContent {
  /** Whether its health check says so; default true. */
  readonly isHealthy?: boolean
  /** Incompressible bytes besides, for downloads that take a while. */
  readonly bytes?: number
}

export interface RackFurniture {
  readonly channel?: string
  readonly driver?: 'directory' | 'command'
  readonly enrol?: readonly string[]
  /** Instead of the usual [driver] and [[check]] tables. */
  readonly toml?: string
}

export interface YardRack extends RackFiles {
  /** A verb on this rack; `--dir` is added. */
  readonly headgate: Shell
  /** The same with other surroundings, such as a disk that dies. */
  with(options: ShellOptions): Shell
  does(...words: readonly string[]): Promise<Ran>
}

/** Hooks start what was installed; it runs when `running` names it. */
const startHook =
  'cat "$HEADGATE_DIR/current/VERSION" > "$HEADGATE_DIR/running" && echo "$HEADGATE_ATTEMPT $HEADGATE_VERSION" >> "$HEADGATE_DIR/starts"'

// Ten minutes of a hurried clock are half a minute of the processes that are asked, also on a busy machine.
export const directoryToml = `
[driver]
kind = "directory"
restart = '''test -e "$HEADGATE_DIR/current" || { rm -f "$HEADGATE_DIR/running"; exit 0; }; ${startHook}'''

[[check]]
name = "healthz"
kind = "command"
command = "test -e running && ! test -e current/BROKEN"
healthyCount = 1
unhealthyCount = 1
intervalSeconds = 0.2
timeoutSeconds = 600

[[check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2
timeoutSeconds = 600

[settle]
graceSeconds = 0
timeoutSeconds = 600
`

/** What an operator's own scripts may look like: the version in a file, releases that are broken in a list. */
export const commandToml = `
[driver]
kind = "command"
current = ["cat", "VERSION"]
emptyMeansNothing = true
offlineRollback = true
apply = '''echo "$HEADGATE_ATTEMPT $HEADGATE_VERSION" >> starts; echo "$HEADGATE_VERSION" > VERSION'''
rollback = '''echo "$HEADGATE_ATTEMPT $HEADGATE_VERSION" >> starts; echo "$HEADGATE_ATTEMPT $HEADGATE_VERSION" >> rollbacks; echo "$HEADGATE_VERSION" > VERSION'''

[[check]]
name = "healthz"
kind = "command"
command = '''read -r broken < broken; test "$HEADGATE_VERSION" != "$broken"'''
healthyCount = 1
unhealthyCount = 1
intervalSeconds = 0.2
timeoutSeconds = 600

[[check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2
timeoutSeconds = 600

[settle]
graceSeconds = 0
timeoutSeconds = 600
`

/** To be called inside a test. The app is `rack`, of the timestamp scheme: versions are digits. */
export async function aYard({ clock = hurriedClock(), atEnd }: YardSurroundings = {}): Promise<Yard> {
  const folder = scratchDirectory(atEnd)
  const registry = await listeningRegistry(join(folder, 'registry'), clock.now, atEnd)
  const furniture: ShellOptions = {
    cwd: folder,
    clock,
    fetch: globalThis.fetch,
    env: {
      PATH: process.env.PATH,
      USER: 'ada',
      HEADGATE_URL: registry.url,
      HEADGATE_TOKEN_FILE: registry.tokenFile,
    },
    random: {
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
  }
  const headgate = createShell(furniture)
  const does = succeeding(headgate)
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  const artifacts = new Map<string, Buffer>()

  const yard: Yard = {
    ...registry,
    folder,
    clock,
    artifacts,
    headgate,
    with: (options) => createShell({ ...furniture, ...options }),
    does,
    async publishes(version, content = {}) {
      const file = join(folder, `rack-${version}.tgz`)
      const artifact = artifactOf(version, content)
      artifacts.set(version, artifact)
      writeFileSync(file, artifact)
      await does('release', 'publish', version, '--app', 'rack', '--artifact', file)
    },
    async serves(version, content) {
      await yard.publishes(version, content)
      await does('promote', version, '--app', 'rack', '--to', 'stable')
    },
    async rack(name, { channel = 'stable', driver = 'directory', enrol = [], toml } = {}) {
      const dir = join(folder, name)
      const commands = driver === 'command' ? ['--current', 'echo 0', '--apply', 'true'] : []
      const who = ['--app', 'rack', '--channel', channel, '--name', name, '--driver', driver]
      await does('enroll', '--dir', dir, ...who, ...commands, ...enrol)
      const usual = driver === 'directory' ? directoryToml : commandToml
      furnish(dir, toml ?? usual)
      const rack = yard.rackAt(dir)
      if (driver === 'command') for (const name of ['VERSION', 'broken']) rack.write(name, '\n')
      return rack
    },
    rackAt: (dir) => rackAt(dir, furniture),
  }
  return yard
}

/** Everything below [driver] in the file that `enroll` wrote is replaced. */
export function furnish(dir: string, toml: string): void {
  const file = join(dir, 'rack.toml')
  const [head = ''] = readFileSync(file, 'utf8').split('[driver]')
  writeFileSync(file, head + toml)
}

export function artifactOf(version: string, { isHealthy = true, bytes = 0 }: ReleaseContent = {}): Buffer {
  return tgzOf(
    { name: 'VERSION', content: `${version}\n` },
    ...(isHealthy ? [] : [{ name: 'BROKEN', content: 'as it was in 2016' }]),
    ...(bytes === 0 ? [] : [{ name: 'bulk', content: randomBytes(bytes) }]),
  )
}

function succeeding(headgate: Shell): Shell {
  return async (...words) => {
    const ran = await headgate(...words)
    expect(ran.code, `headgate ${words.join(' ')}\n${ran.stderr}`).toBe(0)
    return ran
  }
}

function rackAt(dir: string, furniture: ShellOptions): YardRack {
  const inDir =
    (shell: Shell): Shell =>
    (...words) =>
      shell(...words, '--dir', dir)
  // What a maintainer has exported must not matter on a rack.
  const env = {
    PATH: process.env.PATH,
    USER: 'ada',
    HEADGATE_URL: 'http://127.0.0.1:1',
    HEADGATE_TOKEN: 'nonsense',
  }
  const headgate = inDir(createShell({ ...furniture, env }))
  return {
    ...rackFiles(dir),
    headgate,
    with: (options) => inDir(createShell({ ...furniture, env, ...options })),
    does: succeeding(headgate),
  }
}
