/** An answer as of an earlier time, for a person: of when it is, and how old each of its inputs was. */
import type { PastBody } from '../shared/contract/past.ts'
import { toIso } from '../shared/domain/instants.ts'
import type { Deps } from './deps.ts'
import { parsePast } from './duration.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

/** `--at`, as the registry's query takes it. Raises `invalid_date`. */
export function atQuery(deps: Pick<Deps, 'clock'>, at: string | undefined): { at?: string } {
  return at === undefined ? {} : { at: toIso(parsePast('--at', at, deps.clock.now())) }
}

export const atOption = [
  '--at <when>',
  'as of an earlier time: 3d (ago), 2026-12-01 or RFC 3339; says how old its inputs are',
] as const

export function drawPast(page: Page, past: PastBody | undefined): void {
  if (!past) return
  page.line(`\nAs of ${past.at}, event ${past.sequence}`)
  page.table(
    ['input', 'from', 'as of', 'what is known'],
    past.inputs.map(({ input, source, asOf, detail }) => [input, source, asOf ?? '-', oneLine(detail)]),
  )
}
