/** What has changed from one look at a rollout to the next, a plain line each: for pipes and logs. */
import type { RolloutDetailBody } from '../shared/contract/rollout.ts'
import { freezeWords } from './freeze-scope.ts'
import { oneLine } from './plain-text.ts'
import { leftOutWords } from './rollout-plan-page.ts'
import { aimOf, evidenceWords, type FailureBody, nameOfWave, placeOf, showCommand } from './rollout-words.ts'

type Rule = (after: RolloutDetailBody, before: RolloutDetailBody) => readonly string[]

/** In the order in which they are told: the state is last, because it may be the end. */
const rules: readonly Rule[] = [
  planned,
  frozen,
  complained,
  opened,
  counted,
  leftOut,
  failed,
  acknowledged,
  takenBack,
  state,
]

/** Of the first look: where it is. */
export function changesIn(
  after: RolloutDetailBody,
  before: RolloutDetailBody | undefined,
): readonly string[] {
  if (before) return rules.flatMap((rule) => rule(after, before))
  const { id, app } = after
  const head = `${id} of ${app} ${oneLine(aimOf(after))}: ${after.state}, ${placeOf(after)}`
  const nobody = { ...after, standing: [], failures: [], complaint: null, freeze: null, takenBackBy: null }
  return [
    head,
    ...[frozen, takenBack, complained, counted, leftOut, failed].flatMap((rule) => rule(after, nobody)),
  ]
}

function planned({ plan }: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  if (!plan || before.plan) return []
  return [
    `planned: ${plan.eligible} of ${plan.racks} racks in ${plan.waves.length === 1 ? '1 wave' : `${plan.waves.length} waves`}`,
  ]
}

/** Whole, so that one freeze instead of another is told as well. */
function frozen({ freeze }: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  const words = frozenWords(freeze)
  if (words === frozenWords(before.freeze)) return []
  return [words ?? 'frozen no more']
}

function frozenWords(freeze: RolloutDetailBody['freeze']): string | undefined {
  return freeze ? freezeWords(freeze, (instant) => instant ?? '-') : undefined
}

function takenBack(
  { id, app, takenBackBy }: RolloutDetailBody,
  before: RolloutDetailBody,
): readonly string[] {
  if (takenBackBy === null || takenBackBy === before.takenBackBy) return []
  return [`${id} is taken back by ${takenBackBy}: ${showCommand(app, takenBackBy)}`]
}

function complained({ complaint }: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  return complaint === null || complaint === before.complaint ? [] : [`cannot begin: ${oneLine(complaint)}`]
}

function opened(after: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  const lines: string[] = []
  for (let wave = before.wave + 1; wave <= after.wave; wave += 1) {
    const shown = after.standing[wave - 1]?.detail
    const why = shown === undefined ? '' : `: ${oneLine(shown)}`
    lines.push(`wave ${wave + 1} (${oneLine(nameOfWave(after, wave))}) is open${why}`)
  }
  return lines
}

function counted(after: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  return after.standing.flatMap(({ name, isOpen }, wave) => {
    const words = countsIn(after, wave)
    return !isOpen || words === countsIn(before, wave) ? [] : [`${oneLine(name)}: ${words}`]
  })
}

/** `2 of 5 healthy, 1 soaking, 1 failed`: what is asked, and whatever there is of the rest. */
export function countsIn({ standing }: RolloutDetailBody, wave: number): string | undefined {
  const numbers = standing[wave]?.numbers
  if (!numbers) return undefined
  const { members = 0, healthy = 0 } = numbers
  const parts: readonly (readonly [number | undefined, string])[] = [
    [numbers.soaking, 'soaking'],
    [numbers.underWay, 'under way'],
    [numbers.failed, 'failed'],
    [numbers.acknowledged, 'failed and known'],
    [numbers.waiting, 'to come'],
  ]
  const rest = parts.flatMap(([count = 0, word]) => (count > 0 ? [`${count} ${word}`] : []))
  return [`${healthy} of ${members} healthy`, ...rest].join(', ')
}

function leftOut(after: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  return after.standing.flatMap((standing, wave) => {
    const words = leftOutWords(standing.leftOut)
    const told = leftOutWords(before.standing[wave]?.leftOut ?? {})
    return words === '' || words === told ? [] : [`left out of ${oneLine(standing.name)}: ${oneLine(words)}`]
  })
}

function failed({ failures }: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  const known = new Set(before.failures.map(nameOfFailure))
  return failures.filter((one) => !known.has(nameOfFailure(one))).map(failureWords)
}

function nameOfFailure({ rack, cause, attempt }: FailureBody): string {
  return JSON.stringify([rack, cause, attempt])
}

export function failureWords({ rack, cause, message, isDataLoss }: FailureBody): string {
  const said = message === null ? cause : `${cause.split(': ')[0]}: ${message}`
  return `${rack} failed${isDataLoss ? ' and lost data' : ''}: ${oneLine(said, 160)}`
}

function acknowledged(after: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  const more = after.acknowledged.length - before.acknowledged.length
  return more > 0 ? [`${more === 1 ? '1 failure' : `${more} failures`} acknowledged`] : []
}

function state(after: RolloutDetailBody, before: RolloutDetailBody): readonly string[] {
  return after.state === before.state ? [] : [stateWords(after)]
}

/** `halted by registry: wave 2 (early): …` */
export function stateWords({ state: present, since, evidence }: RolloutDetailBody): string {
  const halted = present === 'halted' && evidence ? evidenceWords(evidence) : undefined
  const why = halted ?? since.reason
  return `${present} by ${since.actor}${why === null ? '' : `: ${oneLine(why)}`}`
}
