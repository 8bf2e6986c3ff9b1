/**
 * Question 1 of a decision: which version is mine, and by which motive? An ordered list of motives; the first that
 * claims the rack names the candidates, best first, and the word for a rack that is there already.
 */
import { isPastSoak, type TakenBack } from './channel.ts'
import type { Question } from './question.ts'
import { acceptsAdvisory, pinInForce } from './rack.ts'
import type { Motive, Reason } from './reasons.ts'
import type { ReleaseState } from './release.ts'

export interface Claim {
  readonly motive: Exclude<Motive, 'attempt'>
  /** The reason that a move is answered with. */
  readonly reason: 'offered' | 'yanked' | 'recalled' | 'pinned'
  readonly candidates: readonly Candidate[]
  /** The rack is where this motive wants it, whatever the registry knows of that version. */
  readonly isThere: boolean
  /** When no candidate is left. */
  readonly otherwise: Refused
  /** Why this motive, in a sentence for the trace. */
  readonly detail: string
}

export interface Refused {
  readonly reason: Reason
  readonly detail: string
}

export interface Candidate {
  readonly release: ReleaseState
  /** The channel's head, to which a rollout's waves apply; moves to its base ignore them. */
  readonly isHead: boolean
  readonly why: string
}

export interface MotiveRule {
  readonly motive: Claim['motive']
  readonly claim: (question: Question) => Claim | undefined
}

export const motiveRules: readonly MotiveRule[] = [
  { motive: 'remedy_critical', claim: criticalRemedy },
  { motive: 'pin', claim: pin },
  { motive: 'remedy_moderate', claim: moderateRemedy },
  { motive: 'recall', claim: recall },
  { motive: 'bootstrap', claim: bootstrap },
  { motive: 'rollout', claim: rollout },
]

function criticalRemedy(question: Question): Claim | undefined {
  const { yank, rack, now } = question
  if (yank?.severity !== 'critical' || yank.remedy === 'stay') return undefined
  if (acceptsAdvisory(rack, yank.id, now)) return undefined
  return remedy(question, 'remedy_critical', yank.id)
}

function pin({ app, rack, now }: Question): Claim | undefined {
  const order = pinInForce(rack, now)
  if (!order) return undefined
  const release = app.releases.get(order.version)
  const until =
    order.until === undefined ? 'until it is unpinned' : `until ${new Date(order.until).toISOString()}`
  return {
    motive: 'pin',
    reason: 'pinned',
    isThere: order.version === rack.current,
    candidates: release ? [{ release, isHead: false, why: 'the pinned version' }] : [],
    otherwise: {
      reason: 'pinned',
      detail: `${order.version}, to which the rack is pinned, is not known to the registry`,
    },
    detail: `pinned to ${order.version} by ${order.owner} ${until}: ${order.reason}`,
  }
}

function moderateRemedy(question: Question): Claim | undefined {
  const { yank } = question
  if (yank?.severity !== 'moderate' || yank.remedy === 'stay') return undefined
  return remedy(question, 'remedy_moderate', yank.id)
}

function remedy(question: Question, motive: 'remedy_critical' | 'remedy_moderate', advisory: string): Claim {
  const { yank } = question
  const candidates = yank?.remedy === 'forward' ? forwardOf(question) : backOf(question)
  return {
    motive,
    reason: 'yanked',
    isThere: false,
    candidates,
    otherwise: {
      reason: 'remedy_unreachable',
      detail: `${advisory} says ${yank?.remedy}, and there is no version to go to`,
    },
    detail: `${question.rack.current} was withdrawn by ${advisory} (${yank?.severity}, remedy ${yank?.remedy}): ${yank?.reason}`,
  }
}

/** Only to versions that the channel admits: it served them as head. */
function forwardOf(question: Question): Candidate[] {
  const { channel, currentKey } = question
  const isForward = ({ release }: Candidate): boolean =>
    currentKey !== undefined && release.key > currentKey && release.servedOn[channel.name] !== undefined
  return [...named(question), ...heads(question)].filter(isForward)
}

/** What the maintainer named, then what this rack proved before, newest first, then the channel's base. */
function backOf(question: Question): Candidate[] {
  return [...named(question), ...provedBefore(question), ...base(question, 'the base of the channel')]
}

function named({ app, yank }: Question): Candidate[] {
  const release = yank?.to === undefined ? undefined : app.releases.get(yank.to)
  return release ? [{ release, isHead: false, why: 'the version that the advisory names' }] : []
}

function provedBefore({ app, channel, rack, currentKey }: Question): Candidate[] {
  const found: Candidate[] = []
  for (const proved of rack.proved) {
    const release = app.releases.get(proved.version)
    if (!release || !proved.parametersHold || release.servedOn[channel.name] === undefined) continue
    if (currentKey !== undefined && release.key >= currentKey) continue
    if (!found.some((one) => one.release === release))
      found.push({ release, isHead: false, why: 'proved on this rack before' })
  }
  return found
}

function base({ app, channel }: Question, why: string): Candidate[] {
  const release = channel.base === undefined ? undefined : app.releases.get(channel.base)
  return release ? [{ release, isHead: false, why }] : []
}

function heads(question: Question): Candidate[] {
  const { app, channel } = question
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  const ofBase = channel.base === channel.head ? [] : base(question, 'the base of the channel')
  const isBase = channel.base === channel.head
  return head ? [{ release: head, isHead: !isBase, why: 'the head of the channel' }, ...ofBase] : ofBase
}

/** What soaks for another channel comes before the head, for racks that are not past it. */
function nominated({ app, channel, currentKey, now }: Question): Candidate[] {
  const { nomination } = channel
  if (!nomination || now >= nomination.until || currentKey === undefined || currentKey >= nomination.key)
    return []
  const release = app.releases.get(nomination.version)
  const isHead = nomination.version === channel.head && channel.head !== channel.base
  // One that was overtaken on its way is nothing that racks are still brought to.
  const hasReached =
    channel.base !== undefined && nomination.key <= (app.releases.get(channel.base)?.key ?? '')
  return release && (isHead || hasReached) ? [{ release, isHead, why: `nominated for ${nomination.to}` }] : []
}

function recall(question: Question): Claim | undefined {
  const { channel, rack, currentKey } = question
  if (currentKey === undefined) return undefined
  const takenBack = takenBackFrom(question)
  const called = channel.recall
  const isCalled = called !== undefined && currentKey > called.aboveKey && currentKey <= called.upToKey
  if (!takenBack && !isCalled && !rack.isAligning) return undefined
  const [head] = heads(question)
  if (!takenBack && head && head.release.key >= currentKey) return undefined
  // Not to a newer head that is on its way: that one is for its own waves.
  const [to] = base(question, 'the base of the channel')
  if (!to || to.release.key >= currentKey) return undefined
  const { reason } = takenBack ?? { reason: called?.reason }
  return {
    motive: 'recall',
    reason: 'recalled',
    isThere: false,
    candidates: [to],
    otherwise: nothingServed(question),
    detail: takenBack
      ? `${rack.current} was halted before this rack was past its soak: ${reason}`
      : isCalled
        ? `${channel.name} was reverted and calls its racks back: ${reason}`
        : `the rack was switched to ${channel.name} and aligns with it`,
  }
}

function takenBackFrom({ channel, rack, currentKey, conditions }: Question): TakenBack | undefined {
  const { takenBack } = channel
  if (!takenBack || takenBack.key !== currentKey) return undefined
  return isPastSoak(rack, takenBack, conditions.haltedSoakMinutes) ? undefined : takenBack
}

function bootstrap(question: Question): Claim | undefined {
  if (question.currentKey !== undefined) return undefined
  return {
    motive: 'bootstrap',
    reason: 'offered',
    isThere: false,
    candidates: base(question, 'the base of the channel'),
    otherwise: nothingServed(question),
    detail: 'nothing is installed',
  }
}

/** Claims every rack, so that every question has an answer. */
export function rollout(question: Question): Claim {
  const { currentKey, channel } = question
  const forward = [...nominated(question), ...heads(question)].filter(
    ({ release }) => currentKey === undefined || release.key >= currentKey,
  )
  return {
    motive: 'rollout',
    reason: 'offered',
    isThere: question.rack.current !== undefined && question.rack.current === channel.head,
    candidates: forward,
    otherwise:
      channel.head === undefined
        ? nothingServed(question)
        : {
            reason: 'ahead_of_channel',
            detail: `the rack runs ${question.rack.current}, ${channel.name} serves ${channel.head}`,
          },
    detail: `follows ${channel.name}, which serves ${channel.head ?? 'nothing'}`,
  }
}

function nothingServed({ channel }: Question): Refused {
  const { name, head } = channel
  const detail =
    head === undefined
      ? `${name} serves nothing`
      : `${name} has nothing yet that reached every rack: ${head} is on its way`
  return { reason: 'channel_empty', detail }
}
