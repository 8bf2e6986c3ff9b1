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
  /** For the convox driver: what Convox calls the rack. */
  readonly convoxRack?: string
  /** For the rolling driver, which cannot do without them. */
  readonly hosts?: Readonly<Record<'list' | 'drain' | 'apply' | 'attach' | 'detach', string>>
  /** For the command driver, which cannot do without them. */
  readonly commands?: {
    readonly current: string
    readonly apply: string
    readonly rollback?: string
    readonly emptyMeansNothing?: boolean
  }
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
  if (rack.driver === 'rolling') return rollingLines(rack.hosts)
  if (rack.driver === 'convox') return convoxLines(rack.convoxRack ?? rack.name)
  const { current = 'cat VERSION', apply = './apply', rollback, emptyMeansNothing } = rack.commands ?? {}
  return [
    'kind = "command"',
    `current = ${quoted(current)}    # prints the installed version, alone`,
    `apply = ${quoted(apply)}    # moves to $HEADGATE_VERSION`,
    rollback === undefined
      ? '# rollback = "./rollback"         # for every move back; without it: apply, with HEADGATE_DIRECTION=back'
      : `rollback = ${quoted(rollback)}    # for every move back`,
    '# status = "./status"             # prints "settled" or "busy"; anything else is unknown, and never good',
    '# parameters = "./parameters"     # prints a JSON object of names and values',
    `${emptyMeansNothing ? '' : '# '}emptyMeansNothing = true        # current prints nothing while nothing is installed`,
    '# offlineRollback = true          # rollback needs no network',
    '# timeoutSeconds = 3600',
  ]
}

function rollingLines(hosts: EnrolledRack['hosts']): string[] {
  const {
    list = './list',
    drain = './drain {host}',
    apply = './apply {host}',
    attach = './attach {host}',
    detach = './detach {host}',
  } = hosts ?? {}
  return [
    'kind = "rolling"',
    `list = ${quoted(list)}    # prints [{"host": "a", "version": "1.2.0", "attached": true}, …]`,
    `drain = ${quoted(drain)}    # out of service, and done with what it was asked`,
    `apply = ${quoted(apply)}    # moves $HEADGATE_HOST to $HEADGATE_VERSION`,
    `attach = ${quoted(attach)}    # into service`,
    `detach = ${quoted(detach)}    # out of service at once, and kept there`,
    '# status = "./status"             # prints "settled" or "busy" for the whole group',
    '# batch = 1                       # hosts at once, or a part such as "25%"',
    '# maxUnhealthy = 0                # hosts that may stay out of service before the move is given up',
    '# minAttached = 1                 # hosts that must serve at every moment',
    '# timeoutSeconds = 3600           # for each command of a host',
    '# confirmSeconds = 60             # until list shows what a command did',
    '',
    '# [driver.settle]                 # for one host: the same rules as [settle] below',
    '# graceSeconds = 15',
    '',
    '# What every host must show before it serves; {host} is its name. Without any, only its version.',
    '# [[driver.check]]',
    '# name = "healthz"',
    '# kind = "http"',
    '# url = "http://{host}:8080/healthz"',
    '# versionPointer = "/version"',
  ]
}

function convoxLines(name: string): string[] {
  return [
    'kind = "convox"',
    `rack = ${quoted(name)}    # as \`convox racks\` names it`,
    '# generation = "v2"              # or "v3"; told by the version otherwise',
    '# command = "convox"             # the Convox CLI; a list of words for one that is wrapped',
    '# timeoutMinutes = 60            # for one move',
    "# waitMinutes = 15               # for somebody else's update, before a move",
    '# [driver.stack]                 # v2: the way back when the API of the rack refuses us',
    `# name = ${quoted(name.split('/').at(-1) ?? name)}`,
    '# region = "us-east-1"',
    '# command = "aws"',
    '# passwordFile = "convox-password"   # the password that the rack gets then; for its owner only',
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
    '# Without any check only the version is verified. Kinds: http, tls, tcp, command, disk, parameters, version.',
    '# [[check]]',
    '# name = "healthz"',
    '# kind = "http"',
    '# url = "http://127.0.0.1:8080/healthz"',
    '# versionPointer = "/version"     # the version that the answer must report',
    '# healthyCount = 3                # healthy answers in a row',
    '# unhealthyCount = 3              # failures in a row, after the grace period',
    '# when = ["settle", "monitor"]    # and "preflight"; monitored: asked by the agent every monitorSeconds = 60',
    '# intervalSeconds = 5',
    '# timeoutSeconds = 10',
    '# severity = "fail"               # or "warn": shown, but decides nothing',
    '',
    '# [settle]',
    '# graceSeconds = 15               # failures at first are not counted',
    '# soakSeconds = 0                 # how long all must stay healthy',
    '# timeoutSeconds = 300            # then the rack goes back',
    '',
    '# [agent]                         # the agent updates itself: docs/agent.md',
    '# app = "headgate"',
    '# channel = "stable"',
    '# probationMinutes = 15',
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
