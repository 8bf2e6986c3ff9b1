/** Whom an act concerns, for a person: how many, where, on what, and what they are told. */
import type { ConcernedBody } from '../shared/contract/concerned.ts'
import type { Page } from './output.ts'

const mostRows = 12

/** The counts alone, where the racks are listed already. */
export function drawConcernedCounts(page: Page, concerned: ConcernedBody): void {
  const { racks, byChannel, byVersion, byLabel, told, toldTo } = concerned
  if (racks === 0) {
    page.line('No rack is concerned.')
    return
  }
  page.line(racks === 1 ? 'Concerns 1 rack' : `Concerns ${racks} racks`)
  page.fields([
    ['channels', inWords(byChannel)],
    ['versions', inWords(byVersion)],
    ...(Object.keys(byLabel).length === 0 ? [] : [['labels', inWords(byLabel)] as const]),
    [toldTo < racks ? `told (first ${toldTo})` : 'told', inWords(told)],
  ])
}

export function drawConcerned(page: Page, concerned: ConcernedBody): void {
  drawConcernedCounts(page, concerned)
  const { racks, named } = concerned
  if (racks === 0) return
  page.table(
    ['rack', 'channel', 'runs', 'is told', 'because'],
    named
      .slice(0, mostRows)
      .map(({ rack, channel, current, told: { action, reason, target } }) => [
        rack,
        channel,
        current ?? 'nothing',
        target === null ? action : `${action} to ${target}`,
        reason,
      ]),
  )
  if (racks > mostRows) page.line(`and ${racks - Math.min(mostRows, named.length)} more`)
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts)
  const shown = all.slice(0, 6).map(([name, count]) => `${name} ${count}`)
  return [...shown, ...(all.length > 6 ? [`${all.length - 6} others`] : [])].join(' · ')
}
