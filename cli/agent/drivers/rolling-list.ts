/**
 * What the operator's `list` says of the hosts, believed only as far as it is well formed: half of a list would be
 * taken for a smaller group, and an unknown version for a good one.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { childEnvironment, commandText, howItEnded, runProcess } from '../run-process.ts'
import type { RollingDriverConfig } from './rolling-config.ts'
import type { ListedHost } from './rolling-plan.ts'
import type { DriverPlace } from './run-step.ts'
import { isVersionName } from './version-name.ts'

/** Each host takes lines of the journal, whose space is set aside: beyond that a group is several racks. */
export const mostHosts = 200

const hostName = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/

/** Letters, digits, ".", "_", ":" and "-": a name goes into addresses, file names and commands as it is. */
function isHostName(text: string): boolean {
  return hostName.test(text)
}

export interface HostList {
  /** One run of `list`; a `Problem` (preflight_failed) when it cannot be told what the hosts run. */
  read(): Promise<readonly ListedHost[]>
  /**
   * For the middle of a move: a failure is tried again, and who asks while a run is under way shares the next one,
   * which is sure to begin after the question.
   */
  look(): Promise<readonly ListedHost[]>
}

const tries = 3
const betweenTriesMs = 5_000

export function createHostList(config: RollingDriverConfig, place: DriverPlace): HostList {
  let running: Promise<unknown> = Promise.resolve()
  let queued: Promise<readonly ListedHost[]> | undefined

  async function read(): Promise<readonly ListedHost[]> {
    const { dir, clock, env, redact } = place
    const result = await runProcess({
      command: config.list,
      cwd: dir,
      env: childEnvironment(env, { HEADGATE_DIR: dir }),
      timeoutSeconds: config.readTimeoutSeconds,
      graceSeconds: 2,
      clock,
      ...(redact !== undefined && { redact }),
    }).catch((problem: unknown) => {
      if (problem instanceof Problem) throw unclear(problem.message, [])
      throw problem
    })
    const fail = (what: string) => unclear(what, result.lastLines)
    if (result.code !== 0) throw fail(howItEnded(result, config.readTimeoutSeconds))
    if (result.stdoutCut) throw fail('printed more than 1 MiB')
    const hosts = hostsIn(result.stdout)
    if (typeof hosts === 'string') throw fail(hosts)
    return hosts
  }

  function unclear(what: string, lastLines: readonly string[]): Problem {
    const text = commandText(config.list)
    return new Problem('preflight_failed', `Cannot tell what the hosts run: list ${what} ("${text}").`, {
      hint: `make it work by hand first: cd ${place.dir} && ${text}`,
      numbers: { lastLines },
    })
  }

  async function readPatiently(): Promise<readonly ListedHost[]> {
    for (let tried = 1; tried < tries; tried += 1) {
      try {
        return await read()
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        await place.clock.sleep(betweenTriesMs)
      }
    }
    return read()
  }

  async function lookAfter(before: Promise<unknown>): Promise<readonly ListedHost[]> {
    await before
    queued = undefined
    const reading = readPatiently()
    running = reading.catch(() => undefined)
    return reading
  }

  return {
    read,
    look() {
      queued ??= lookAfter(running)
      return queued
    },
  }
}

/** The hosts in the order printed, or what is wrong with them. */
export function hostsIn(text: string): readonly ListedHost[] | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return 'did not print JSON'
  }
  if (!Array.isArray(parsed)) return 'did not print a JSON array'
  if (parsed.length === 0) return 'printed no host at all'
  if (parsed.length > mostHosts) {
    return `printed ${parsed.length} hosts; a rack has at most ${mostHosts}, and more of them are several racks`
  }
  const hosts: ListedHost[] = []
  for (const [index, entry] of parsed.entries()) {
    const host = hostOf(entry)
    if (typeof host === 'string') return `printed an entry ${index + 1} that ${host}`
    if (hosts.some((other) => other.host === host.host)) return `printed ${host.host} twice`
    hosts.push(host)
  }
  return hosts
}

function hostOf(entry: unknown): ListedHost | string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is no object'
  const host: unknown = 'host' in entry ? entry.host : undefined
  const version: unknown = 'version' in entry ? entry.version : undefined
  const attached: unknown = 'attached' in entry ? entry.attached : undefined
  if (typeof host !== 'string' || !isHostName(host)) {
    return 'has no "host" of letters, digits, ".", "_", ":" and "-"'
  }
  const isVersion = version === null || (typeof version === 'string' && isVersionName(version))
  if (!isVersion) return `says no "version" of ${host} (a version as text, or null when nothing is installed)`
  if (typeof attached !== 'boolean') return `does not say whether ${host} is "attached" (true or false)`
  return { host, version, attached }
}
