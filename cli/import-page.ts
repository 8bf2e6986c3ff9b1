/** What an import did, for a person: the counts, and of every list that needs a look its beginning. */
import type { WholeImport } from './import-run.ts'
import { named } from './moving-page.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

const shown = 20

export function drawImport(page: Page, report: WholeImport): void {
  const { app, rows, taken, present, refused, tidied, yanked, notMoved, requiredDropped, notInFile } = report
  page.fields([
    ['app', app],
    ['rows', String(rows)],
    ['taken', String(taken)],
    ['there already', String(present)],
    ['refused', String(refused.length)],
    ['heads', headsOf(report)],
  ])
  list(page, 'Refused', refused, ['row', 'version', 'problem', 'why'], ({ row, version, code, why }) => [
    String(row),
    version ?? '',
    code,
    oneLine(why, 240),
  ])
  list(
    page,
    'Read otherwise than they are written',
    tidied,
    ['version', 'read as'],
    ({ version, readAs }) => [version, readAs],
  )
  list(
    page,
    'Taken as withdrawn, for they lie in a withdrawn range',
    yanked,
    ['version', 'advisory'],
    (one) => [one.version, one.advisory],
  )
  list(
    page,
    'Heads that did not follow',
    notMoved,
    ['version', 'channel', 'why'],
    ({ version, channel, why }) => [version, channel, oneLine(why, 120)],
  )
  if (requiredDropped.length > 0) {
    page.mark(
      'warning',
      `"required" was not taken for what is not published (Convox ignored it there): ${named(requiredDropped)}`,
    )
  }
  if (notInFile.length > 0) {
    page.mark('warning', `in the registry and not in the file, which removes nothing: ${named(notInFile)}`)
  }
}

/** Where each channel ended, of all that moved. */
function headsOf({ moved }: WholeImport): string {
  const heads = new Map(moved.map(({ channel, version }) => [channel, version]))
  return [...heads].map(([channel, version]) => `${channel}=${version}`).join(' ') || 'none moved'
}

function list<T>(
  page: Page,
  title: string,
  items: readonly T[],
  columns: readonly string[],
  rowOf: (item: T) => readonly string[],
): void {
  if (items.length === 0) return
  page.line(`\n${title}`)
  page.table(columns, items.slice(0, shown).map(rowOf))
  if (items.length > shown) page.line(`and ${items.length - shown} more (--json has them all)`)
}
