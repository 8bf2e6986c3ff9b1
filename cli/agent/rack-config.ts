/**
 * DIR/rack.toml, written by `enroll` and owned by the operator: which registry, which channel, how this rack is
 * driven and how its health is asked. Secrets are never in it: the token stands alone in DIR/rack.token.
 */

import { join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { Problem } from '../../shared/domain/problem.ts'
import type { UpdateWindow } from '../../shared/domain/window.ts'
import type { SettleRules } from './checks/settle.ts'
import { type ConfigTable, configTable, type TextRule } from './config-table.ts'
import type { DurableFiles } from './files.ts'
import { type LifetimeConfig, lifetimesIn } from './lifetimes/lifetime-config.ts'
import { type CheckConfig, checkConfigIn } from './rack-config-checks.ts'
import { type DriverConfig, driverConfigIn } from './rack-config-drivers.ts'

export interface AgentApp {
  readonly app: string
  readonly channel: string
  /** A new version that has not passed by then goes back. */
  readonly probationMinutes: number
}

export interface RackConfig {
  /** The state directory, as given. */
  readonly dir: string
  readonly registry: { readonly url: string }
  readonly rack: {
    readonly name: string
    readonly app: string
    readonly channel: string
    /** Such as "linux/amd64"; artifacts for "any" always fit. */
    readonly platform: string
    /** When updates may land; the registry reads it with every question. */
    readonly window: UpdateWindow | undefined
    /** A range of versions to keep to, such as "3.x" majors: ">=3.0.0 <4.0.0". */
    readonly within: string | undefined
    /** Releases younger than this are not taken. */
    readonly minAgeMinutes: number | undefined
  }
  readonly driver: DriverConfig
  /** As configured, in order; the version check is asked for whether it is here or not. */
  readonly checks: readonly CheckConfig[]
  readonly settle: SettleRules
  /** What it hangs on outside of Headgate. */
  readonly lifetimes: readonly LifetimeConfig[]
  /** Where the agent itself takes its versions from; off without the table. */
  readonly agent: AgentApp | undefined
  readonly parameters: {
    /** A value that matches one of these stands for one that the platform does not show. */
    readonly placeholders: readonly RegExp[]
    /** Names that something else changes on purpose, such as an autoscaler: not looked at. */
    readonly ignore: readonly string[]
  }
}

const settleDefaults: SettleRules = { graceSeconds: 15, soakSeconds: 0, timeoutSeconds: 300 }

/** A single "*" is an ordinary value (it has been seen as one). */
const defaultPlaceholders: readonly string[] = ['^\\*{4,}$', '^<redacted>$', '^\\(sensitive value\\)$']

const name: TextRule = {
  matches: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text),
  expected: 'a name of letters, digits, ".", "_" and "-"',
}
const platform: TextRule = {
  matches: (text) => /^[a-z0-9_.-]+(\/[a-z0-9_.-]+){0,2}$/.test(text),
  expected: 'a platform such as "linux/amd64"',
}
const cron: TextRule = {
  matches: (text) => text.trim().split(/\s+/).length === 5,
  expected: 'five cron fields such as "0 2 * * 2-4"',
}
const address: TextRule = {
  matches: (text) => {
    const url = URL.canParse(text) ? new URL(text) : null
    return (
      url !== null &&
      /^https?:$/.test(url.protocol) &&
      url.username === '' &&
      url.search === '' &&
      url.hash === ''
    )
  },
  expected: 'an http or https address without user name, "?" or "#"',
}

export function rackConfigFile(dir: string): string {
  return join(dir, 'rack.toml')
}

/** Reads and judges DIR/rack.toml; a `Problem` names the file, the key, and what was expected there. */
export function readRackConfig(dir: string, files: DurableFiles): RackConfig {
  const file = rackConfigFile(dir)
  const bytes = files.read(file)
  if (bytes === null) {
    throw new Problem('not_enrolled', `There is no ${file}: this directory is not enrolled.`, {
      hint: `headgate enroll --dir ${dir} --app APP --channel CHANNEL --name NAME`,
    })
  }
  const root = configTable(parsed(bytes.toString('utf8'), file), '', file)
  const registry = root.table('registry')
  const rack = root.table('rack')
  const driver = root.table('driver')
  const checks = checksIn(root, dir)
  const config: RackConfig = {
    dir,
    registry: { url: registry.text('url', address).replace(/\/+$/, '') },
    rack: {
      name: rack.text('name', name),
      app: rack.text('app', name),
      channel: rack.text('channel', name),
      platform: rack.text('platform', platform),
      window: windowIn(rack),
      within: rack.optionalText('within'),
      minAgeMinutes: rack.optionalNumber('minAgeMinutes', { from: 1, to: 527_040 }),
    },
    driver: driverConfigIn(driver, dir),
    checks,
    settle: settleIn(root.table('settle')),
    lifetimes: lifetimesIn(root, checks),
    agent: root.has('agent') ? agentIn(root.table('agent')) : undefined,
    parameters: parametersIn(root.table('parameters')),
  }
  root.refuseTheRest()
  return config
}

function parsed(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '')
    throw new Problem('invalid_input', `${file}:${error.line}:${error.column}: this is not TOML: ${what}.`, {
      hint: `edit ${file} at line ${error.line}`,
      numbers: { line: error.line, column: error.column },
    })
  }
}

/** Its shape only: what the cron and the zone mean is told by whoever decides, which is the registry. */
function windowIn(rack: ConfigTable): UpdateWindow | undefined {
  if (!rack.has('window')) return undefined
  const window = rack.table('window')
  return {
    start: window.text('start', cron),
    minutes: window.number('minutes', { fallback: 60, from: 1, to: 10_080 }),
    zone: window.text('zone'),
    ...(window.has('except') && { except: window.texts('except') }),
  }
}

function checksIn(root: ConfigTable, dir: string): readonly CheckConfig[] {
  const tables = root.tables('check')
  const checks = tables.map((table) => checkConfigIn(table, dir))
  checks.forEach((check, index) => {
    const isTwin = checks.slice(0, index).some((other) => other.name === check.name)
    if (isTwin) throw tables[index]?.wrong('name', 'a name that no other check has')
  })
  return checks
}

function agentIn(table: ConfigTable): AgentApp {
  return {
    app: table.text('app', name),
    channel: table.text('channel', name),
    probationMinutes: table.number('probationMinutes', { fallback: 15, from: 1, to: 30 }),
  }
}

function settleIn(table: ConfigTable): SettleRules {
  const day = 86_400
  return {
    graceSeconds: table.number('graceSeconds', { fallback: settleDefaults.graceSeconds, from: 0, to: day }),
    soakSeconds: table.number('soakSeconds', { fallback: settleDefaults.soakSeconds, from: 0, to: day }),
    timeoutSeconds: table.number('timeoutSeconds', {
      fallback: settleDefaults.timeoutSeconds,
      from: 1,
      to: 2 * day,
    }),
  }
}

function parametersIn(table: ConfigTable): RackConfig['parameters'] {
  return { placeholders: placeholdersIn(table), ignore: table.texts('ignore') ?? [] }
}

function placeholdersIn(table: ConfigTable): readonly RegExp[] {
  const patterns = table.texts('placeholders') ?? defaultPlaceholders
  return patterns.map((pattern) => {
    try {
      return new RegExp(pattern)
    } catch {
      throw table.wrong('placeholders', `a list of regular expressions ("${pattern}" is not one)`)
    }
  })
}
