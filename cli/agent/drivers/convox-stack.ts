/**
 * The way back past the rack's own API: the rack is a CloudFormation stack, and `aws` still reaches that when the
 * rack lets nobody in. Every parameter keeps its previous value, but for the version and, where the operator has put
 * one into a file, the password. Nothing that was read is ever written (August 2016: `****` became the password).
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import { refuseMasked } from '../parameters/refuse-masked.ts'
import { type Answer, askProgram, isRecord, jsonIn, unreadable } from './convox-cli.ts'
import type { ConvoxStackConfig } from './convox-config.ts'
import { isMasked, secretParameters } from './convox-parameters.ts'
import { type Meaning, meaningOfStackWord } from './convox-status.ts'
import type { Move } from './driver.ts'
import { type DriverPlace, runStep } from './run-step.ts'

export interface StackLook {
  /** `StackStatus`. */
  readonly word: string
  readonly meaning: Meaning
  /** Its parameter Version: while it is changing, the one that it wants to become. */
  readonly version: string | null
  /** As shown: secret ones as a mask. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface ConvoxStack {
  look(): Promise<Answer<StackLook>>
  /** Asks CloudFormation to begin; rejects with `update_failed` when it does not, `masked_value` when it must not. */
  begin(to: string, move: Move, timeoutSeconds: number): Promise<void>
  /** Removes what a crash may have left of a secret. */
  cleanUp(): void
}

interface TemplateParameter {
  readonly name: string
  readonly hasDefault: boolean
  readonly isSecret: boolean
}

/** As `update-stack --parameters` takes it. */
type ParameterInput =
  | { readonly ParameterKey: string; readonly ParameterValue: string }
  | { readonly ParameterKey: string; readonly UsePreviousValue: true }

/** The command for a stack that cannot be updated, for a person: which resources to give up is theirs to decide. */
export function repairCommand(name: string, region: string | null): string {
  return `aws cloudformation continue-update-rollback --stack-name ${name}${region ? ` --region ${region}` : ''}`
}

export function createConvoxStack(
  config: ConvoxStackConfig,
  place: DriverPlace,
  readSeconds: number,
): ConvoxStack {
  const inputFile = join(place.dir, 'convox-stack-parameters.json')
  const at = [...(config.region === null ? [] : ['--region', config.region]), '--output', 'json']
  const aws = (act: string, ...words: readonly string[]) => [
    ...config.aws,
    'cloudformation',
    act,
    ...words,
    ...at,
  ]

  async function look(): Promise<Answer<StackLook>> {
    const said = await askProgram(aws('describe-stacks', '--stack-name', config.name), readSeconds, place)
    if ('silence' in said) return said
    const found = stackIn(said.answer)
    return found ? { answer: found } : unreadable(`describes no stack ${config.name}`)
  }

  async function needed<T>(what: string, asked: Promise<Answer<T>>): Promise<T> {
    const said = await asked
    if ('answer' in said) return said.answer
    throw new Problem('update_failed', `CloudFormation does not tell ${what}: it ${said.silence.said}.`, {
      hint: `make this work by hand: ${aws('describe-stacks', '--stack-name', config.name).join(' ')}`,
    })
  }

  async function templateParameters(url: string): Promise<Answer<readonly TemplateParameter[]>> {
    const said = await askProgram(aws('get-template-summary', '--template-url', url), readSeconds, place)
    if ('silence' in said) return said
    const found = templateIn(said.answer)
    return found ? { answer: found } : unreadable('summed up no template')
  }

  function newPassword(): string | null {
    const { passwordFile } = config
    if (passwordFile === null) return null
    const bytes = place.files.read(passwordFile)
    const refuse = (what: string, hint: string) =>
      new Problem(
        'update_failed',
        `The password of the way back cannot be taken from ${passwordFile}: ${what}.`,
        { hint },
      )
    if (bytes === null)
      throw refuse('there is no such file', `write the rack's password there, for its owner only`)
    if ((statSync(passwordFile).mode & 0o077) !== 0) {
      throw refuse('others may read it', `chmod 600 ${passwordFile}`)
    }
    const password = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (password === '' || /[\r\n]/.test(password))
      throw refuse('it must hold one line', `edit ${passwordFile}`)
    return password
  }

  return {
    look,

    async begin(to, move, timeoutSeconds) {
      const url = config.templateUrl.replaceAll('VERSION', to)
      const stack = await needed('what the stack is', look())
      const template = await needed(`what ${url} wants`, templateParameters(url))
      const password = newPassword()
      const given: Readonly<Record<string, string>> = {
        Version: to,
        ...(password === null ? {} : { Password: password }),
      }
      const opaque = opaqueNames(stack.parameters, template)
      for (const name of Object.keys(given)) opaque.delete(name)
      refuseMasked(given, [...secretParameters.masks, ...(place.placeholders ?? [])], opaque)

      const parameters = template.flatMap(({ name, hasDefault }): readonly ParameterInput[] => {
        const value = given[name]
        if (value !== undefined) return [{ ParameterKey: name, ParameterValue: value }]
        if (Object.hasOwn(stack.parameters, name)) return [{ ParameterKey: name, UsePreviousValue: true }]
        if (hasDefault) return []
        throw new Problem(
          'update_failed',
          `The template of ${to} wants ${name}, which the stack does not have.`,
          {
            hint: `update the stack ${config.name} to ${url} by hand, with a value for ${name}`,
          },
        )
      })
      const lost = Object.keys(stack.parameters).filter((name) => !template.some((one) => one.name === name))
      if (lost.length > 0) move.note(`the template of ${to} does not have, and so loses: ${lost.join(', ')}`)

      const words = ['--stack-name', config.name, '--template-url', url]
      const command = aws(
        'update-stack',
        ...words,
        '--parameters',
        `file://${inputFile}`,
        '--capabilities',
        ...config.capabilities,
      )
      const redact = [...(place.redact ?? []), ...(password === null ? [] : [password])]
      try {
        place.files.writeAtomically(inputFile, `${JSON.stringify(parameters, null, 2)}\n`, 0o600)
        const step = { name: 'cloudformation', command, cwd: place.dir, timeoutSeconds }
        await runStep(step, move, { ...place, redact })
      } finally {
        place.files.remove(inputFile)
      }
    },

    cleanUp() {
      for (const file of [inputFile, `${inputFile}.tmp`]) place.files.remove(file)
    },
  }
}

function opaqueNames(shown: StackLook['parameters'], template: readonly TemplateParameter[]): Set<string> {
  const masked = Object.entries(shown).filter(([name, value]) => isMasked(name, value))
  const secret = template.filter((one) => one.isSecret)
  return new Set([...masked.map(([name]) => name), ...secret.map(({ name }) => name)])
}

function listIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function stackIn(text: string): StackLook | null {
  const page = jsonIn(text)
  const [stack] = isRecord(page) ? listIn(page.Stacks) : []
  if (!stack || typeof stack.StackStatus !== 'string') return null
  const entries = listIn(stack.Parameters).flatMap(({ ParameterKey: name, ParameterValue: value }) =>
    typeof name === 'string' ? [[name, typeof value === 'string' ? value : ''] as const] : [],
  )
  const parameters = Object.fromEntries(entries)
  const word = stack.StackStatus
  return { word, meaning: meaningOfStackWord(word), version: parameters.Version ?? null, parameters }
}

function templateIn(text: string): readonly TemplateParameter[] | null {
  const page = jsonIn(text)
  if (!isRecord(page) || !Array.isArray(page.Parameters)) return null
  const found = listIn(page.Parameters).flatMap(({ ParameterKey: name, DefaultValue, NoEcho }) =>
    typeof name === 'string'
      ? [{ name, hasDefault: DefaultValue !== undefined, isSecret: NoEcho === true }]
      : [],
  )
  return found.some(({ name }) => name === 'Version') ? found : null
}
