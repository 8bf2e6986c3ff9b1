/** A rollout for a person: where it leads, how each wave stands and what it waits for, and what a halt stands on. */
import type { RolloutDetailBody } from '../shared/contract/rollout.ts'
import { freezeWords } from './freeze-scope.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'
import { drawRolloutPolicy, drawWaveTable, leftOutWords, minutesWords } from './rollout-plan-page.ts'
import {
  aimOf,
  evidenceWords,
  type FailureBody,
  groupedByCause,
  isOver,
  nameOfWave,
  placeOf,
  resumeCommand,
  showCommand,
} from './rollout-words.ts'

const mostGroups = 8
const mostLogs = 3
const mostLogLines = 12

export function drawRollout(page: Page, rollout: RolloutDetailBody): void {
  const { id, app, state, since, orderedAt, orderedBy, notBefore, plan, underWay, countedAt } = rollout
  const { takenBackBy, freeze } = rollout
  const said = since.reason === null ? '' : `: ${oneLine(since.reason)}`
  const atMost = plan?.maxInFlight == null ? '' : ` of ${plan.maxInFlight} at most`
  page.fields([
    ['rollout', `${id} of ${app}`],
    ['does', oneLine(aimOf(rollout))],
    ['state', `${state}, ${placeOf(rollout)}`],
    ['since', `${page.when(since.at)}, by ${since.actor}${said}`],
    ['ordered', `${page.when(orderedAt)}, by ${orderedBy}`],
    ...(notBefore === null ? [] : [['not before', page.when(notBefore)] as const]),
    ...(plan
      ? [
          [
            'racks',
            `${plan.eligible} of ${plan.racks} when it was planned${leftOutWords(plan.leftOut, '; left out: ')}`,
          ] as const,
        ]
      : []),
    ['under way', `${underWay}${atMost}`],
    ...(takenBackBy === null
      ? []
      : [['taken back', `by ${takenBackBy}: ${showCommand(app, takenBackBy)}`] as const]),
    ...(plan && (state === 'planned' || state === 'running') && !isBehind(rollout, plan.earliestEnd)
      ? [['through', `${page.when(plan.earliestEnd)} at the earliest, as it was planned`] as const]
      : []),
    ...(countedAt === null ? [] : [['counted', page.when(countedAt)] as const]),
  ])
  page.line()
  if (freeze) page.mark('waiting', freezeWords(freeze, page.when))
  if (rollout.complaint !== null) page.mark('waiting', `it cannot begin: ${oneLine(rollout.complaint)}`)
  if (plan) drawWaves(page, rollout)
  else drawRolloutPolicy(page, rollout.policy)
  drawFailures(page, rollout)
  drawEvidence(page, rollout)
}

/** By the registry's clock: what was not to be before an instant that is past is told by it no more. */
function isBehind({ countedAt }: RolloutDetailBody, instant: string): boolean {
  return countedAt !== null && Date.parse(instant) <= Date.parse(countedAt)
}

function drawWaves(page: Page, rollout: RolloutDetailBody): void {
  const { plan, standing } = rollout
  const waves = plan?.waves ?? []
  const columns = ['racks', 'healthy', 'failed', 'soak', 'stands', 'waits for']
  drawWaveTable(page, columns, waves, (wave, index) => [
    String(wave.racks),
    `${countIn(rollout, index, 'healthy') ?? '-'}/${countIn(rollout, index, 'minHealthy') ?? wave.minHealthy}`,
    failedWords(rollout, index),
    minutesWords(wave.soakMinutes),
    standsWords(rollout, index),
    waitsWords(page, rollout, index),
  ])
  for (const [index, { leftOut }] of standing.entries()) {
    const words = leftOutWords(leftOut)
    if (words !== '') page.line(`left out of ${nameOfWave(rollout, index)}: ${oneLine(words)}`)
  }
}

type Count = 'healthy' | 'minHealthy' | 'failed' | 'allowed' | 'acknowledged' | 'members'

function countIn({ standing }: RolloutDetailBody, wave: number, count: Count): number | undefined {
  return standing[wave]?.numbers[count]
}

function failedWords(rollout: RolloutDetailBody, wave: number): string {
  const acknowledged = countIn(rollout, wave, 'acknowledged') ?? 0
  const failed = `${countIn(rollout, wave, 'failed') ?? '-'}/${countIn(rollout, wave, 'allowed') ?? '-'}`
  return acknowledged === 0 ? failed : `${failed} and ${acknowledged} known`
}

/** `through`, `open`, `failed`, `closed`. */
export function standsWords({ standing, wave: open, state }: RolloutDetailBody, wave: number): string {
  if (state === 'completed' || wave < open) return standing[wave]?.outcome === 'fail' ? 'failed' : 'through'
  if (wave > open) return 'closed'
  return standing[wave]?.outcome === 'fail' ? 'failed' : 'open'
}

/** What its gate says; of one that is not open, what opens it. */
function waitsWords(page: Page, rollout: RolloutDetailBody, wave: number): string {
  const { standing, plan } = rollout
  const stands = standsWords(rollout, wave)
  if (isOver(rollout) || stands === 'through') return ''
  if (stands === 'closed') {
    const notBefore = plan?.waves[wave]?.notBefore ?? null
    const behind = wave === 0 ? [] : [nameOfWave(rollout, wave - 1)]
    const isToCome = notBefore !== null && !isBehind(rollout, notBefore)
    const words = [...behind, ...(isToCome ? [`not before ${page.when(notBefore)}`] : [])]
    return oneLine(words.join(', ') || 'the registry')
  }
  const { detail = '', until = null } = standing[wave] ?? {}
  return until === null ? oneLine(detail, 160) : `${oneLine(detail, 160)} Passes ${page.when(until)}.`
}

/** By cause, and what to do about each of them. */
function drawFailures(page: Page, rollout: RolloutDetailBody): void {
  const { id, app, state } = rollout
  const groups = groupedByCause(rollout)
  if (groups.length === 0) return
  page.line('\nFailures by cause')
  for (const { cause, failures, isAcknowledged } of groups.slice(0, mostGroups)) {
    const racks = namesOf(failures)
    const loss = failures.some(({ isDataLoss }) => isDataLoss) ? ' It lost data.' : ''
    page.mark(
      isAcknowledged ? 'warning' : 'failed',
      `${oneLine(cause)}${isAcknowledged ? ' (acknowledged)' : ''}${loss}`,
    )
    page.line(
      `    ${failures.length === 1 ? '1 rack' : `${failures.length} racks`}: ${racks}, newest ${page.when(newestOf(failures))}`,
    )
    if (state === 'halted' && !isAcknowledged)
      page.line(`    to go on in spite of it: ${resumeCommand(rollout, [cause])}`)
  }
  if (groups.length > mostGroups) page.line(`and ${groups.length - mostGroups} more causes`)
  const isStopped = state === 'halted' || state === 'paused'
  if (!isOver(rollout))
    page.line(
      `to let them try again ${isStopped ? 'as soon as it goes on' : 'at once'}: headgate rollout retry ${id} --app ${app} --reason "…"`,
    )
}

function namesOf(failures: readonly FailureBody[]): string {
  const shown = failures.slice(0, 6).map(({ rack }) => rack)
  return `${shown.join(', ')}${failures.length > shown.length ? ` and ${failures.length - shown.length} more` : ''}`
}

function newestOf(failures: readonly FailureBody[]): string | null {
  return (
    failures
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? null
  )
}

/** Of the newest halt: what was counted, and the last that the racks said. */
function drawEvidence(page: Page, { evidence, state }: RolloutDetailBody): void {
  if (!evidence) return
  const { at, actor, failures } = evidence
  const when = state === 'halted' ? '\nHalted' : '\nIt was halted'
  page.line(`${when} ${page.when(at)} by ${actor}`)
  page.mark(state === 'halted' ? 'failed' : 'warning', oneLine(evidenceWords(evidence)))
  for (const { rack, attempt, message, log } of failures
    .filter(({ log: lines }) => lines.length > 0)
    .slice(0, mostLogs)) {
    page.line(
      `    ${rack}${attempt === null ? '' : `, attempt ${attempt}`}: ${oneLine(message ?? 'said nothing', 160)}`,
    )
    for (const line of log.slice(-mostLogLines)) page.line(`      | ${oneLine(line, 200)}`)
  }
}
