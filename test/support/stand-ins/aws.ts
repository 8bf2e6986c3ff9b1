/**
 * A stand-in for the AWS CLI against the stack in the folder STAND_IN_DIR: CloudFormation as far as the way back
 * needs it. It masks what is NoEcho, refuses parameters that a template does not have, and goes on by itself.
 */

import { readFileSync, statSync } from 'node:fs'
import {
  beginUpdate,
  type Call,
  noteCall,
  readWorld,
  refusalOf,
  shownParameters,
  viewOf,
  writeWorld,
} from './convox-world.ts'

const folder = process.env.STAND_IN_DIR ?? ''
const words = process.argv.slice(2)
const [service, act = ''] = words

class Refusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function option(name: string): string {
  const at = words.indexOf(`--${name}`)
  const value = at < 0 ? undefined : words[at + 1]
  if (value === undefined) throw new Refusal('ParamValidation', `--${name} is required`)
  return value
}

function templateAt(url: string): string {
  const version = /\/release\/([^/]+)\/rack\.json$/.exec(url)?.[1] ?? ''
  if (readWorld(folder).templates[version] !== undefined) return version
  throw new Refusal('ValidationError', `S3 error: Access Denied. For more information check ${url}`)
}

function describe(): unknown {
  const world = readWorld(folder)
  const name = option('stack-name')
  if (name !== world.name) throw new Refusal('ValidationError', `Stack with id ${name} does not exist`)
  const view = viewOf(world, Date.now())
  const parameters = Object.entries(shownParameters(world, view))
  return {
    Stacks: [
      {
        StackId: `arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/5e9f`,
        StackName: name,
        Parameters: parameters.map(([key, value]) => ({ ParameterKey: key, ParameterValue: value })),
        StackStatus: view.status,
        Capabilities: ['CAPABILITY_IAM'],
      },
    ],
  }
}

function summary(): unknown {
  const { parameters = {} } = readWorld(folder).templates[templateAt(option('template-url'))] ?? {}
  return {
    Parameters: Object.entries(parameters).map(([key, { default: value, noEcho }]) => ({
      ParameterKey: key,
      ...(value === undefined ? {} : { DefaultValue: value }),
      ParameterType: 'String',
      NoEcho: noEcho ?? false,
    })),
    Capabilities: ['CAPABILITY_IAM'],
  }
}

interface Input {
  readonly ParameterKey: string
  readonly ParameterValue?: string
  readonly UsePreviousValue?: boolean
}

function inputFile(): string {
  const given = option('parameters')
  if (given.startsWith('file://')) return given.slice('file://'.length)
  throw new Refusal('ParamValidation', 'this stand-in takes parameters from a file only')
}

function update(): unknown {
  const inputs: readonly Input[] = JSON.parse(readFileSync(inputFile(), 'utf8'))
  const world = readWorld(folder)
  const view = viewOf(world, Date.now())
  const refusal = refusalOf(view, world.name)
  if (refusal) throw new Refusal('ValidationError', refusal)
  if (!words.includes('CAPABILITY_IAM')) {
    throw new Refusal('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]')
  }
  const template = templateAt(option('template-url'))
  const declared = world.templates[template]?.parameters ?? {}
  const strange = inputs.map((one) => one.ParameterKey).filter((name) => declared[name] === undefined)
  if (strange.length > 0) {
    throw new Refusal('ValidationError', `Parameters: [${strange.join(', ')}] do not exist in the template`)
  }
  const given = inputs.flatMap(({ ParameterKey, ParameterValue }) =>
    ParameterValue === undefined ? [] : [[ParameterKey, ParameterValue] as const],
  )
  const kept = inputs.filter((one) => one.UsePreviousValue).map((one) => one.ParameterKey)
  writeWorld(folder, beginUpdate(world, template, Object.fromEntries(given), kept, Date.now()))
  return { StackId: `arn:aws:cloudformation:us-east-1:123456789012:stack/${world.name}/5e9f` }
}

function callOf(): Call {
  const call: Call = { program: 'aws', words, hasRackUrl: Boolean(process.env.RACK_URL) }
  if (act !== 'update-stack') return call
  const file = inputFile()
  const input: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return { ...call, input, mode: (statSync(file).mode & 0o777).toString(8) }
}

const acts: Readonly<Record<string, () => unknown>> = {
  'describe-stacks': describe,
  'get-template-summary': summary,
  'update-stack': update,
}

const names: Readonly<Record<string, string>> = {
  'describe-stacks': 'DescribeStacks',
  'get-template-summary': 'GetTemplateSummary',
  'update-stack': 'UpdateStack',
}

noteCall(folder, callOf())
try {
  const run = service === 'cloudformation' ? acts[act] : undefined
  if (run === undefined) throw new Refusal('ParamValidation', `unknown: ${words.join(' ')}`)
  if (process.env.AWS_ACCESS_KEY_ID === 'expired') {
    throw new Refusal('ExpiredToken', 'The security token included in the request is expired')
  }
  console.log(JSON.stringify(run(), null, 4))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(
    `\nAn error occurred (${error.code}) when calling the ${names[act] ?? act} operation: ${error.message}`,
  )
  process.exitCode = 254
}
