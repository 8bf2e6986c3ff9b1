/**
 * A group of hosts that a test can break: the commands are a shell program that keeps its state in files
 * (hosts.sh), and the health of each host is answered over real HTTP from the same files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AtEnd } from '../scratch-directory.ts'

export interface HostGroup {
  readonly dir: string
  /** `host version attached`, such as `a 10 +`, in order. */
  table(): readonly string[]
  /** What the commands did, in order. */
  log(): readonly Act[]
  /** An act of a host fails from now on: see hosts.sh for the modes; `version` for that version only. */
  fails(act: string, host: string, mode: string, version?: string): void
  heals(): void
  add(host: string, version: string | null, isAttached: boolean): void
  /** Shell, run in the group's directory before the next act does its work. */
  meanwhile(script: string): void
  /** A version that no host is healthy on; or only the host named is not. */
  sickens(version: string, host?: string): void
}

export interface Act {
  readonly act: string
  readonly host: string
  readonly version: string
  /** Hosts that served right after it. */
  readonly serving: number
}

export const hostsProgram = join(import.meta.dirname, 'hosts.sh')

/** A new group under `dir`, all its hosts attached on `version`. */
export function hostGroup(dir: string, names: readonly string[], version: string | null): HostGroup {
  mkdirSync(join(dir, 'hosts'), { recursive: true })
  mkdirSync(join(dir, 'fail'), { recursive: true })
  writeFileSync(join(dir, 'log'), '')
  const group = hostGroupAt(dir)
  for (const name of names) group.add(name, version, version !== null)
  return group
}

/** A group that is there already, such as the copy of another one. */
export function hostGroupAt(dir: string): HostGroup {
  const hosts = join(dir, 'hosts')
  return {
    dir,
    table() {
      return readdirSync(hosts)
        .toSorted()
        .map(
          (host) => `${host} ${versionIn(hosts, host) ?? 'nothing'} ${isAttached(hosts, host) ? '+' : '-'}`,
        )
    },
    log: () => readLog(join(dir, 'log')),
    fails(act, host, mode, version) {
      writeFileSync(
        join(dir, 'fail', act === 'list' ? 'list' : [act, host, version].filter(Boolean).join('-')),
        mode,
      )
    },
    heals() {
      for (const name of readdirSync(join(dir, 'fail'))) rmSync(join(dir, 'fail', name))
      rmSync(join(dir, 'sick'), { force: true })
    },
    add(host, version, isServing) {
      mkdirSync(join(hosts, host), { recursive: true })
      writeFileSync(join(hosts, host, 'version'), version === null ? '' : `${version}\n`)
      if (isServing) writeFileSync(join(hosts, host, 'attached'), '')
    },
    meanwhile: (script) => writeFileSync(join(dir, 'meanwhile'), script),
    sickens(version, host = '*') {
      writeFileSync(join(dir, 'sick'), `${host} ${version}\n`, { flag: 'a' })
    },
  }
}

function versionIn(hosts: string, host: string): string | null {
  const file = join(hosts, host, 'version')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || null : null
}

function isAttached(hosts: string, host: string): boolean {
  return existsSync(join(hosts, host, 'attached'))
}

function readLog(file: string): readonly Act[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines
    .filter((line) => !line.startsWith('begin '))
    .map((line) => {
      const [act = '', host = '', version = '', serving = ''] = line.split(' ')
      return { act, host, version, serving: Number(serving) }
    })
}

export interface HostHealth {
  /** `${url}/GROUP/HOST/healthz` for any group below `root`. */
  readonly url: string
  /** How often each host was asked. */
  readonly asked: ReadonlyMap<string, number>
}

/** To be called inside a test: the health of every host of every group below `root`. */
export async function serveHealth(root: string, atEnd: AtEnd = onTestFinished): Promise<HostHealth> {
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const [, path = ''] = /^\/(.+)\/healthz$/.exec(request.url ?? '') ?? []
    const [host = '', ...group] = path.split('/').reverse()
    const dir = join(root, ...group.reverse())
    asked.set(host, (asked.get(host) ?? 0) + 1)
    const version = versionIn(join(dir, 'hosts'), host)
    const sick = existsSync(join(dir, 'sick')) ? readFileSync(join(dir, 'sick'), 'utf8').split('\n') : []
    const isSick = sick.includes(`${host} ${version}`) || sick.includes(`* ${version}`)
    response.writeHead(version === null ? 404 : isSick ? 502 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ version }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked }
}

/**
 * The [driver] table for a group in `GROUP` (relative to the rack), with the health of its hosts at `healthUrl`; null:
 * nobody asks for it, and a host is believed when `list` shows the right version.
 */
export function rollingToml(
  group: string,
  healthUrl: string | null,
  settings: readonly string[] = [],
): string {
  const command = (act: string) =>
    `["sh", ${JSON.stringify(hostsProgram)}, ${JSON.stringify(group)}, "${act}"`
  return `
[driver]
kind = "rolling"
list = ${command('list')}]
drain = ${command('drain')}, "{host}"]
apply = ${command('apply')}, "{host}"]
attach = ${command('attach')}, "{host}"]
detach = ${command('detach')}, "{host}"]
offlineRollback = true
confirmSeconds = 5
${settings.join('\n')}

[driver.settle]
graceSeconds = 0
timeoutSeconds = 600

[[driver.check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2
timeoutSeconds = 600
${healthUrl === null ? '' : hostHealthToml(healthUrl)}`
}

const hostHealthToml = (healthUrl: string) => `
[[driver.check]]
name = "healthz"
kind = "http"
url = "${healthUrl}/{host}/healthz"
versionPointer = "/version"
healthyCount = 2
unhealthyCount = 2
intervalSeconds = 0.2
timeoutSeconds = 600
`
