/** What a person wants to see before and after a channel moves: gates, parameter changes, and what racks have shown. */
import type { ChangeBody, PromotionBody, ProvedBody } from '../shared/contract/app.ts'
import { type Mark, marks, type Page } from './output.ts'
import { oneLine } from './plain-text.ts'

export type VerdictBody = PromotionBody['verdicts'][number]

const markOf: Readonly<Record<VerdictBody['outcome'], Mark>> = {
  pass: 'ok',
  fail: 'failed',
  waiting: 'waiting',
}

/** `passedOver`: gates that stood in the way and were passed over on the record. */
export function drawVerdicts(
  page: Page,
  verdicts: readonly VerdictBody[],
  title = 'Gates',
  passedOver: readonly VerdictBody['gate'][] = [],
): void {
  if (verdicts.length === 0) return
  page.line(title)
  const width = Math.max(...verdicts.map(({ gate }) => gate.length))
  for (const { gate, outcome, needs, detail, since, until, hint } of verdicts) {
    const told = `${gate.padEnd(width)}  ${oneLine(detail)}`
    if (outcome === 'pass') {
      page.mark(markOf.pass, told)
      continue
    }
    if (passedOver.includes(gate)) {
      page.mark('warning', `${told} Passed over.`)
      continue
    }
    const waitsFor = needs === undefined ? '' : ` Needs ${needs === 'person' ? 'a person' : needs}`
    const long = since === undefined ? '' : `${waitsFor === '' ? ' Since' : ', since'} ${page.when(since)}`
    page.mark(markOf[outcome], `${told}${waitsFor}${long}${waitsFor + long === '' ? '' : '.'}`)
    if (until !== undefined)
      page.line(`    passes by itself ${page.when(until)}, if nothing happens meanwhile`)
    if (hint !== undefined) page.line(`    to change it: ${oneLine(hint)}`)
  }
}

/** Blocking changes first: they are what somebody has to look at. */
export function drawChanges(page: Page, title: string, changes: readonly ChangeBody[]): void {
  if (changes.length === 0) return
  page.line(title)
  const sorted = [...changes].sort((a, b) => Number(b.isBlocking) - Number(a.isBlocking))
  page.table(
    ['change', 'name', 'blocks', 'detail'],
    sorted.map(({ change, name, isBlocking, detail }) => [
      change,
      name,
      isBlocking ? `${marks.warning.symbol} yes` : 'no',
      oneLine(detail),
    ]),
  )
}

/** How many racks of a channel proved a release, how many failed, and which. */
export function drawProved(page: Page, { channel, racks, proved, failed, running }: ProvedBody): void {
  page.line(`Shown by the ${racks === 1 ? '1 rack' : `${racks} racks`} of ${channel}`)
  if (proved.length > 0) page.mark('ok', `proved on ${named(proved)}`)
  for (const { rack, outcome, step, message } of failed) {
    const where = step === null ? '' : ` at ${step}`
    page.mark('failed', `${rack} ${outcome}${where}${message === null ? '' : `: ${oneLine(message, 160)}`}`)
  }
  if (running.length > 0) page.line(`running on ${named(running)}`)
  if (proved.length + failed.length + running.length === 0) page.mark('warning', 'no rack has tried it yet')
}

/** `3: a, b, c`, and of many the first ones. */
export function named(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).join(', ')
  return `${names.length}: ${shown}${names.length > most ? ` and ${names.length - most} more` : ''}`
}
