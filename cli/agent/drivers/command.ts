/**
 * The `command` driver: the operator's own `current`, `apply`, `rollback`, `status` and `parameters`. Everything is
 * passed in HEADGATE_* variables and in a JSON file; what comes back is believed only as far as it is well formed.
 */

import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import { isDiskFull } from '../files.ts'
import {
  type CommandLine,
  childEnvironment,
  commandText,
  howItEnded,
  type RunResult,
  runProcess,
} from '../run-process.ts'
import type { Driver, DriverStatus, Move, Parameter } from './driver.ts'
import { type DriverPlace, moveEnvironment, runStep } from './run-step.ts'
import { checkedVersionName, isVersionName } from './version-name.ts'

export interface CommandDriverConfig {
  readonly kind: 'command'
  /** Prints the installed version, alone, and exits 0. */
  readonly current: CommandLine
  readonly apply: CommandLine
  /** For every move back; without it `apply` is called with HEADGATE_DIRECTION=back. */
  readonly rollback?: CommandLine
  /** Prints "settled" or "busy"; without it a rack whose `current` answers counts as settled. */
  readonly status?: CommandLine
  /** Prints a JSON object: name → string, number, boolean, null, or {"value": …, "masked": true}. */
  readonly parameters?: CommandLine
  /** Whether no output at all from `current` means that nothing is installed, rather than that it went wrong. */
  readonly emptyMeansNothing: boolean
  /** The operator's word that `rollback` works without any network. */
  readonly offlineRollback: boolean
  readonly needsArtifact: boolean
  /** For `apply` and `rollback`. */
  readonly timeoutSeconds: number
  /** For `current`, `status` and `parameters`. */
  readonly readTimeoutSeconds: number
}

type Reading = 'current' | 'status' | 'parameters'

export function createCommandDriver(config: CommandDriverConfig, place: DriverPlace): Driver {
  const { dir, files } = place

  async function read(name: Reading, command: CommandLine): Promise<RunResult> {
    return runProcess({
      command,
      cwd: dir,
      env: childEnvironment(place.env, { HEADGATE_DIR: dir }),
      timeoutSeconds: config.readTimeoutSeconds,
      graceSeconds: 2,
      clock: place.clock,
      ...(place.redact === undefined ? {} : { redact: place.redact }),
    }).catch((problem: unknown) => {
      if (problem instanceof Problem) throw unclear(name, command, problem.message, [])
      throw problem
    })
  }

  function unclear(name: Reading, command: CommandLine, what: string, lastLines: readonly string[]): Problem {
    const subject = name === 'current' ? 'which version is installed' : `the rack's ${name}`
    return new Problem(
      'preflight_failed',
      `Cannot tell ${subject}: the ${name} command ${what} ("${commandText(command)}").`,
      {
        hint: `make it work by hand first: cd ${dir} && ${commandText(command)}`,
        numbers: { lastLines },
      },
    )
  }

  async function current(): Promise<string | null> {
    const result = await read('current', config.current)
    const fail = (what: string) => unclear('current', config.current, what, result.lastLines)
    if (result.code !== 0) throw fail(howItEnded(result, config.readTimeoutSeconds))
    const printed = result.stdout.trim()
    if (printed === '') {
      if (config.emptyMeansNothing) return null
      throw fail(
        'printed nothing (set emptyMeansNothing = true, or enrol with --empty-means-nothing, if that means "nothing installed")',
      )
    }
    if (!isVersionName(printed)) {
      throw fail(`printed ${JSON.stringify(printed.slice(0, 80))}, which is not one version alone`)
    }
    return printed
  }

  async function status(): Promise<DriverStatus> {
    if (config.status === undefined) return 'settled'
    const result = await read('status', config.status).catch((problem: unknown) => {
      if (problem instanceof Problem) return null
      throw problem
    })
    const word = result?.code === 0 ? result.stdout.trim() : ''
    return word === 'settled' || word === 'busy' ? word : 'unknown'
  }

  async function move(name: 'apply' | 'rollback', command: CommandLine, what: Move): Promise<void> {
    if (what.to !== null) checkedVersionName(what.to)
    const input = join(dir, 'command-input.json')
    const variables = moveEnvironment(what, dir)
    // The same as the variables, for programs that would rather parse than expand; null instead of empty.
    const document = {
      attempt: what.attempt,
      version: what.to,
      from: what.from,
      direction: what.direction,
      artifact: what.artifactFile ?? null,
      dir,
    }
    let file = input
    try {
      files.writeAtomically(input, `${JSON.stringify(document, null, 2)}\n`, 0o600)
    } catch (error) {
      // On a full disk the variables alone must do for the way back; a stale file would be worse than none.
      if (!isDiskFull(error) || what.direction === 'forward') throw error
      file = ''
    }
    const step = {
      name,
      command,
      cwd: dir,
      timeoutSeconds: config.timeoutSeconds,
      env: { ...variables, HEADGATE_FILE: file },
    }
    await runStep(step, what, place)
  }

  const driver: Driver = {
    kind: 'command',
    offlineRollback: config.offlineRollback,
    needsArtifact: config.needsArtifact,
    current,
    status,
    keeps: async () => config.offlineRollback,
    apply: (what) => move('apply', config.apply, what),
    goBack: (what) => move('rollback', config.rollback ?? config.apply, what),
    prune: async () => [],
  }
  const command = config.parameters
  if (command === undefined) return driver
  return {
    ...driver,
    async parameters() {
      const result = await read('parameters', command)
      // Its last lines are values: no error, log or report may hold them.
      const fail = (what: string) => unclear('parameters', command, what, [])
      if (result.code !== 0) throw fail(howItEnded(result, config.readTimeoutSeconds))
      if (result.stdoutCut) throw fail('printed more than 1 MiB')
      const parameters = parametersIn(result.stdout)
      if (parameters === null) throw fail('did not print a JSON object of names and values')
      return parameters
    },
  }
}

function plainValue(value: unknown): string | null | undefined {
  if (value === null || typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function parameterIn(value: unknown): Parameter | null {
  const plain = plainValue(value)
  if (plain !== undefined) return { value: plain, masked: false }
  if (typeof value !== 'object' || value === null || !('masked' in value)) return null
  const inner = plainValue('value' in value ? value.value : null)
  return typeof value.masked === 'boolean' && inner !== undefined
    ? { value: inner, masked: value.masked }
    : null
}

function parametersIn(text: string): Readonly<Record<string, Parameter>> | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
  const entries = Object.entries(parsed).map(([name, value]) => [name, parameterIn(value)] as const)
  const good = entries.flatMap(([name, parameter]) =>
    parameter === null ? [] : [[name, parameter] as const],
  )
  return good.length === entries.length ? Object.fromEntries(good) : null
}
