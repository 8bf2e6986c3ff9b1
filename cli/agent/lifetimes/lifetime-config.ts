/**
 * The [[lifetime]] tables of rack.toml: what the rack hangs on outside of Headgate, when that ends as far as its operator
 * declares it, and how its end can be seen.
 */
import { circleIn, lifetimeWarnDays, linksByName } from '../../../shared/domain/expiry.ts'
import type { ConfigTable, TextRule } from '../config-table.ts'
import type { CheckConfig } from '../rack-config-checks.ts'
import type { CommandLine } from '../run-process.ts'
import { instantExpected, instantIn } from './instant-text.ts'

export interface LifetimeConfig {
  readonly name: string
  /** `seen`: what is seen is its end, for what somebody else renews. Undefined: nobody said, so it is unknown. */
  readonly until: number | 'seen' | undefined
  /** Other lifetimes of this rack: it ends with the first of them. */
  readonly of: readonly string[]
  readonly stops: string
  readonly warnDays: number
  readonly sees: SeenBy | undefined
}

/** Where its end is seen: by a tls check that the monitor asks, or by a command that prints it. */
export type SeenBy =
  | { readonly check: string }
  | { readonly command: CommandLine; readonly everyMinutes: number; readonly timeoutSeconds: number }

const mostLifetimes = 30
const nameRule: TextRule = {
  matches: (text) => /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(text),
  expected: 'a name of letters, digits, spaces, ".", "_" and "-"',
}
const stopsRule: TextRule = {
  matches: (text) => text.length <= 300,
  expected: 'what stops when it ends, in at most 300 characters',
}

export function lifetimesIn(root: ConfigTable, checks: readonly CheckConfig[]): readonly LifetimeConfig[] {
  const tables = root.tables('lifetime')
  if (tables.length > mostLifetimes)
    throw root.wrong('lifetime', `at most ${mostLifetimes} tables (there are ${tables.length})`)
  const lifetimes = tables.map((table) => lifetimeIn(table, checks))
  const links = linksByName(lifetimes.map(({ name, of }) => ({ name, of })))
  for (const [index, { name, of }] of lifetimes.entries()) {
    const table = tables[index] ?? root
    if (lifetimes.findIndex((other) => other.name === name) < index)
      throw table.wrong('name', 'a name that no other lifetime has')
    const stranger = of.find((other) => !links.has(other))
    if (stranger !== undefined)
      throw table.wrong('of', `a list of names of [[lifetime]] tables here ("${stranger}" is none)`)
  }
  const circle = circleIn(links)
  if (circle) {
    const table = tables[lifetimes.findIndex(({ name }) => name === circle[0])] ?? root
    throw table.wrong('of', `without a circle (${circle.join(' → ')})`)
  }
  return lifetimes
}

function lifetimeIn(table: ConfigTable, checks: readonly CheckConfig[]): LifetimeConfig {
  const name = table.text('name', nameRule)
  const sees = seenByIn(table, checks)
  const until = untilIn(table)
  if (until === 'seen' && sees === undefined)
    throw table.wrong('until', 'a date, or go with a check or a command that sees the end')
  return {
    name,
    until,
    of: table.texts('of') ?? [],
    stops: table.text('stops', stopsRule),
    warnDays: table.number('warnDays', { fallback: lifetimeWarnDays, from: 0, to: 3650, fractions: true }),
    sees,
  }
}

function untilIn(table: ConfigTable): LifetimeConfig['until'] {
  const value = table.value('until')
  if (value === undefined || value === 'seen') return value
  // TOML has dates of its own; as text they are what was written.
  const at = instantIn(value instanceof Date ? value.toISOString() : String(value))
  if (at === undefined) throw table.wrong('until', `"seen", or ${instantExpected}`)
  return at
}

function seenByIn(table: ConfigTable, checks: readonly CheckConfig[]): SeenBy | undefined {
  const check = table.optionalText('check')
  const command = table.optionalCommand('command')
  const everyMinutes = table.optionalNumber('everyMinutes', { from: 1, to: 1_440 })
  const timeoutSeconds = table.optionalNumber('timeoutSeconds', { from: 1, to: 300 })
  if (command !== undefined) {
    if (check !== undefined) throw table.wrong('command', 'left out where a check sees the end')
    return { command, everyMinutes: everyMinutes ?? 60, timeoutSeconds: timeoutSeconds ?? 30 }
  }
  if (everyMinutes !== undefined) throw table.wrong('everyMinutes', 'left out: it is for a command')
  if (timeoutSeconds !== undefined) throw table.wrong('timeoutSeconds', 'left out: it is for a command')
  if (check === undefined) return undefined
  const found = checks.find((one) => one.name === check)
  if (found?.kind !== 'tls') throw table.wrong('check', 'the name of a [[check]] of kind "tls"')
  if (!found.when.includes('monitor'))
    throw table.wrong('check', 'a check that the monitor asks (its when leaves "monitor" out)')
  return { check }
}
