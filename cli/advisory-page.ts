/** An advisory: what is withdrawn, what channels and racks are told, and who has gone back. */
import type { AdvisoryBody } from '../shared/contract/release.ts'
import { named } from './moving-page.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

export function drawAdvisory(page: Page, advisory: AdvisoryBody): void {
  const { id, app, range, severity, remedy, rollout, to, reason, at, actor, versions } = advisory
  page.fields([
    ['advisory', `${id} of ${app}`],
    ['range', range],
    ['severity', severity],
    ['remedy', to === null ? remedy : `${remedy} to ${to}`],
    ...(rollout === null ? [] : [['moved by', rollout] as const]),
    ['reason', oneLine(reason)],
    ['by', `${actor}, ${page.when(at)}`],
    ['withdrawn', versions.length === 0 ? 'none that is published yet' : named(versions)],
  ])
  for (const { channel, version } of advisory.fallbacks) {
    page.mark('warning', `${channel} fell back to ${version ?? 'nothing: it serves no version now'}`)
  }
  page.line()
  drawRacksOn(page, advisory)
  for (const { rack, from, current } of advisory.racksGone) {
    page.mark('ok', `${rack} has left ${from} and runs ${current ?? 'nothing'}`)
  }
}

function drawRacksOn(page: Page, { racksOn }: AdvisoryBody): void {
  if (racksOn.length === 0) {
    page.mark('ok', 'no rack runs what was withdrawn')
    return
  }
  page.line(racksOn.length === 1 ? '1 rack runs it' : `${racksOn.length} racks run it`)
  page.table(
    ['rack', 'channel', 'runs', 'is told', 'target', 'why'],
    racksOn.map(({ rack, channel, current, action, target, reason, detail }) => [
      rack,
      channel,
      current,
      action,
      target ?? '',
      oneLine(`${reason}: ${detail}`, 120),
    ]),
  )
}
