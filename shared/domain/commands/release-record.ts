/** Saying something about a release: evidence, a ticked item, an objection and its answer, a known issue. */
import type { LedgerEvent } from '../events.ts'
import { checkName } from '../names.ts'
import { Problem } from '../problem.ts'
import { type Evidence, isSameEvidence } from '../release-record.ts'
import { findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface AboutRelease {
  readonly app: string
  readonly version: string
}

export type AddEvidence = AboutRelease & Omit<Evidence, 'actor' | 'at'>

/** The same run told twice is recorded once: name, outcome, address, bytes and note alike. */
export function addEvidence(state: State, input: AddEvidence, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const release = findRelease(app, input.version)
  const { name, outcome, from, url, file, note } = input
  checkName('record', name)
  if (from !== undefined) findRelease(app, from)
  const one = {
    name,
    outcome,
    ...(from !== undefined && { from }),
    ...(url !== undefined && { url }),
    ...(file !== undefined && { file }),
    ...(note !== undefined && { note }),
  }
  const present = release.record.evidence.find((other) => isSameEvidence(other, one))
  // Without an address or bytes a second run cannot be told from the first: it is taken as a run of its own.
  const isNamed = url !== undefined || file !== undefined
  if (present && isNamed && isSameRun(present, one)) return []
  return [eventOf('evidence.added', context, { app: app.name, version: release.version, ...one })]
}

function isSameRun(a: Evidence, b: Omit<Evidence, 'actor' | 'at'>): boolean {
  return a.outcome === b.outcome && a.url === b.url && a.file?.sha256 === b.file?.sha256 && a.note === b.note
}

export interface TickItem extends AboutRelease {
  readonly channel: string
  readonly item: string
  readonly note: string
}

export function tickItem(state: State, input: TickItem, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.channel)
  const release = findRelease(app, input.version)
  const items = channel.policy.gates.checklist ?? []
  if (!items.some(({ item }) => item === input.item)) {
    const names = items.map(({ item }) => item).join(', ') || 'none'
    throw new Problem(
      'invalid_input',
      `The checklist of ${channel.name} has no item "${input.item.slice(0, 80)}"; it has: ${names}.`,
      { hint: `headgate channel policy show ${channel.name} --app ${app.name}` },
    )
  }
  const { item, note } = input
  const isTicked = release.record.ticks.some(
    (tick) => tick.channel === channel.name && tick.item === item && tick.note === note,
  )
  if (isTicked) return []
  const { version } = release
  return [eventOf('checklist.ticked', context, { app: app.name, version, channel: channel.name, item, note })]
}

/** Everybody may object, racks too: what one of them can write into the ledger has an end. */
const mostObjections = 10

export interface RaiseObjection extends AboutRelease {
  readonly reason: string
}

export function raiseObjection(state: State, input: RaiseObjection, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { version, record } = findRelease(app, input.version)
  const isRaised = record.objections.some(
    (one) => !one.answer && one.actor === context.actor && one.reason === input.reason,
  )
  if (isRaised) return []
  const own = record.objections.filter((one) => !one.answer && one.actor === context.actor)
  if (own.length >= mostObjections) {
    throw new Problem(
      'invalid_input',
      `${context.actor} has ${own.length} objections to ${version} that nobody has answered; they say enough.`,
      { hint: `headgate release show ${version} --app ${app.name} --gates` },
    )
  }
  const objection = `O-${app.objections.size + 1}`
  return [eventOf('objection.raised', context, { app: app.name, version, objection }, input.reason)]
}

export interface AnswerObjection {
  readonly app: string
  readonly objection: string
  readonly note: string
}

export function answerObjection(
  state: State,
  input: AnswerObjection,
  context: CommandContext,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const version = app.objections.get(input.objection)
  const present =
    version === undefined
      ? undefined
      : findRelease(app, version).record.objections.find(({ id }) => id === input.objection)
  if (version === undefined || !present) {
    throw new Problem('objection_not_found', `The app ${app.name} has no objection ${input.objection}.`, {
      hint: `headgate release show VERSION --app ${app.name} --gates`,
    })
  }
  if (present.answer) {
    if (present.answer.note === input.note) return []
    throw new Problem(
      'invalid_input',
      `${input.objection} was answered by ${present.answer.actor}: ${present.answer.note}`,
    )
  }
  return [
    eventOf('objection.answered', context, {
      app: app.name,
      version,
      objection: present.id,
      note: input.note,
    }),
  ]
}

export interface NameKnownIssue extends AboutRelease {
  /** As the failures gate shows it. */
  readonly cause: string
  readonly note: string
}

/** By a second person: whoever published the release does not decide which of its failures count. */
export function nameKnownIssue(state: State, input: NameKnownIssue, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { version, recordedBy, record } = findRelease(app, input.version)
  if (recordedBy === context.actor) {
    throw new Problem(
      'self_approval',
      `${context.actor} published ${version}; somebody else has to say which of its failures are known.`,
    )
  }
  const { cause, note } = input
  if (record.knownIssues.some((one) => one.cause === cause && one.note === note)) return []
  return [eventOf('issue.known', context, { app: app.name, version, cause, note })]
}
