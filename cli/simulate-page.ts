/** A simulation for a person: what was supposed, who would be told something else and what, and the first racks by name. */
import type { SimulationBody } from '../shared/contract/simulate.ts'
import { describeDuration, minute } from '../shared/domain/instants.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

const mostLines = 12

export function drawSimulation(page: Page, simulation: SimulationBody): void {
  const { app, supposed, racks, changed, transitions, leftOut, askedAt, at, ledgerSequence, told } =
    simulation
  for (const { suppose, details, assumedGates } of supposed) {
    for (const detail of details) page.mark('ok', `${suppose}: ${oneLine(detail)}`)
    if (details.length === 0) page.mark('ok', `${suppose}: it is so already`)
    if (assumedGates.length > 0) page.mark('warning', `assumed to pass, and open: ${assumedGates.join(', ')}`)
  }
  const ahead = Date.parse(at) - Date.parse(askedAt)
  const when = ahead === 0 ? 'now' : `in ${describeDuration(ahead)}`
  drawRollouts(page, simulation)
  page.line(`${app} as of event ${ledgerSequence}, asked ${when}`)
  page.line()
  if (changed === 0) {
    page.mark('ok', `none of ${countOf(racks)} would be told anything else`)
    drawTold(page, told)
    return
  }
  page.line(`${changed} of ${countOf(racks)} would be told something else`)
  page.table(
    ['racks', 'told now', 'then'],
    transitions
      .slice(0, mostLines)
      .map(({ racks: count, before, after }) => [String(count), answerWords(before), answerWords(after)]),
  )
  more(page, transitions.length + leftOut.transitions)
  page.line()
  drawTold(page, told)
  drawGroups(page, simulation)
  drawNamed(page, simulation)
}

/** The rest of the page tells what racks hear while the first wave is open; this is how the others follow. */
function drawRollouts(page: Page, { rollouts }: SimulationBody): void {
  for (const { rollout, purpose, version, plan } of rollouts) {
    const { racks, eligible, waves, leftOut, remarks, earliestEnd } = plan
    const where = version === null ? purpose : `${purpose}, ${version}`
    page.line(
      `${rollout} (${where}): ${eligible} of ${countOf(racks)} in ${waves.length === 1 ? '1 wave' : `${waves.length} waves`}, at the earliest until ${earliestEnd}`,
    )
    page.table(
      ['wave', 'racks', 'healthy', 'soak'],
      waves.map((wave) => [
        wave.name,
        String(wave.racks),
        String(wave.minHealthy),
        describeDuration(wave.soakMinutes * minute),
      ]),
    )
    const out = Object.entries(leftOut).map(([why, count]) => `${count} ${why}`)
    if (out.length > 0) page.line(`left out: ${out.join(', ')}`)
    for (const remark of remarks) page.mark('warning', oneLine(remark))
  }
}

function drawTold(page: Page, told: SimulationBody['told']): void {
  page.table(
    ['answer', 'now', 'then'],
    told
      .slice(0, mostLines)
      .map(({ before, after, ...answer }) => [answerWords(answer), String(before), String(after)]),
  )
  more(page, told.length)
}

/** Where it changes; a fleet of one channel, one version, no labels needs no table of it. */
function drawGroups(page: Page, { byChannel, byVersion, byLabel }: SimulationBody): void {
  const lines = [
    ...linesOf('channel', byChannel, byChannel.length > 1),
    ...linesOf('runs', byVersion, byVersion.length > 1),
    ...linesOf('label', byLabel, byLabel.length > 0),
  ]
  if (lines.length === 0) return
  page.line()
  page.table(['by', 'which', 'racks', 'change'], lines)
}

function linesOf(by: string, groups: SimulationBody['byChannel'], isWorthIt: boolean): string[][] {
  if (!isWorthIt) return []
  return groups
    .filter(({ changed }) => changed > 0)
    .slice(0, 6)
    .map(({ name, racks, changed }) => [by, name, String(racks), String(changed)])
}

function drawNamed(page: Page, { named, changed }: SimulationBody): void {
  page.line()
  page.table(
    ['rack', 'channel', 'runs', 'told now', 'then', 'because'],
    named
      .slice(0, mostLines)
      .map(({ rack, channel, current, before, after }) => [
        rack,
        channel,
        current ?? 'nothing',
        answerWords(before),
        answerWords(after),
        oneLine(after.detail, 80),
      ]),
  )
  more(page, changed)
}

function more(page: Page, all: number): void {
  if (all > mostLines) page.line(`and ${all - mostLines} more`)
}

function answerWords({ action, target, reason }: SimulationBody['transitions'][number]['before']): string {
  return `${action}${target === null ? '' : ` to ${target}`}, ${reason}`
}

function countOf(racks: number): string {
  return racks === 1 ? '1 rack' : `${racks} racks`
}
