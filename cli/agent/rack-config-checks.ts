/** The [[check]] tables of rack.toml: each kind of check and its settings. */

import { resolve } from 'node:path'
import type { AgentCheckConfig } from './checks/agent.ts'
import { type CheckPatience, type Phase, phases, type Severity } from './checks/check.ts'
import type { CommandCheckConfig } from './checks/command.ts'
import type { DiskCheckConfig } from './checks/disk.ts'
import type { HttpCheckConfig } from './checks/http.ts'
import { isJsonPointer } from './checks/json-pointer.ts'
import type { ParametersCheckConfig } from './checks/parameters.ts'
import type { TcpCheckConfig } from './checks/tcp.ts'
import type { TlsCheckConfig, TlsProtocol } from './checks/tls.ts'
import type { VersionCheckConfig } from './checks/version.ts'
import type { ConfigTable, TextRule } from './config-table.ts'

export type CheckConfig =
  | AgentCheckConfig
  | HttpCheckConfig
  | TlsCheckConfig
  | TcpCheckConfig
  | CommandCheckConfig
  | ParametersCheckConfig
  | DiskCheckConfig
  | VersionCheckConfig

/** Each kind, and the phases that it is asked in unless its `when` says otherwise. */
const usualPhases: Readonly<Record<CheckConfig['kind'], readonly Phase[]>> = {
  agent: ['settle'],
  http: ['settle', 'monitor'],
  tls: ['settle', 'monitor'],
  tcp: ['settle', 'monitor'],
  command: ['settle', 'monitor'],
  parameters: ['settle', 'monitor'],
  disk: ['preflight', 'monitor'],
  version: ['settle', 'monitor'],
}
const checkKinds = Object.keys(usualPhases) as readonly CheckConfig['kind'][]

/** What answers over the network, and is late after so much less. */
const networkKinds: readonly string[] = ['http', 'tls', 'tcp']

const severities: readonly Severity[] = ['fail', 'warn']

const checkName: TextRule = {
  matches: (text) => /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(text),
  expected: 'a name of letters, digits, spaces, ".", "_" and "-"',
}
const url: TextRule = {
  matches: (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  expected: 'an http or https address',
}
const hostName: TextRule = {
  matches: (text) => /^[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$/.test(text) || text === '::1',
  expected: 'a host name or an address, without a port',
}
const fingerprintRule: TextRule = {
  matches: (text) => /^[0-9a-fA-F]{64}$/.test(text.replaceAll(':', '')),
  expected: 'the 64 hex digits of a SHA-256 fingerprint, with ":" between them or without',
}
const pointer: TextRule = {
  matches: (text) => isJsonPointer(text) && text !== '',
  expected: 'a JSON pointer such as "/version"',
}

/** Relative paths in the table are meant from `dir`. */
export function checkConfigIn(table: ConfigTable, dir: string): CheckConfig {
  const kind = table.oneOf('kind', checkKinds)
  const shared: CheckPatience & { readonly name: string; readonly severity: Severity } = {
    name: table.text('name', checkName),
    severity: table.oneOf('severity', severities, 'fail'),
    when: phasesIn(table) ?? usualPhases[kind],
    timeoutSeconds: table.number('timeoutSeconds', {
      fallback: networkKinds.includes(kind) ? 10 : 60,
      from: 0.1,
      to: 3_600,
      fractions: true,
    }),
    intervalSeconds: table.number('intervalSeconds', { fallback: 5, from: 0.1, to: 3_600, fractions: true }),
    healthyCount: table.number('healthyCount', { fallback: kind === 'version' ? 1 : 3, from: 1, to: 1_000 }),
    unhealthyCount: table.number('unhealthyCount', { fallback: 3, from: 1, to: 1_000 }),
    monitorSeconds: table.number('monitorSeconds', { fallback: 60, from: 1, to: 86_400 }),
  }
  if (kind === 'http') return { kind, ...shared, ...httpIn(table, dir) }
  if (kind === 'agent') return { kind, ...shared, ...agentIn(table) }
  if (kind === 'tls') return { kind, ...shared, ...tlsIn(table, dir) }
  if (kind === 'tcp') return { kind, ...shared, ...tcpIn(table) }
  if (kind === 'command') {
    const command = table.optionalCommand('command')
    if (command === undefined)
      throw table.wrong('command', 'a command: a text for the shell, or a list of words')
    return { kind, ...shared, command }
  }
  if (kind === 'parameters') return { kind, ...shared, ...parametersIn(table) }
  return kind === 'disk' ? { kind, ...shared, ...diskIn(table, dir) } : { kind, ...shared }
}

function parametersIn(table: ConfigTable) {
  const wanted = table.table('require')
  const require = wanted.keys().map((name) => {
    const value = wanted.value(name)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw wanted.wrong(name, 'a text, a number, true or false')
    }
    return [name, String(value)] as const
  })
  return { require: Object.fromEntries(require), present: table.texts('present') ?? [] }
}

function phasesIn(table: ConfigTable): readonly Phase[] | undefined {
  const words = table.texts('when')
  if (words === undefined) return undefined
  const known = phases.filter((phase) => words.includes(phase))
  if (known.length === words.length) return known
  throw table.wrong('when', `a list of ${phases.map((phase) => `"${phase}"`).join(', ')}, each at most once`)
}

function agentIn(table: ConfigTable) {
  return {
    asks: table.oneOf('asks', ['starts', 'probation'] as const),
    checkIns: table.number('checkIns', { fallback: 3, from: 1, to: 100 }),
  }
}

const portRule = { from: 1, to: 65_535 }

function tcpIn(table: ConfigTable) {
  const host = table.text('host', hostName)
  const port = table.optionalNumber('port', portRule)
  if (port === undefined) throw table.wrong('port', 'a whole number from 1 to 65535')
  const send = table.optionalText('send')
  const expect = table.optionalText('expect')
  return { host, port, ...(send !== undefined && { send }), ...(expect !== undefined && { expect }) }
}

const tlsProtocols: readonly TlsProtocol[] = ['TLSv1.2', 'TLSv1.3']

function tlsIn(table: ConfigTable, dir: string) {
  const servername = table.optionalText('servername', hostName)
  const caFile = table.optionalText('caFile')
  const fingerprint = table.optionalText('fingerprintSha256', fingerprintRule)
  return {
    host: table.text('host', hostName),
    port: table.number('port', { fallback: 443, ...portRule }),
    minProtocol: table.oneOf('minProtocol', tlsProtocols, 'TLSv1.2'),
    minDaysLeft: table.number('minDaysLeft', { fallback: 14, from: 0, to: 3_650 }),
    ...(servername !== undefined && { servername }),
    ...(caFile !== undefined && { caFile: resolve(dir, caFile) }),
    ...(fingerprint !== undefined && {
      fingerprintSha256: fingerprint.replaceAll(':', '').toLowerCase(),
    }),
  }
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
