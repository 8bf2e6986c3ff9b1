/** Objections to a release, with their answers. */
import type { ReleaseRecordBody } from '../shared/contract/gates.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

export function drawObjections(page: Page, { objections }: ReleaseRecordBody): void {
  page.table(
    ['objection', 'by', 'when', 'reason', 'answer'],
    objections.map(({ id, actor, at, reason, answer }) => [
      id,
      actor,
      page.when(at),
      oneLine(reason, 80),
      answer ? `${answer.actor}: ${oneLine(answer.note, 80)}` : '',
    ]),
  )
}
