/** The numbers of a refused promotion, read back: the same gates, changes and evidence that an enacted one shows. */
import type { ChangeBody, ProvedBody } from '../shared/contract/app.ts'
import { blockingChanges } from '../shared/domain/parameters.ts'
import { drawChanges, drawProved, drawVerdicts, type VerdictBody } from './moving-page.ts'
import type { Page } from './output.ts'

/** What a Problem carries as numbers crossed the wire without a type; whatever has another shape is not drawn. */
export function drawRefusal(page: Page, numbers: Readonly<Record<string, unknown>>): void {
  const { proved } = numbers
  if (isProved(proved)) drawProved(page, proved)
  drawVerdicts(page, listOf(numbers.verdicts, isVerdict))
  drawChanges(page, 'Parameters', listOf(numbers.changes, isChange).map(judged))
}

function listOf<T>(value: unknown, isOne: (one: unknown) => one is T): T[] {
  return Array.isArray(value) ? value.filter(isOne) : []
}

function isVerdict(value: unknown): value is VerdictBody {
  return (
    hasTexts(value, 'gate', 'detail') &&
    mayHaveTexts(value, 'needs', 'since', 'until', 'hint') &&
    ['pass', 'fail', 'waiting'].includes(String(fieldOf(value, 'outcome')))
  )
}

function isChange(value: unknown): value is ChangeBody {
  return hasTexts(value, 'change', 'name', 'detail')
}

/** A refusal names the kinds only; which of them block is a rule. */
function judged(change: ChangeBody): ChangeBody {
  return { ...change, isBlocking: blockingChanges.some((kind) => kind === change.change) }
}

function isProved(value: unknown): value is ProvedBody {
  return (
    hasTexts(value, 'channel') &&
    isTexts(fieldOf(value, 'proved')) &&
    isTexts(fieldOf(value, 'running')) &&
    listOf(fieldOf(value, 'failed'), isFailure).length === lengthOf(fieldOf(value, 'failed'))
  )
}

function isFailure(value: unknown): value is ProvedBody['failed'][number] {
  return hasTexts(value, 'rack', 'outcome')
}

function hasTexts(value: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => typeof fieldOf(value, name) === 'string')
}

function mayHaveTexts(value: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => ['string', 'undefined'].includes(typeof fieldOf(value, name)))
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
