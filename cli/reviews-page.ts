/** Reviews for a person: those that are overdue first. */
import type { ReviewBody } from '../shared/contract/gates.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

export function drawReviews(page: Page, reviews: readonly ReviewBody[]): void {
  if (reviews.length === 0) {
    page.mark('ok', 'nothing waits to be reviewed')
    return
  }
  const sorted = [...reviews].sort((a, b) => Number(b.isOverdue) - Number(a.isOverdue))
  page.table(
    ['review', 'what', 'by', 'when', 'due', 'reason', 'signed'],
    sorted.map((one) => [
      one.id,
      oneLine(one.subject, 200),
      one.actor,
      page.when(one.at),
      one.isOverdue ? `overdue, ${page.when(one.dueAt)}` : page.when(one.dueAt),
      oneLine(one.reason, 60),
      one.signedBy === null ? '' : `${one.signedBy}: ${oneLine(one.note ?? '', 60)}`,
    ]),
  )
}
