/** The [driver] table of a rack that is a group of hosts: its commands, how many hosts at once, and what each must show. */

import type { SettleRules } from '../checks/settle.ts'
import type { ConfigTable } from '../config-table.ts'
import { type CheckConfig, checkConfigIn } from '../rack-config-checks.ts'
import type { CommandLine } from '../run-process.ts'
import type { Limits, Share } from './rolling-plan.ts'

/** What is done to one host. */
export type HostAct = 'drain' | 'apply' | 'attach' | 'detach'

export interface RollingDriverConfig {
  readonly kind: 'rolling'
  /** Prints the hosts as JSON: [{"host": "a", "version": "1.2.0", "attached": true}, …]. */
  readonly list: CommandLine
  readonly acts: Readonly<Record<HostAct, CommandLine>>
  /** Prints "settled" or "busy" for the whole group; without it a group whose `list` answers counts as settled. */
  readonly status?: CommandLine
  readonly limits: Limits
  /** The [[driver.check]] tables, for one host. */
  readonly checksOf: (host: string) => readonly CheckConfig[]
  readonly checkNames: readonly string[]
  /** How long one host may take to become healthy. */
  readonly settle: SettleRules
  /** The operator's word that `apply` finds an earlier version without any network. */
  readonly offlineRollback: boolean
  readonly needsArtifact: boolean
  /** For each act. */
  readonly timeoutSeconds: number
  /** For `list` and `status`. */
  readonly readTimeoutSeconds: number
  /** How long `list` may take to show what a command did. */
  readonly confirmSeconds: number
}

const day = 86_400
const somewhere = 'a whole number, or a part such as "25%"'

/** Stands for every host when the file is read, so that a mistake is found then and not in the middle of a move. */
const anyHost = 'host'

export function rollingConfigIn(table: ConfigTable, dir: string): RollingDriverConfig {
  const status = table.optionalCommand('status')
  const checks = table.tables('check').map((check) => hostChecksIn(check, dir))
  const names = checks.map((checkOf) => checkOf(anyHost).name)
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined) throw table.wrong('check', `tables whose names differ ("${twin}" is there twice)`)
  return {
    kind: 'rolling',
    list: needed(table, 'list'),
    acts: actsIn(table),
    ...(status !== undefined && { status }),
    limits: {
      batch: shareIn(table, 'batch', { count: 1 }, 1),
      maxUnhealthy: shareIn(table, 'maxUnhealthy', { count: 0 }, 0),
      minAttached: shareIn(table, 'minAttached', { count: 1 }, 0),
    },
    checksOf: (host) => checks.map((checkOf) => checkOf(host)),
    checkNames: names,
    settle: settleIn(table.table('settle')),
    offlineRollback: table.flag('offlineRollback', false),
    needsArtifact: table.flag('needsArtifact', false),
    timeoutSeconds: table.number('timeoutSeconds', { fallback: 3_600, from: 1, to: day }),
    readTimeoutSeconds: table.number('readTimeoutSeconds', { fallback: 60, from: 1, to: 3_600 }),
    confirmSeconds: table.number('confirmSeconds', { fallback: 60, from: 0, to: 3_600 }),
  }
}

function needed(table: ConfigTable, key: string): CommandLine {
  const command = table.optionalCommand(key)
  if (command === undefined) throw table.wrong(key, 'a command: a text for the shell, or a list of words')
  return command
}

function actsIn(table: ConfigTable): RollingDriverConfig['acts'] {
  return {
    drain: needed(table, 'drain'),
    apply: needed(table, 'apply'),
    attach: needed(table, 'attach'),
    detach: needed(table, 'detach'),
  }
}

function shareIn(table: ConfigTable, key: string, fallback: Share, least: number): Share {
  const value = table.value(key)
  if (value === undefined) return fallback
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return { count: value }
  const percent = typeof value === 'string' ? /^(\d{1,3})%$/.exec(value)?.[1] : undefined
  if (percent !== undefined && Number(percent) >= least && Number(percent) <= 100) {
    return { percent: Number(percent) }
  }
  throw table.wrong(key, least > 0 ? `${somewhere}, and not nothing` : somewhere)
}

/** The same rules as the rack's [settle], for one host at a time. */
function settleIn(table: ConfigTable): SettleRules {
  return {
    graceSeconds: table.number('graceSeconds', { fallback: 15, from: 0, to: day }),
    soakSeconds: table.number('soakSeconds', { fallback: 0, from: 0, to: day }),
    timeoutSeconds: table.number('timeoutSeconds', { fallback: 300, from: 1, to: 2 * day }),
  }
}

/** A check in the one vocabulary of checks, once `{host}` is a name. It is asked after moves, and then it alone. */
function hostChecksIn(table: ConfigTable, dir: string): (host: string) => CheckConfig {
  const values = Object.fromEntries(table.keys().map((key) => [key, table.value(key)]))
  const checkOf = (host: string): CheckConfig => {
    const filled = table.filled(valuesFor(values, host))
    const check = checkConfigIn(filled, dir)
    filled.refuseTheRest()
    return { ...check, when: ['settle'] }
  }
  const { kind } = checkOf(anyHost)
  if (kind === 'disk')
    throw table.wrong('kind', 'a kind that asks a host; "disk" asks the machine of the agent')
  return checkOf
}

function valuesFor(values: Readonly<Record<string, unknown>>, host: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, valueFor(value, host)]))
}

function valueFor(value: unknown, host: string): unknown {
  if (typeof value === 'string') return hostIn(value, host)
  if (Array.isArray(value)) return value.map((each) => valueFor(each, host))
  const isTable = typeof value === 'object' && value !== null && !(value instanceof Date)
  return isTable ? valuesFor({ ...value }, host) : value
}

function hostIn(text: string, host: string): string {
  return text.replaceAll('{host}', host)
}

/** Host names are plain (see `isHostName`): a shell has nothing to find in them. */
export function commandFor(command: CommandLine, host: string): CommandLine {
  return typeof command === 'string' ? hostIn(command, host) : command.map((word) => hostIn(word, host))
}
