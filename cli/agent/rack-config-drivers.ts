/** The [driver] table of rack.toml: each kind of driver and its settings. */

import type { ConfigTable } from './config-table.ts'
import type { CommandDriverConfig } from './drivers/command.ts'
import { type ConvoxDriverConfig, convoxDriverIn } from './drivers/convox-config.ts'
import type { DirectoryDriverConfig, HookName } from './drivers/directory.ts'
import { type RollingDriverConfig, rollingConfigIn } from './drivers/rolling-config.ts'
import type { CommandLine } from './run-process.ts'

export type DriverConfig =
  | DirectoryDriverConfig
  | CommandDriverConfig
  | ConvoxDriverConfig
  | RollingDriverConfig

export const driverKinds = ['directory', 'command', 'convox', 'rolling'] as const

export type DriverKind = (typeof driverKinds)[number]

const day = 86_400
const hookNames: readonly HookName[] = ['pre-update', 'migrate', 'restart', 'post']

/** Relative paths in the table are meant from `dir`. */
export function driverConfigIn(table: ConfigTable, dir: string): DriverConfig {
  switch (table.oneOf('kind', driverKinds)) {
    case 'directory':
      return directoryIn(table)
    case 'command':
      return commandIn(table)
    case 'convox':
      return convoxDriverIn(table, dir)
    case 'rolling':
      return rollingConfigIn(table, dir)
  }
}

function directoryIn(table: ConfigTable): DirectoryDriverConfig {
  const hooks: Partial<Record<HookName, CommandLine>> = {}
  for (const hook of hookNames) {
    const command = table.optionalCommand(hook)
    if (command !== undefined) hooks[hook] = command
  }
  return {
    kind: 'directory',
    keep: table.number('keep', { fallback: 3, from: 1, to: 1_000 }),
    hooks,
    hookTimeoutSeconds: table.number('hookTimeoutSeconds', { fallback: 600, from: 1, to: day }),
    unpack: {
      entries: table.number('maxEntries', { fallback: 100_000, from: 1, to: 10_000_000 }),
      bytes: table.number('maxUnpackedBytes', { fallback: 4 * 1024 ** 3, from: 1, to: 1024 ** 4 }),
      ratio: table.number('maxRatio', { fallback: 200, from: 1, to: 100_000 }),
    },
  }
}

function needed(table: ConfigTable, key: string): CommandLine {
  const command = table.optionalCommand(key)
  if (command === undefined) throw table.wrong(key, 'a command: a text for the shell, or a list of words')
  return command
}

function commandIn(table: ConfigTable): CommandDriverConfig {
  const rollback = table.optionalCommand('rollback')
  const status = table.optionalCommand('status')
  const parameters = table.optionalCommand('parameters')
  return {
    kind: 'command',
    current: needed(table, 'current'),
    apply: needed(table, 'apply'),
    ...(rollback === undefined ? {} : { rollback }),
    ...(status === undefined ? {} : { status }),
    ...(parameters === undefined ? {} : { parameters }),
    emptyMeansNothing: table.flag('emptyMeansNothing', false),
    offlineRollback: table.flag('offlineRollback', false),
    needsArtifact: table.flag('needsArtifact', false),
    timeoutSeconds: table.number('timeoutSeconds', { fallback: 3_600, from: 1, to: day }),
    readTimeoutSeconds: table.number('readTimeoutSeconds', { fallback: 60, from: 1, to: 3_600 }),
  }
}
