/** The [[check]] tables of rack.toml: each kind of check and its settings. */

import { resolve } from 'node:path'
import type { Severity } from './checks/check.ts'
import type { CommandCheckConfig } from './checks/command.ts'
import type { DiskCheckConfig } from './checks/disk.ts'
import type { HttpCheckConfig } from './checks/http.ts'
import { isJsonPointer } from './checks/json-pointer.ts'
import type { VersionCheckConfig } from './checks/version.ts'
import type { ConfigTable, TextRule } from './config-table.ts'

export type CheckConfig = HttpCheckConfig | CommandCheckConfig | DiskCheckConfig | VersionCheckConfig

const checkKinds = ['http', 'command', 'disk', 'version'] as const

const severities: readonly Severity[] = ['fail', 'warn']

const checkName: TextRule = {
  matches: (text) => /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(text),
  expected: 'a name of letters, digits, spaces, ".", "_" and "-"',
}
const url: TextRule = {
  matches: (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  expected: 'an http or https address',
}
const pointer: TextRule = {
  matches: (text) => isJsonPointer(text) && text !== '',
  expected: 'a JSON pointer such as "/version"',
}

/** Relative paths in the table are meant from `dir`. */
export function checkConfigIn(table: ConfigTable, dir: string): CheckConfig {
  const kind = table.oneOf('kind', checkKinds)
  const shared = {
    name: table.text('name', checkName),
    severity: table.oneOf('severity', severities, 'fail'),
    timeoutSeconds: table.number('timeoutSeconds', {
      fallback: kind === 'http' ? 10 : 60,
      from: 0.1,
      to: 3_600,
      fractions: true,
    }),
    intervalSeconds: table.number('intervalSeconds', { fallback: 5, from: 0.1, to: 3_600, fractions: true }),
    healthyCount: table.number('healthyCount', { fallback: kind === 'version' ? 1 : 3, from: 1, to: 1_000 }),
    unhealthyCount: table.number('unhealthyCount', { fallback: 3, from: 1, to: 1_000 }),
  }
  if (kind === 'http') return { kind, ...shared, ...httpIn(table, dir) }
  if (kind === 'command') {
    const command = table.optionalCommand('command')
    if (command === undefined)
      throw table.wrong('command', 'a command: a text for the shell, or a list of words')
    return { kind, ...shared, command }
  }
  return kind === 'disk' ? { kind, ...shared, ...diskIn(table, dir) } : { kind, ...shared }
}

function diskIn(table: ConfigTable, dir: string) {
  const minFreeBytes = table.optionalNumber('minFreeBytes', { from: 1, to: Number.MAX_SAFE_INTEGER })
  const minFreePercent = table.optionalNumber('minFreePercent', { from: 0.1, to: 100, fractions: true })
  if (minFreeBytes === undefined && minFreePercent === undefined) {
    throw table.wrong('minFreeBytes', 'there, unless minFreePercent is')
  }
  return {
    path: resolve(dir, table.optionalText('path') ?? '.'),
    ...(minFreeBytes === undefined ? {} : { minFreeBytes }),
    ...(minFreePercent === undefined ? {} : { minFreePercent }),
  }
}

function httpIn(table: ConfigTable, dir: string) {
  const bodyContains = table.optionalText('bodyContains')
  const versionPointer = table.optionalText('versionPointer', pointer)
  const caFile = table.optionalText('caFile')
  const headers = headersIn(table)
  const json = jsonIn(table)
  return {
    url: table.text('url', url),
    status: statusIn(table),
    ...(bodyContains === undefined ? {} : { bodyContains }),
    ...(versionPointer === undefined ? {} : { versionPointer }),
    ...(caFile === undefined ? {} : { caFile: resolve(dir, caFile) }),
    ...(headers === undefined ? {} : { headers }),
    ...(json === undefined ? {} : { json }),
  }
}

/** One status or a list; default 200. */
function statusIn(table: ConfigTable): readonly number[] {
  const value = table.value('status') ?? 200
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const good = list.filter(
    (each) => typeof each === 'number' && Number.isInteger(each) && each >= 100 && each <= 599,
  )
  const statuses = good.filter((each) => typeof each === 'number')
  if (statuses.length === list.length && list.length > 0) return statuses
  throw table.wrong('status', 'a status from 100 to 599, or a list of them')
}

function headersIn(table: ConfigTable): Readonly<Record<string, string>> | undefined {
  if (!table.has('headers')) return undefined
  const inner = table.table('headers')
  const entries = inner.keys().map((key) => {
    const value = inner.value(key)
    if (typeof value !== 'string') throw inner.wrong(key, 'a text that the header must contain')
    return [key, value] as const
  })
  return Object.fromEntries(entries)
}

function jsonIn(table: ConfigTable): HttpCheckConfig['json'] {
  if (!table.has('json')) return undefined
  const inner = table.table('json')
  const entries = inner.keys().map((key) => {
    const value = inner.value(key)
    if (!isJsonPointer(key)) throw inner.wrong(key, `named by a JSON pointer such as "/status"`)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw inner.wrong(key, 'a text, a number, true or false')
    }
    return [key, value] as const
  })
  return Object.fromEntries(entries)
}
