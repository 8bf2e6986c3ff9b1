/**
 * What the stand-ins for `convox` and `aws` share: one rack and its CloudFormation stack in a folder. Nothing runs
 * in the background: what is stored is when an update began and what is to become of it, and whoever asks sees how
 * far it has come by now. So it goes on, as the real one does, when every program that asked for it is dead.
 */

import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Template {
  readonly parameters: Readonly<Record<string, { readonly default?: string; readonly noEcho?: true }>>
  /** As in August 2016: a change of parameters sends back what was read of all the others. */
  readonly replaysMasks?: true
  /** What becomes of an update to it. */
  readonly fate?: Fate
}

export type Fate = 'completes' | 'rolls back' | 'sticks'

export interface Move {
  /** Not before now when an asynchronous update takes its time to begin. */
  readonly beginsAt: number
  readonly endsAt: number
  readonly rolledBackAt: number
  readonly convergedAt: number
  readonly template: string
  readonly parameters: Readonly<Record<string, string>>
  readonly fate: Fate
}

export interface World {
  readonly generation: 'v2' | 'v3'
  readonly name: string
  readonly templates: Readonly<Record<string, Template>>
  readonly stack: {
    readonly template: string
    readonly parameters: Readonly<Record<string, string>>
    readonly status: string
  }
  readonly move: Move | null
  /** How long things take. */
  readonly updateMs: number
  readonly rollbackMs: number
  readonly convergeMs: number
  readonly beginMs: number
  /** v3: the Console applies it, and `convox rack update` does not wait. */
  readonly isConsole?: boolean
  readonly isApiDown?: boolean
  /** The API says this, whatever is the case. */
  readonly statusWord?: string
  /** As before 2016-11: a stack that failed is "running", and "already updating" for who wants to update it. */
  readonly hidesFailure?: boolean
  /** Somebody whose update begins a moment before the next one by `convox`: of the count alone, or to a version. */
  readonly other?: { readonly version?: string } | null
  /** Somebody who takes the rack to this version as soon as the next update by `convox` is complete. */
  readonly next?: string | null
}

export interface View {
  /** As CloudFormation says it. */
  readonly status: string
  readonly template: string
  readonly parameters: Readonly<Record<string, string>>
  readonly isConverging: boolean
}

export function readWorld(folder: string): World {
  return JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8'))
}

export function writeWorld(folder: string, world: World): void {
  const file = join(folder, 'world.json')
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(world, null, 2))
  renameSync(`${file}.${process.pid}`, file)
}

export interface Call {
  readonly program: 'convox' | 'aws'
  readonly words: readonly string[]
  readonly hasRackUrl: boolean
  /** What was in the file that the words named, and who might read it. */
  readonly input?: unknown
  readonly mode?: string
}

export function noteCall(folder: string, call: Call): void {
  appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify(call)}\n`)
}

export function viewOf({ stack, move }: World, now: number): View {
  const before = { ...stack, isConverging: false }
  if (move === null || now < move.beginsAt) return before
  const { template, parameters } = move
  if (now < move.endsAt) return { status: 'UPDATE_IN_PROGRESS', template, parameters, isConverging: false }
  if (move.fate === 'completes') {
    return { status: 'UPDATE_COMPLETE', template, parameters, isConverging: now < move.convergedAt }
  }
  if (now < move.rolledBackAt) return { ...before, status: 'UPDATE_ROLLBACK_IN_PROGRESS' }
  const status = move.fate === 'sticks' ? 'UPDATE_ROLLBACK_FAILED' : 'UPDATE_ROLLBACK_COMPLETE'
  return { ...before, status }
}

/** NoEcho, as DescribeStacks shows it. */
export function shownParameters(
  { templates }: World,
  { template, parameters }: View,
): Record<string, string> {
  const declared = templates[template]?.parameters ?? {}
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, declared[name]?.noEcho ? '****' : value]),
  )
}

/** UpdateStack refuses in any state that is not a good end. */
export function refusalOf(view: View, name: string): string | null {
  if (/^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(view.status)) return null
  return `Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/5e9f is in ${view.status} state and can not be updated.`
}

/** Begins an update of the stack; `given` are explicit values, `kept` the names with UsePreviousValue. */
export function beginUpdate(
  world: World,
  template: string,
  given: Readonly<Record<string, string>>,
  kept: readonly string[],
  now: number,
): World {
  const view = viewOf(world, now)
  const declared = world.templates[template]
  if (declared === undefined) throw new Error(`no template ${template}`)
  const parameters: Record<string, string> = {}
  for (const [name, { default: value }] of Object.entries(declared.parameters)) {
    const next = given[name] ?? (kept.includes(name) ? view.parameters[name] : value)
    if (next === undefined) throw new Error(`Parameters: [${name}] must have values`)
    parameters[name] = next
  }
  const beginsAt = now + world.beginMs
  const endsAt = beginsAt + world.updateMs
  const move: Move = {
    beginsAt,
    endsAt,
    rolledBackAt: endsAt + world.rollbackMs,
    convergedAt: endsAt + world.convergeMs,
    template,
    parameters,
    fate: template === view.template ? 'completes' : (declared.fate ?? 'completes'),
  }
  const { status, template: was, parameters: before } = view
  return { ...world, stack: { status, template: was, parameters: before }, move }
}
