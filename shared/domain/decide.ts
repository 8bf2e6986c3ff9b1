/**
 * The only place where an update is offered or withheld. Three questions in order: which version is mine, by which
 * motive (claims.ts)? Is there a way (admission.ts)? May it move now (movement.ts)? Deterministic and total: every
 * input has an answer, and every "no" names its rule, its numbers and when it could change.
 */
import { admit } from './admission.ts'
import { type Claim, motiveRules, rollout } from './claims.ts'
import { blockOf, type Exemption, type Move } from './movement.ts'
import type { DecisionInput, Question } from './question.ts'
import { pinInForce } from './rack.ts'
import type { Action, Motive, Reason } from './reasons.ts'
import type { ReleaseState } from './release.ts'
import { orderKey } from './version.ts'
import { type Yank, yankOf } from './yank.ts'

export interface Decision {
  readonly action: Action
  readonly reason: Reason
  readonly motive: Motive
  /** Where to go now: the destination, or the next required release on the way. */
  readonly target: ReleaseState | undefined
  /** Where that leads, when the target is only a step. */
  readonly destination: ReleaseState | undefined
  /** When the answer could change by itself. */
  readonly until: number | undefined
  /** One sentence: why, with numbers. */
  readonly detail: string
  readonly askAgainSeconds: number
  /** The yanks that concern what runs. */
  readonly advisories: readonly Yank[]
}

export interface TraceLine {
  readonly rule: string
  readonly outcome: 'applies' | 'passed' | 'refused' | 'not asked'
  readonly detail: string
}

export type Trace = TraceLine[]

/** Every rule that was asked is appended to `trace`, if one is given; without it nothing is written down. */
export function decide(input: DecisionInput, trace?: Trace): Decision {
  const { state, app, channel, rack, now, conditions } = input
  const currentKey = rack.current === undefined ? undefined : keyOf(input, rack.current)
  const yank =
    rack.current === undefined || currentKey === undefined ? undefined : yankOf(app, rack.current, currentKey)
  // Spelt out: a spread of the input costs fourteen times the rest of the decision.
  const question: Question = { state, app, channel, rack, now, conditions, currentKey, yank }
  return rack.attempt ? decideUnderWay(question, trace) : decideAnew(question, trace, undefined)
}

function keyOf({ app }: DecisionInput, version: string): string {
  return app.releases.get(version)?.key ?? orderKey(app.scheme, version)
}

function decideAnew(question: Question, trace: Trace | undefined, exempt: Exemption | undefined): Decision {
  const claim = claimOf(question, trace)
  trace?.push({ rule: `motive ${claim.motive}`, outcome: 'applies', detail: claim.detail })
  return decideClaim(question, claim, trace, exempt)
}

function claimOf(question: Question, trace: Trace | undefined): Claim {
  for (const rule of motiveRules) {
    const claim = rule.claim(question)
    if (claim) return claim
    trace?.push({ rule: `motive ${rule.motive}`, outcome: 'passed', detail: 'does not apply' })
  }
  return rollout(question)
}

interface Refusal {
  readonly reason: Reason
  readonly detail: string
  readonly until?: number
  /** Set when there is a way, and only the moment is wrong. */
  readonly target?: ReleaseState
  readonly destination?: ReleaseState
}

/**
 * The first candidate that is there already, or admitted and free to move. Otherwise what blocks the first that was
 * admitted; and if none was, why the first was not.
 */
function decideClaim(
  question: Question,
  claim: Claim,
  trace: Trace | undefined,
  exempt: Exemption | undefined,
): Decision {
  const sooner = rolloutInstead(question, claim, trace, exempt)
  if (sooner) return sooner
  if (claim.isThere) return stays(question, claim)
  let refusal: Refusal | undefined
  let blocked: Refusal | undefined
  for (const candidate of claim.candidates) {
    const { release } = candidate
    // By order, not by name: a rack may write the version otherwise than it was published.
    if (release.key === question.currentKey) {
      trace?.push({
        rule: 'way',
        outcome: 'passed',
        detail: `${release.version} (${candidate.why}) is what runs`,
      })
      const held = blocked ?? refusal
      return held ? waits(question, claim, held) : stays(question, claim)
    }
    const admission = admit(question, release)
    if (!('step' in admission)) {
      trace?.push({
        rule: `way ${admission.reason}`,
        outcome: 'refused',
        detail: `${admission.detail} (${candidate.why})`,
      })
      refusal ??= admission
      continue
    }
    const { step } = admission
    trace?.push({
      rule: 'way',
      outcome: 'passed',
      detail: `${release.version} (${candidate.why})${step === release ? '' : `, by way of ${step.version}`}`,
    })
    const move = moveTo(question, claim.motive, step, candidate.isHead)
    const block = blockOf(question, move, exempt)
    if (!block) {
      trace?.push({ rule: 'movement', outcome: 'passed', detail: 'nothing stands in the way' })
      return moves(question, claim, step, release)
    }
    trace?.push({ rule: `movement ${block.cell}`, outcome: 'refused', detail: block.detail })
    blocked ??= { ...block, target: step, destination: release }
  }
  return blocked ? waits(question, claim, blocked) : refusedAltogether(question, claim, refusal)
}

function refusedAltogether(question: Question, claim: Claim, refusal: Refusal | undefined): Decision {
  const isRemedy = claim.motive === 'remedy_critical' || claim.motive === 'remedy_moderate'
  if (isRemedy && refusal) {
    const { reason, detail } = claim.otherwise
    return waits(question, claim, { ...refusal, reason, detail: `${detail}: ${refusal.detail}` })
  }
  if (refusal) return waits(question, claim, refusal)
  const isAtRest =
    claim.otherwise.reason === 'ahead_of_channel' ||
    (claim.motive === 'rollout' && question.yank !== undefined)
  return isAtRest ? stays(question, claim) : waits(question, claim, claim.otherwise)
}

/**
 * Where the rollout's own target is newer than what was yanked and may move now, that is the answer to a remedy:
 * one move instead of two.
 */
function rolloutInstead(
  question: Question,
  claim: Claim,
  trace: Trace | undefined,
  exempt: Exemption | undefined,
): Decision | undefined {
  if (claim.motive !== 'remedy_critical' && claim.motive !== 'remedy_moderate') return undefined
  // A pinned rack follows no rollout: a withdrawal that passes its pin must not carry it to the newest head.
  if (pinInForce(question.rack, question.now)) return undefined
  const own = rollout(question)
  for (const candidate of own.candidates) {
    const admission = admit(question, candidate.release)
    if (!('step' in admission)) continue
    if (blockOf(question, moveTo(question, own.motive, admission.step, candidate.isHead), exempt)) continue
    trace?.push({
      rule: 'one move',
      outcome: 'applies',
      detail: `${candidate.release.version} is newer than what was withdrawn and may be taken now`,
    })
    return moves(question, own, admission.step, candidate.release)
  }
  return undefined
}

function moveTo(question: Question, motive: Motive, step: ReleaseState, isHead: boolean): Move {
  const isForward = question.currentKey === undefined || step.key > question.currentKey
  return { motive, target: step.version, isForward, isHead }
}

/** What an attempt was granted is not asked for again. */
const granted: Exemption['cells'] = ['window', 'backoff', 'slot', 'grant']

/** An attempt goes on unless its target was withdrawn, a freeze holds it now, or the channel offers another target. */
function decideUnderWay(question: Question, trace: Trace | undefined): Decision {
  const { attempt } = question.rack
  const target = attempt && question.app.releases.get(attempt.target)
  // Its own slot, window and waiting time were granted when it began. Another version that has to wait for its own
  // does not stop it: a rack would never leave what was withdrawn while the head has failed on it.
  const fresh = decideAnew(question, trace, attempt && { target: attempt.target, cells: granted })
  if (!attempt || !target) return fresh
  const goesOn = fresh.target?.version === attempt.target && fresh.action !== 'wait'
  if (attempt.isConfirmed || goesOn) {
    trace?.push({
      rule: 'motive attempt',
      outcome: 'applies',
      detail: `attempt ${attempt.id} to ${attempt.target} goes on`,
    })
    const fromKey = attempt.from === undefined ? undefined : keyOf(question, attempt.from)
    return moves(
      { ...question, currentKey: fromKey },
      { motive: 'attempt', reason: reasonOf(attempt.motive) },
      target,
      target,
    )
  }
  const why = reasonToAbort(target, fresh)
  trace?.push({
    rule: 'motive attempt',
    outcome: 'refused',
    detail: `attempt ${attempt.id} to ${attempt.target}: ${why.detail}`,
  })
  return answer(question, 'attempt', { ...why, action: 'abort' })
}

function reasonToAbort(target: ReleaseState, fresh: Decision): { reason: Reason; detail: string } {
  if (target.yank !== undefined)
    return { reason: 'yanked', detail: `${target.version} was withdrawn by ${target.yank} meanwhile` }
  if (fresh.reason === 'frozen') return { reason: 'frozen', detail: fresh.detail }
  if (fresh.reason === 'rollout_halted' || fresh.reason === 'remedy_halted')
    return { reason: fresh.reason, detail: fresh.detail }
  const instead =
    fresh.target && fresh.action !== 'wait' ? fresh.target.version : `${fresh.action}: ${fresh.reason}`
  return {
    reason: 'superseded',
    detail: `${target.version} is no longer what the rack should go to (now: ${instead})`,
  }
}

function reasonOf(motive: Motive): Reason {
  if (motive === 'remedy_critical' || motive === 'remedy_moderate') return 'yanked'
  if (motive === 'recall') return 'recalled'
  return motive === 'pin' ? 'pinned' : 'offered'
}

function moves(
  question: Question,
  { motive, reason }: { motive: Motive; reason: Reason },
  target: ReleaseState,
  destination: ReleaseState,
): Decision {
  const isForward = question.currentKey === undefined || target.key > question.currentKey
  const detail = `${question.rack.current ?? 'nothing'} → ${target.version}${target === destination ? '' : `, on the way to ${destination.version}`}`
  return answer(question, motive, {
    action: isForward ? 'update' : 'rollback',
    reason,
    detail,
    target,
    destination,
  })
}

function waits(question: Question, claim: Claim, refusal: Refusal): Decision {
  const { reason, detail, until, target, destination } = refusal
  return answer(question, claim.motive, { action: 'wait', reason, detail, until, target, destination })
}

function stays(question: Question, claim: Claim): Decision {
  const { current } = question.rack
  if (claim.motive === 'pin')
    return answer(question, 'pin', { action: 'none', reason: 'pinned', detail: claim.detail })
  if (question.yank) {
    const detail = `${current} was withdrawn by ${question.yank.id} (${question.yank.reason}) and racks stay on it until the next head`
    return answer(question, claim.motive, { action: 'none', reason: 'yanked', detail })
  }
  const isThere = claim.isThere || claim.candidates.length > 0
  const detail = isThere ? `${current} is what ${question.channel.name} serves` : claim.otherwise.detail
  return answer(question, claim.motive, {
    action: 'none',
    reason: isThere ? 'up_to_date' : 'ahead_of_channel',
    detail,
  })
}

function answer(
  { channel, yank, now }: Question,
  motive: Motive,
  given: Pick<Decision, 'action' | 'reason' | 'detail'> & {
    target?: ReleaseState | undefined
    destination?: ReleaseState | undefined
    until?: number | undefined
  },
): Decision {
  const { action, reason, detail, target, destination, until } = given
  const secondsUntil = until === undefined ? channel.policy.checkSeconds : Math.ceil((until - now) / 1000)
  const askAgainSeconds = Math.max(1, Math.min(secondsUntil, channel.policy.checkSeconds))
  return {
    action,
    reason,
    motive,
    target,
    destination,
    until,
    detail,
    askAgainSeconds,
    advisories: yank ? [yank] : [],
  }
}
