/**
 * The `convox` command as this driver uses it. What is read is JSON (`convox api get /system`), never a page for
 * people, but for `convox racks`, which v3 has no JSON for. What it prints while it acts is a hint and no more.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { childEnvironment, howItEnded, type RunResult, runProcess } from '../run-process.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import { generationOf } from './convox-status.ts'
import type { Move } from './driver.ts'
import { type DriverPlace, runStep } from './run-step.ts'
import { isVersionName } from './version-name.ts'

/** What GET /system tells of a rack, as far as a move needs it. */
export interface RackSystem {
  readonly version: string
  readonly status: string
  /** As shown; a secret one is shown as a mask, or not masked by an old rack. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Why a command gave no answer. */
export interface Silence {
  /** `refused`: it does not let us in. `unreachable`: nobody answers. `unreadable`: anything else. */
  readonly why: 'refused' | 'unreachable' | 'unreadable'
  /** One line, without the command. */
  readonly said: string
}

export type Answer<T> = { readonly answer: T } | { readonly silence: Silence }

/** How an update was taken by the CLI. */
export interface UpdateSaid {
  readonly exitedWell: boolean
  /** Somebody else's update is under way: nothing was begun. */
  readonly isTaken: boolean
  readonly lastLines: readonly string[]
  /** One line for a message. */
  readonly how: string
}

export interface ConvoxCli {
  system(): Promise<Answer<RackSystem>>
  /** The word in the STATUS column of `convox racks`. */
  listedStatus(): Promise<Answer<string>>
  update(version: string, move: Move, options: { wait: boolean; timeoutSeconds: number }): Promise<UpdateSaid>
}

const refusals =
  /invalid authentication|unauthori[sz]ed|authentication failed|forbidden|\b40[13]\b|AccessDenied|ExpiredToken|InvalidClientTokenId|not authorized to perform/i
const unreachables =
  /connection re(fused|set)|no such host|no route to host|network is unreachable|time(d )?out|deadline exceeded|\bEOF\b|\b50[234]\b|bad gateway|service unavailable|x509|\btls:|could not connect/i
/** v2 of 2016, CloudFormation since, and Terraform's lock. A stack in a state of failure is no such thing. */
const taken = /already updating|_IN_PROGRESS state|acquiring the state lock/i

export function createConvoxCli(config: ConvoxDriverConfig, place: DriverPlace): ConvoxCli {
  let generation = config.generation

  /** v3 refuses an update by RACK_URL, so nothing else is done by it either. */
  function surroundings(): DriverPlace {
    return generation === 'v3' ? { ...place, env: { ...place.env, RACK_URL: undefined } } : place
  }

  async function ask(words: readonly string[]): Promise<Answer<string>> {
    return askProgram([...config.command, ...words], config.readTimeoutSeconds, surroundings())
  }

  return {
    async system() {
      const said = await ask(['api', 'get', '/system', '-r', config.rack])
      if ('silence' in said) return said
      const system = systemIn(said.answer)
      if (!system) return unreadable('printed no JSON with a version and a status')
      generation ??= generationOf(system.version)
      return { answer: system }
    },

    async listedStatus() {
      const said = await ask(['racks'])
      if ('silence' in said) return said
      const status = statusIn(said.answer, config.rack)
      return status === null ? unreadable(`lists no rack ${config.rack}`) : { answer: status }
    },

    async update(version, move, { wait, timeoutSeconds }) {
      const words = ['rack', 'update', version, '-r', config.rack, ...(wait ? ['--wait'] : [])]
      const command = [...config.command, ...words]
      if (generation === 'v3' && place.env.RACK_URL !== undefined) {
        move.note('RACK_URL is left out: a v3 rack takes no update by it')
      }
      try {
        const step = { name: 'convox', command, cwd: place.dir, timeoutSeconds }
        const { lastLines } = await runStep(step, move, surroundings())
        return { exitedWell: true, isTaken: false, lastLines, how: 'convox said that all went well' }
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'update_failed') throw error
        const lastLines = linesIn(error.numbers?.lastLines)
        const isTaken = lastLines.some((line) => taken.test(line))
        return { exitedWell: false, isTaken, lastLines, how: error.message }
      }
    },
  }
}

/** Reads one answer of a program. Its lines are kept only when it printed no data, which may hold secrets. */
export async function askProgram(
  command: readonly string[],
  timeoutSeconds: number,
  place: DriverPlace,
): Promise<Answer<string>> {
  let result: RunResult
  try {
    result = await runProcess({
      command,
      cwd: place.dir,
      env: childEnvironment(place.env),
      timeoutSeconds,
      graceSeconds: 2,
      clock: place.clock,
      ...(place.redact === undefined ? {} : { redact: place.redact }),
    })
  } catch (error) {
    if (error instanceof Problem) return unreadable(error.message)
    throw error
  }
  if (result.code === 0) {
    return result.stdoutCut ? unreadable('printed more than 1 MiB') : { answer: result.stdout }
  }
  const line =
    result.stdout.trim() === '' ? result.lastLines.findLast((each) => each.trim() !== '') : undefined
  const said = `${howItEnded(result, timeoutSeconds)}${line === undefined ? '' : `: ${line}`}`
  if (result.timedOut) return { silence: { why: 'unreachable', said } }
  return { silence: { why: reasonIn(line ?? ''), said } }
}

function reasonIn(line: string): Silence['why'] {
  if (refusals.test(line)) return 'refused'
  return unreachables.test(line) ? 'unreachable' : 'unreadable'
}

export function unreadable(said: string): { readonly silence: Silence } {
  return { silence: { why: 'unreadable', said } }
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function systemIn(text: string): RackSystem | null {
  const system = jsonIn(text)
  if (!isRecord(system)) return null
  const { version, status, parameters = {} } = system
  const isWhole =
    typeof version === 'string' &&
    isVersionName(version) &&
    typeof status === 'string' &&
    isRecord(parameters)
  if (!isWhole) return null
  const shown = Object.entries(parameters).filter(([, value]) => value !== null && typeof value !== 'object')
  return {
    version,
    status,
    parameters: Object.fromEntries(shown.map(([name, value]) => [name, String(value)])),
  }
}

/** As Convox matches names: the very one, or the only one that holds it. */
function statusIn(text: string, rack: string): string | null {
  const rows = text
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/))
    .filter((cells) => cells.length >= 2 && cells[0] !== 'NAME')
  const exact = rows.filter(([name]) => name === rack)
  const found = exact.length > 0 ? exact : rows.filter(([name = '']) => name.includes(rack))
  return found.length === 1 ? (found[0]?.at(-1) ?? null) : null
}

function linesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : []
}

/** What the address of a rack and the variables of both programs may hold, for no line to show. */
export function secretsIn(env: DriverPlace['env']): readonly string[] {
  const { RACK_URL = '', CONVOX_PASSWORD, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env
  const written = URL.canParse(RACK_URL) ? new URL(RACK_URL).password : ''
  const plain = decoded(written)
  return [written, plain, CONVOX_PASSWORD, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN].filter(
    (secret): secret is string => secret !== undefined && secret !== '',
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
