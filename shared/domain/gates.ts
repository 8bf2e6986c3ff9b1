/**
 * Gates of a promotion, in the order in which a person reads them. Each is one named function; its verdict is a
 * value with numbers, shown before a promotion and recorded with it.
 */
import type { ChannelState } from './channel.ts'
import type { Acknowledgement } from './events.ts'
import { diffParameters, isBlocking, type ParameterChange } from './parameters.ts'
import type { ReleaseState } from './release.ts'
import type { AppState } from './state.ts'

export const gateNames = ['path', 'parameters'] as const
export type GateName = (typeof gateNames)[number]

export interface Verdict {
  readonly gate: GateName
  readonly outcome: 'pass' | 'fail' | 'waiting'
  /** What it waits for. */
  readonly needs?: 'time' | 'data' | 'person'
  readonly detail: string
}

export interface PromotionQuestion {
  readonly app: AppState
  readonly channel: ChannelState
  readonly release: ReleaseState
  readonly acknowledgements: readonly Acknowledgement[]
  /** To be stepped on without becoming head. */
  readonly isStone?: boolean
}

const gates: readonly ((question: PromotionQuestion) => Verdict)[] = [path, parameters]

export function judgePromotion(question: PromotionQuestion): readonly Verdict[] {
  return gates.map((gate) => gate(question))
}

/** What the candidate changes against what the target channel serves now. */
export function changesForChannel(
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
): readonly ParameterChange[] {
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  return diffParameters(contractOf(app, head), contractOf(app, release))
}

export function contractOf(app: AppState, release: ReleaseState | undefined) {
  return release?.content.contract === undefined ? undefined : app.contracts.get(release.content.contract)
}

/**
 * A head has been head of the feeder. A stone may have been a stone there, but not where everything begins: somebody has
 * to have run it as head first.
 */
function path({ channel, release, isStone }: PromotionQuestion): Verdict {
  const { from } = channel
  if (from === undefined && !isStone)
    return { gate: 'path', outcome: 'pass', detail: `${channel.name} has no feeder.` }
  const where = from ?? channel.name
  const since = isStone && from !== undefined ? release.servedOn[where] : release.headOn[where]
  if (since !== undefined) {
    return { gate: 'path', outcome: 'pass', detail: `${release.version} was head of ${where}.` }
  }
  const role = from === undefined ? '' : `, which feeds ${channel.name}`
  return { gate: 'path', outcome: 'fail', detail: `${release.version} was never head of ${where}${role}.` }
}

function parameters({ app, channel, release, acknowledgements }: PromotionQuestion): Verdict {
  const blocking = changesForChannel(app, channel, release).filter(isBlocking)
  const open = blocking.filter((change) => !isAcknowledged(change, acknowledgements))
  if (open.length > 0) {
    const names = open.map((change) => `${change.name} ${change.change}`).join(', ')
    return {
      gate: 'parameters',
      outcome: 'fail',
      needs: 'person',
      detail: `${names}, unacknowledged, against ${channel.head}.`,
    }
  }
  return { gate: 'parameters', outcome: 'pass', detail: wordsOfPass(channel, blocking) }
}

function wordsOfPass(channel: ChannelState, blocking: readonly ParameterChange[]): string {
  if (channel.head === undefined) return `${channel.name} serves nothing yet, so nothing changes.`
  if (blocking.length === 0) return `no blocking change against ${channel.head}.`
  return `${blocking.map((change) => change.name).join(', ')} acknowledged.`
}

function isAcknowledged(change: ParameterChange, acknowledgements: readonly Acknowledgement[]): boolean {
  return acknowledgements.some((one) => one.parameter === change.name && one.change === change.change)
}
