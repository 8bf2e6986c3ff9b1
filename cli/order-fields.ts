/** Orders for a person, those of the rack and those from the registry side by side; and a change that nobody ordered. */
import type { RackReport } from '../shared/contract/rack.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

type PinBody = NonNullable<RackReport['pin']>
type HoldBody = NonNullable<RackReport['hold']>
type Field = readonly [string, string]

export interface OrderBodies {
  readonly pin?: PinBody | null | undefined
  readonly hold?: HoldBody | null | undefined
}

/** Given on the rack itself. */
export function ownFields(page: Page, orders: OrderBodies): Field[] {
  return fieldsOf(page, orders, '')
}

/** Given from the registry, and lifted only there. */
export function orderedFields(page: Page, orders: OrderBodies): Field[] {
  return fieldsOf(page, orders, ' from the registry')
}

function fieldsOf(page: Page, { pin, hold }: OrderBodies, where: string): Field[] {
  return [
    ...(pin ? [[`pinned${where}`, pinWords(page, pin)] as const] : []),
    ...(hold ? [[`held${where}`, holdWords(page, hold)] as const] : []),
  ]
}

function pinWords(page: Page, { version, owner, until, acceptedAdvisory, reason }: PinBody): string {
  const end = until === undefined ? '' : ` until ${page.when(until)}`
  const accepted = acceptedAdvisory === undefined ? '' : `, accepting ${acceptedAdvisory}`
  return `${version} by ${owner}${end}${accepted}: ${oneLine(reason)}`
}

function holdWords(page: Page, { until, owner, reason }: HoldBody): string {
  return `until ${page.when(until)} by ${owner}: ${oneLine(reason)}`
}

export function outsideWords(
  { from, to, at }: NonNullable<RackReport['outside']>,
  when: Page['when'],
): string {
  return `changed outside: ${from ?? 'nothing'} → ${to ?? 'nothing'} by no attempt of headgate (${when(at)})`
}
