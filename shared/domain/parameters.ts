/**
 * Parameter contracts: the settings that a release declares, and what changes between two of them. Two changes
 * block a promotion until a person acknowledges them; the 2016 incident was the first of the two.
 */

export interface ParameterDeclaration {
  readonly type?: string | undefined
  readonly default?: string | undefined
  /** Write-only: what is read back is a placeholder, which must never be written again. */
  readonly masked?: boolean | undefined
  readonly allowed?: readonly string[] | undefined
}

export type ParameterContract = Readonly<Record<string, ParameterDeclaration>>

export const parameterChanges = [
  'becameMasked',
  'addedWithoutDefault',
  'removed',
  'typeChanged',
  'defaultChanged',
  'narrowed',
] as const
export type ParameterChangeKind = (typeof parameterChanges)[number]

export interface ParameterChange {
  readonly name: string
  readonly change: ParameterChangeKind
  /** One sentence with the values before and after; masked defaults are not shown. */
  readonly detail: string
}

export const blockingChanges: readonly ParameterChangeKind[] = ['becameMasked', 'addedWithoutDefault']

export function isBlocking(change: ParameterChange): boolean {
  return blockingChanges.includes(change.change)
}

interface NamesIn {
  readonly declared: readonly string[]
  readonly masked: readonly string[]
}

const nothingNamed: NamesIn = { declared: [], masked: [] }
/** A contract is immutable, and asked of with every decision that names a target. */
const namesOfContract = new WeakMap<ParameterContract, NamesIn>()

/** The names in a contract, and those of them that it masks; none without one. */
export function namesIn(contract: ParameterContract | undefined): NamesIn {
  if (!contract) return nothingNamed
  const known = namesOfContract.get(contract)
  if (known) return known
  const declared = Object.keys(contract)
  const names = { declared, masked: declared.filter((name) => contract[name]?.masked === true) }
  namesOfContract.set(contract, names)
  return names
}

/** Every change from one contract to the next, by parameter name. A release without a contract declares nothing. */
export function diffParameters(
  from: ParameterContract | undefined,
  to: ParameterContract | undefined,
): readonly ParameterChange[] {
  if (from === to || !from || !to) return []
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return names.flatMap((name) => changesOf(name, declared(from, name), declared(to, name)))
}

/** Only what the release itself declares: a parameter may be called `constructor`. */
function declared(contract: ParameterContract, name: string): ParameterDeclaration | undefined {
  return Object.hasOwn(contract, name) ? contract[name] : undefined
}

function changesOf(
  name: string,
  before: ParameterDeclaration | undefined,
  after: ParameterDeclaration | undefined,
): ParameterChange[] {
  if (!after)
    return [
      {
        name,
        change: 'removed',
        detail: `${name} is no longer declared; its value is lost on the way back.`,
      },
    ]
  if (!before) return addedWithoutDefault(name, after)
  const found: (ParameterChange | undefined)[] = [
    becameMasked(name, before, after),
    typeChanged(name, before, after),
    defaultChanged(name, before, after),
    narrowed(name, before, after),
  ]
  return found.filter((change) => change !== undefined)
}

function addedWithoutDefault(name: string, after: ParameterDeclaration): ParameterChange[] {
  if (after.default !== undefined) return []
  return [
    {
      name,
      change: 'addedWithoutDefault',
      detail: `${name} is new and has no default: racks must be given a value first.`,
    },
  ]
}

function becameMasked(
  name: string,
  before: ParameterDeclaration,
  after: ParameterDeclaration,
): ParameterChange | undefined {
  if (before.masked || !after.masked) return undefined
  return {
    name,
    change: 'becameMasked',
    detail: `${name} can no longer be read back: whoever writes what it read stores a placeholder.`,
  }
}

function typeChanged(
  name: string,
  before: ParameterDeclaration,
  after: ParameterDeclaration,
): ParameterChange | undefined {
  if (before.type === after.type) return undefined
  return {
    name,
    change: 'typeChanged',
    detail: `${name} was ${before.type ?? 'untyped'} and is ${after.type ?? 'untyped'}.`,
  }
}

function defaultChanged(
  name: string,
  before: ParameterDeclaration,
  after: ParameterDeclaration,
): ParameterChange | undefined {
  if (before.default === after.default) return undefined
  const isHidden = before.masked || after.masked
  const detail = isHidden
    ? 'its default changed.'
    : `its default was ${quoted(before.default)} and is ${quoted(after.default)}.`
  return { name, change: 'defaultChanged', detail: `${name}: ${detail}` }
}

function narrowed(
  name: string,
  before: ParameterDeclaration,
  after: ParameterDeclaration,
): ParameterChange | undefined {
  const allowed = after.allowed
  if (!allowed) return undefined
  if (!before.allowed)
    return { name, change: 'narrowed', detail: `${name} took any value and now only ${allowed.join(', ')}.` }
  const gone = before.allowed.filter((value) => !allowed.includes(value))
  if (gone.length === 0) return undefined
  return { name, change: 'narrowed', detail: `${name} no longer takes ${gone.join(', ')}.` }
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
