/** How a rollout will go, for a person who has not begun it: the waves of a policy, and those of a plan with its racks. */
import type { PromotionBody } from '../shared/contract/app.ts'
import type { RolloutPlanBody } from '../shared/contract/rollout.ts'
import { describeDuration, minute } from '../shared/domain/instants.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'
import type { RolloutPolicyBody } from './rollout-file.ts'

type WavePolicyBody = RolloutPolicyBody['waves'][number]

export function drawRolloutPolicy(
  page: Page,
  { waves, maxInFlight, onFail, silentMinutes }: RolloutPolicyBody,
): void {
  drawWaveTable(page, ['takes', 'healthy', 'soak', 'tolerates', 'opens'], waves, (wave, index) => [
    shareWords(wave.share),
    wave.minHealthy === undefined ? 'all but the tolerated' : shareWords(wave.minHealthy),
    minutesWords(wave.soakMinutes),
    toleranceWords(wave.failures),
    opensWords(wave, waves[index - 1]),
  ])
  page.fields([
    ['at a time', maxInFlight === undefined ? 'as many racks as ask' : `${shareWords(maxInFlight)} at most`],
    ['on failure', onFail === 'halt' ? 'it halts' : 'it halts, and takes back racks that still soak'],
    ['silent', `a rack not heard for ${minutesWords(silentMinutes)} after its grant has failed`],
  ])
}

interface NamedWave {
  readonly name?: string | undefined
  readonly selector?: Readonly<Record<string, string>> | undefined
}

/** Begins with the waves' names; whom they select is a column only when one of them does. */
export function drawWaveTable<Wave extends NamedWave>(
  page: Page,
  columns: readonly string[],
  waves: readonly Wave[],
  cellsOf: (wave: Wave, index: number) => readonly string[],
): void {
  const hasSelectors = waves.some((wave) => selectorWords(wave) !== '')
  page.table(
    ['wave', ...(hasSelectors ? ['only racks with'] : []), ...columns],
    waves.map((wave, index) => [
      `${index + 1} ${oneLine(wave.name ?? `wave ${index + 1}`)}`,
      ...(hasSelectors ? [selectorWords(wave)] : []),
      ...cellsOf(wave, index),
    ]),
  )
}

/** How a promotion reaches the racks: by its plan, or as long as there is none by what it will be made from. */
export function drawWayOut(
  page: Page,
  { id, plan, policy, complaint }: NonNullable<PromotionBody['rollout']>,
): void {
  page.line(`\nIt goes out as ${id}`)
  if (complaint !== null) page.mark('waiting', `it cannot begin: ${oneLine(complaint)}`)
  if (plan) drawPlan(page, plan)
  else drawRolloutPolicy(page, policy)
}

/** Exact for the racks as they were when it was made. */
function drawPlan(page: Page, plan: RolloutPlanBody): void {
  const { racks, eligible, leftOut, waves, maxInFlight, earliestEnd, remarks } = plan
  drawWaveTable(page, ['racks', 'healthy', 'soak', 'tolerates', 'opens'], waves, (wave, index) => [
    wave.cutoff === null ? `${wave.racks} and later ones` : String(wave.racks),
    String(wave.minHealthy),
    minutesWords(wave.soakMinutes),
    toleranceWords(wave.failures),
    plannedWords(page, wave, waves[index - 1]),
  ])
  page.fields([
    [
      'racks',
      `${eligible} of ${racks} can be counted on${leftOutWords(leftOut, '; left out until that has gone: ')}`,
    ],
    ['at a time', maxInFlight === null ? 'as many racks as ask' : `${maxInFlight} at most`],
    ['through', `${page.when(earliestEnd)} at the earliest`],
  ])
  for (const remark of remarks) page.mark('warning', oneLine(remark))
}

/** `2 silent, 1 pinned`, behind what introduces it; nothing when nobody is left out. */
export function leftOutWords(leftOut: Readonly<Record<string, number>>, before = ''): string {
  const all = Object.entries(leftOut).filter(([, count]) => count > 0)
  if (all.length === 0) return ''
  return before + all.map(([why, count]) => `${count} ${why.replaceAll('_', ' ')}`).join(', ')
}

export function minutesWords(minutes: number): string {
  return minutes === 0 ? 'none' : describeDuration(minutes * minute)
}

function selectorWords({ selector = {} }: NamedWave): string {
  return oneLine(
    Object.entries(selector)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  )
}

function shareWords(share: WavePolicyBody['share']): string {
  if (share === 'rest') return 'all the rest'
  return typeof share === 'number' ? String(share) : share.replace('%', ' %')
}

function toleranceWords(failures: WavePolicyBody['failures']): string {
  const { maxFailed = 0, percent = 0 } = failures ?? {}
  const words = [...(maxFailed > 0 ? [String(maxFailed)] : []), ...(percent > 0 ? [`${percent} %`] : [])]
  return words.join(' or ') || 'no failure'
}

function opensWords({ afterMinutes }: WavePolicyBody, before: WavePolicyBody | undefined): string {
  const behind = before === undefined ? 'at once' : 'behind the one before'
  if (afterMinutes === undefined || afterMinutes === 0) return behind
  const later = `${minutesWords(afterMinutes)} after the beginning`
  return before === undefined ? later : `${behind}, not before ${later}`
}

function plannedWords(
  page: Page,
  { notBefore }: RolloutPlanBody['waves'][number],
  before: RolloutPlanBody['waves'][number] | undefined,
): string {
  const behind = before === undefined ? '' : `behind ${oneLine(before.name)}`
  if (notBefore === null) return behind || 'at once'
  return `${behind === '' ? '' : `${behind}, `}not before ${page.when(notBefore)}`
}
