/**
 * What the campaign has to know of a driver: how a rack of it is furnished, and the record by which what really runs
 * is told without asking the program: files that only the operator's own hooks and commands write.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandToml, directoryToml } from '../support/campaign-yard.ts'
import { hostGroup, hostGroupAt, rollingToml } from '../support/stand-ins/hosts.ts'

export interface CampaignDriver {
  readonly name: DriverName
  /** The driver that `enroll` is told; what it writes below [driver] is replaced by `toml`. */
  readonly enrolAs: 'directory' | 'command'
  toml(place: DriverPlace): string
  /** What its hooks and checks expect in a new rack's directory. */
  prepare(dir: string): void
  /** From now on this version is not healthy. (A release of the directory driver says so itself.) */
  sicken(dir: string, version: string): void
  /** The version whose start is the last on record, and that was not stopped since; null: nothing. */
  runs(dir: string): string | null
  /** How often an attempt has started a version, on record; for several hosts, the most on one. */
  startsOf(dir: string, attempt: string, version: string): number
  /** From now on its own way back does not work: a hook or command exits 1. */
  breakWayBack(dir: string): void
  /** A person has put it right: it works again, and this version runs. */
  mend(dir: string, version: string | null): void
}

export interface DriverPlace {
  /** The name of the rack's directory. */
  readonly rack: string
  /** Hooks take their time, so that a death leaves one running. */
  readonly isSlow: boolean
  /** Where the health of hosts is answered. */
  readonly healthUrl: string
}

export type DriverName = 'directory' | 'command' | 'rolling'

/** The text of a file below a rack's directory, trimmed; null: there is none, or nothing in it. */
export function noteIn(dir: string, name: string): string | null {
  const file = join(dir, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || null : null
}

/** `ATTEMPT [HOST] VERSION`, one for each start. */
function startsIn(dir: string, attempt: string, version: string): readonly string[] {
  const lines = noteIn(dir, 'starts')?.split('\n') ?? []
  return lines.filter((line) => line.startsWith(`${attempt} `) && line.endsWith(` ${version}`))
}

const breakage = 'way-back-is-broken'
/** Shell: ends a step of a way back when that is to be broken. */
const unlessBroken = `if test "$HEADGATE_DIRECTION" = back && test -e "$HEADGATE_DIR/${breakage}"; then echo "no way back" >&2; exit 1; fi; `

const breakable = {
  breakWayBack: (dir: string) => writeFileSync(join(dir, breakage), ''),
  startsOf: (dir: string, attempt: string, version: string) => startsIn(dir, attempt, version).length,
}

const directory: CampaignDriver = {
  ...breakable,
  name: 'directory',
  enrolAs: 'directory',
  toml({ isSlow }) {
    const toml = directoryToml.replace("restart = '''", `restart = '''${unlessBroken}`)
    const slow = 'kind = "directory"\nmigrate = "sleep 0.05"\npost = "sleep 0.05"'
    return isSlow ? toml.replace('kind = "directory"', slow) : toml
  },
  prepare: () => undefined,
  sicken: () => undefined,
  runs: (dir) => noteIn(dir, 'running'),
  mend(dir, version) {
    rmSync(join(dir, breakage), { force: true })
    if (version !== null) writeFileSync(join(dir, 'running'), `${version}\n`)
  },
}

const command: CampaignDriver = {
  ...breakable,
  name: 'command',
  enrolAs: 'command',
  toml({ isSlow }) {
    const toml = commandToml.replace("rollback = '''", `rollback = '''${unlessBroken}`)
    const act = 'echo "$HEADGATE_VERSION" > VERSION'
    return isSlow ? toml.replaceAll(act, `sleep 0.05; ${act}; sleep 0.05`) : toml
  },
  prepare(dir) {
    for (const name of ['VERSION', 'broken']) writeFileSync(join(dir, name), '\n')
  },
  sicken: (dir, version) => writeFileSync(join(dir, 'broken'), `${version}\n`),
  runs: (dir) => noteIn(dir, 'VERSION'),
  mend(dir, version) {
    rmSync(join(dir, breakage), { force: true })
    writeFileSync(join(dir, 'VERSION'), `${version ?? ''}\n`)
  },
}

const hosts = ['a', 'b']
const groupAt = (dir: string) => hostGroupAt(join(dir, 'group'))

const rolling: CampaignDriver = {
  name: 'rolling',
  enrolAs: 'command',
  toml({ rack, isSlow, healthUrl }) {
    const note = `echo "$HEADGATE_ATTEMPT $3 $HEADGATE_VERSION" >> "$HEADGATE_DIR/starts"; ${isSlow ? 'sleep 0.05; ' : ''}`
    return rollingToml('group', `${healthUrl}/${rack}/group`)
      .replace('apply = ["sh", ', `apply = ["sh", "-c", '''${note}exec sh "$0" "$@"''', `)
      .replace('healthyCount = 2', 'healthyCount = 1')
  },
  prepare: (dir) => void hostGroup(join(dir, 'group'), hosts, null),
  sicken: (dir, version) => groupAt(dir).sickens(version),
  runs(dir) {
    const [first = '', ...others] = groupAt(dir)
      .table()
      .map((line) => line.slice(line.indexOf(' ') + 1))
    if (others.some((other) => other !== first)) return `a mixture: ${groupAt(dir).table().join(', ')}`
    return first === 'nothing -' ? null : first.replace(/ \+$/, '')
  },
  startsOf(dir, attempt, version) {
    const starts = startsIn(dir, attempt, version)
    return Math.max(...hosts.map((host) => starts.filter((line) => line.includes(` ${host} `)).length))
  },
  breakWayBack: (dir) => groupAt(dir).fails('apply', 'a', 'exit', '10'),
  mend(dir, version) {
    rmSync(join(dir, 'group', 'fail', 'apply-a-10'), { force: true })
    for (const host of hosts) groupAt(dir).add(host, version, version !== null)
  },
}

export const drivers: Readonly<Record<DriverName, CampaignDriver>> = { directory, command, rolling }
