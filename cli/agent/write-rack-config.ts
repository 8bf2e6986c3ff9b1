/** What `enroll` writes into DIR/rack.toml: the few answers it has, and the rest as comments to take up. */

import { Problem } from '../../shared/domain/problem.ts'
import type { DurableFiles } from './files.ts'
import { rackConfigFile } from './rack-config.ts'
import type { DriverKind } from './rack-config-drivers.ts'

export interface EnrolledRack {
  readonly registryUrl: string
  readonly name: string
  readonly app: string
  readonly channel: string
  readonly platform: string
  readonly driver: DriverKind
  /** For the command driver, which cannot do without them. */
  readonly commands?: { readonly current: string; readonly apply: string; readonly rollback?: string }
}

/** A TOML basic string: JSON's escapes are among TOML's, but for the delete character. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F')
}

function driverLines(rack: EnrolledRack): string[] {
  if (rack.driver === 'directory') {
    return [
      'kind = "directory"                # DIR/releases/VERSION, and DIR/current points at the one that runs',
      'keep = 3                          # releases that stay on the disk',
      '# restart = "systemctl restart app"',
      '# pre-update = "./bin/backup"     # hooks run in the release they move to, with HEADGATE_* variables,',
      '# migrate = "./bin/migrate"       # in the order pre-update, migrate, (switch), restart, post;',
      '# post = "./bin/announce"         # each may be run twice after a crash',
      '# hookTimeoutSeconds = 600',
    ]
  }
  const { current = 'cat VERSION', apply = './apply', rollback } = rack.commands ?? {}
  return [
    'kind = "command"',
    `current = ${quoted(current)}    # prints the installed version, alone`,
    `apply = ${quoted(apply)}    # moves to $HEADGATE_VERSION`,
    rollback === undefined
      ? '# rollback = "./rollback"         # for every move back; without it: apply, with HEADGATE_DIRECTION=back'
      : `rollback = ${quoted(rollback)}    # for every move back`,
    '# status = "./status"             # prints "settled" or "busy"; anything else is unknown, and never good',
    '# parameters = "./parameters"     # prints a JSON object of names and values',
    '# emptyMeansNothing = true        # current prints nothing while nothing is installed',
    '# offlineRollback = true          # rollback needs no network',
    '# timeoutSeconds = 3600',
  ]
}

/** The file's text; `readRackConfig` reads it back to the same rack. */
function rackConfigText(rack: EnrolledRack): string {
  return `${[
    '# Written by `headgate enroll`; yours to edit. Secrets do not belong here: the token is in rack.token.',
    '',
    '[registry]',
    `url = ${quoted(rack.registryUrl)}`,
    '',
    '[rack]',
    `name = ${quoted(rack.name)}`,
    `app = ${quoted(rack.app)}`,
    `channel = ${quoted(rack.channel)}`,
    `platform = ${quoted(rack.platform)}    # artifacts for "any" always fit`,
    '# window = { start = "0 2 * * 2-4", minutes = 180, zone = "Europe/Berlin", except = ["2026-12-24"] }',
    '# within = ">=3.0.0 <4.0.0"        # versions outside of it are not taken',
    '# minAgeMinutes = 1440             # nor are younger ones',
    '',
    '[driver]',
    ...driverLines(rack),
    '',
    '# Without any check only the version is verified. Kinds: http, command, disk, version.',
    '# [[check]]',
    '# name = "healthz"',
    '# kind = "http"',
    '# url = "http://127.0.0.1:8080/healthz"',
    '# versionPointer = "/version"     # the version that the answer must report',
    '# healthyCount = 3                # healthy answers in a row',
    '# unhealthyCount = 3              # failures in a row, after the grace period',
    '# intervalSeconds = 5',
    '# timeoutSeconds = 10',
    '# severity = "fail"               # or "warn": shown, but decides nothing',
    '',
    '# [settle]',
    '# graceSeconds = 15               # failures at first are not counted',
    '# soakSeconds = 0                 # how long all must stay healthy',
    '# timeoutSeconds = 300            # then the rack goes back',
  ].join('\n')}\n`
}

export function writeRackConfig(dir: string, rack: EnrolledRack, files: DurableFiles): void {
  files.makeDirectory(dir)
  files.writeAtomically(rackConfigFile(dir), rackConfigText(rack))
}

/** Changes the channel and nothing else: the file is the operator's, with their comments. */
export function switchChannelIn(dir: string, channel: string, files: DurableFiles): void {
  const file = rackConfigFile(dir)
  const text = files.read(file)?.toString('utf8') ?? ''
  const start = text.search(/^\s*\[rack\]\s*(#.*)?$/m)
  const line = /^(\s*channel\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*')/m
  const rest = start < 0 ? '' : text.slice(start)
  if (!line.test(rest)) {
    throw new Problem('invalid_input', `${file} has no line "channel = …" under [rack] to change.`, {
      hint: `edit ${file}`,
    })
  }
  const changed = rest.replace(line, (_whole, key: string) => `${key}${quoted(channel)}`)
  files.writeAtomically(file, text.slice(0, start) + changed)
}
