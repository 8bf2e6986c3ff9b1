/** Shares of versions over time: one line of bars for each version on a terminal, one line for each count in a pipe. */
import type { AdoptionBody } from '../shared/contract/fleet.ts'
import { shareOf } from './fleet-page.ts'
import type { Page, Sink } from './output.ts'

const unicodeBars = [...' ▁▂▃▄▅▆▇█']
const asciiBars = [...' .:-=+*#@']
const mostVersions = 20

export function drawAdoption(
  page: Page,
  adoption: AdoptionBody,
  sink: Pick<Sink, 'isUnicode' | 'width'>,
): void {
  const { at, racks, versions } = adoption
  const [first, last] = [at[0], at.at(-1)]
  if (first === undefined || last === undefined) {
    page.line('nothing was counted yet')
    return
  }
  const width = Math.max(10, Math.min(60, sink.width - 40))
  const shown = versions.slice(0, mostVersions)
  page.line(`from ${page.when(first)} to ${page.when(last)}; ${racks.at(-1)} racks at the end`)
  page.table(
    ['version', 'share of the racks over time', 'racks', 'share'],
    shown.map((one) => {
      const now = one.racks.at(-1) ?? 0
      return [
        one.version ?? 'nothing',
        sparkline(one.racks, racks, width, sink.isUnicode ? unicodeBars : asciiBars),
        String(now),
        shareOf(now, racks.at(-1) ?? 0),
      ]
    }),
  )
  if (versions.length > shown.length) page.line(`and ${versions.length - shown.length} older versions`)
}

/** `at version racks of`, the oldest first. */
export function adoptionLines({ at, racks, versions }: AdoptionBody): string[] {
  return at.flatMap((instant, place) =>
    versions.flatMap((one) => {
      const count = one.racks[place] ?? 0
      return count === 0 ? [] : [`${instant} ${one.version ?? 'nothing'} ${count} ${racks[place]}`]
    }),
  )
}

/** Each cell is the last count of its span; a share that is not nothing is never drawn as nothing. */
function sparkline(
  counts: readonly number[],
  all: readonly number[],
  width: number,
  bars: readonly string[],
): string {
  const cells = Math.min(width, counts.length)
  const highest = bars.length - 1
  let line = ''
  for (let cell = 0; cell < cells; cell++) {
    const place = Math.ceil(((cell + 1) * counts.length) / cells) - 1
    const [count, of] = [counts[place] ?? 0, all[place] ?? 0]
    const level = of === 0 || count === 0 ? 0 : Math.max(1, Math.round((count / of) * highest))
    line += bars[level]
  }
  return line
}
