/** The [driver] table of a Convox rack: which rack, by which commands, how patiently, and the way back without it. */

import { resolve } from 'node:path'
import type { ConfigTable, TextRule } from '../config-table.ts'
import type { ConvoxGeneration } from './convox-status.ts'

export interface ConvoxStackConfig {
  /** Of the CloudFormation stack; Convox calls it as the rack. */
  readonly name: string
  /** Null: what the AWS CLI is configured with. */
  readonly region: string | null
  /** The AWS CLI, and words that it always gets. */
  readonly aws: readonly string[]
  /** Where a version's template is, with VERSION in it; CloudFormation reads from S3 only. */
  readonly templateUrl: string
  readonly capabilities: readonly string[]
  /** Holds the password that the rack gets on this way back; without it the rack keeps the one it has. */
  readonly passwordFile: string | null
}

export interface ConvoxDriverConfig {
  readonly kind: 'convox'
  /** As `convox racks` names it. */
  readonly rack: string
  /** Null: told by the form of the version that the rack reports. */
  readonly generation: ConvoxGeneration | null
  /** The Convox CLI, and words that it always gets. */
  readonly command: readonly string[]
  /** For one whole move. `convox rack update --wait` gives up after 35 minutes, and says so worse than we do. */
  readonly timeoutMinutes: number
  /** How long an update by somebody else is waited for before a move. */
  readonly waitMinutes: number
  /** How long a rack that does not answer in the middle of a move is asked again. */
  readonly patienceSeconds: number
  /** v3: how long after "OK" an update may take to begin. */
  readonly startSeconds: number
  readonly pollSeconds: number
  readonly readTimeoutSeconds: number
  /** v2: the way back when the rack's own API refuses us. */
  readonly stack: ConvoxStackConfig | null
}

/** Convox's own place, and public. */
const convoxTemplateUrl = 'https://convox.s3.amazonaws.com/release/VERSION/rack.json'

const rackName: TextRule = {
  matches: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/.test(text),
  expected: 'the name of a rack as `convox racks` prints it, such as "prod" or "acme/prod"',
}
const stackName: TextRule = {
  matches: (text) => /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(text),
  expected: 'the name of a CloudFormation stack',
}
const regionName: TextRule = {
  matches: (text) => /^[a-z0-9-]{1,40}$/.test(text),
  expected: 'a region such as "us-east-1"',
}
const template: TextRule = {
  matches: (text) => /^https:\/\/\S+$/.test(text) && text.includes('VERSION'),
  expected: `an https address with VERSION in it, such as "${convoxTemplateUrl}"`,
}
const capabilityNames = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']

/** Relative paths in the table are meant from `dir`. */
export function convoxDriverIn(table: ConfigTable, dir: string): ConvoxDriverConfig {
  const generation = table.has('generation') ? table.oneOf('generation', ['v2', 'v3'] as const) : null
  const stack = table.has('stack') ? stackIn(table.table('stack'), dir) : null
  if (stack !== null && generation === 'v3') {
    throw table.wrong('stack', 'absent: a v3 rack is no CloudFormation stack')
  }
  return {
    kind: 'convox',
    rack: table.text('rack', rackName),
    generation,
    command: programIn(table, 'command', 'convox'),
    timeoutMinutes: table.number('timeoutMinutes', { fallback: 60, from: 0.01, to: 1_440, fractions: true }),
    waitMinutes: table.number('waitMinutes', { fallback: 15, from: 0, to: 1_440, fractions: true }),
    patienceSeconds: table.number('patienceSeconds', { fallback: 300, from: 0, to: 86_400, fractions: true }),
    startSeconds: table.number('startSeconds', { fallback: 120, from: 0, to: 3_600, fractions: true }),
    pollSeconds: table.number('pollSeconds', { fallback: 5, from: 0.01, to: 600, fractions: true }),
    readTimeoutSeconds: table.number('readTimeoutSeconds', { fallback: 60, from: 1, to: 3_600 }),
    stack,
  }
}

function stackIn(table: ConfigTable, dir: string): ConvoxStackConfig {
  const passwordFile = table.optionalText('passwordFile')
  const capabilities = table.texts('capabilities') ?? ['CAPABILITY_IAM']
  if (!capabilities.every((each) => capabilityNames.includes(each))) {
    throw table.wrong('capabilities', `a list of ${capabilityNames.join(', ')}`)
  }
  return {
    name: table.text('name', stackName),
    region: table.optionalText('region', regionName) ?? null,
    aws: programIn(table, 'command', 'aws'),
    templateUrl: table.optionalText('templateUrl', template) ?? convoxTemplateUrl,
    capabilities,
    passwordFile: passwordFile === undefined ? null : resolve(dir, passwordFile),
  }
}

/** A text is the path of a program and never goes through a shell; a list is a program and its first words. */
function programIn(table: ConfigTable, key: string, fallback: string): readonly string[] {
  const command = table.optionalCommand(key) ?? fallback
  return typeof command === 'string' ? [command] : command
}
