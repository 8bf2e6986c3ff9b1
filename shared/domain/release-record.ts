/**
 * What people and machines have said of a release since it was published: evidence, ticked items, acknowledged
 * changes, objections, known issues. The release itself never changes; gates read this.
 */
import type { ParameterChangeKind } from './parameters.ts'

export interface Said {
  readonly actor: string
  readonly at: number
}

/** A test run, a rehearsal, a report: that it was done, how it ended, and where to read it. */
export interface Evidence extends Said {
  readonly name: string
  readonly outcome: 'pass' | 'fail'
  /** For evidence about a pair, such as `rollback-rehearsal`: the version at the other end. */
  readonly from?: string
  readonly url?: string
  /** The report's bytes, kept beside the artifacts. */
  readonly file?: { readonly sha256: string; readonly size: number }
  readonly note?: string
}

/** An item of a channel's checklist that a person went through for this release. */
export interface Tick extends Said {
  readonly channel: string
  readonly item: string
  readonly note: string
}

/** A person has looked at what this release does to a parameter, on this channel. */
export interface AcknowledgedChange extends Said {
  readonly channel: string
  readonly parameter: string
  readonly change: ParameterChangeKind
  readonly note: string
}

export interface Objection extends Said {
  readonly id: string
  readonly reason: string
  readonly answer?: Said & { readonly note: string }
}

/** A cause of failures that is understood: shown with the failures, and not counted. */
export interface KnownIssue extends Said {
  /** As the failures gate names it (`causeOf`). */
  readonly cause: string
  readonly note: string
}

export interface ReleaseRecord {
  /** The newest of each name and pair. */
  readonly evidence: readonly Evidence[]
  readonly ticks: readonly Tick[]
  readonly acknowledged: readonly AcknowledgedChange[]
  readonly objections: readonly Objection[]
  readonly knownIssues: readonly KnownIssue[]
}

export const emptyRecord: ReleaseRecord = {
  evidence: [],
  ticks: [],
  acknowledged: [],
  objections: [],
  knownIssues: [],
}

export function isSameEvidence(
  a: Pick<Evidence, 'name' | 'from'>,
  b: Pick<Evidence, 'name' | 'from'>,
): boolean {
  return a.name === b.name && a.from === b.from
}

/** Newest last; what it says anew replaces what was said of the same before. */
export function withEvidence(record: ReleaseRecord, one: Evidence): ReleaseRecord {
  return { ...record, evidence: [...record.evidence.filter((other) => !isSameEvidence(other, one)), one] }
}

export function withTick(record: ReleaseRecord, one: Tick): ReleaseRecord {
  const others = record.ticks.filter(({ channel, item }) => channel !== one.channel || item !== one.item)
  return { ...record, ticks: [...others, one] }
}

export function withAcknowledged(record: ReleaseRecord, one: AcknowledgedChange): ReleaseRecord {
  const others = record.acknowledged.filter(
    ({ channel, parameter, change }) =>
      channel !== one.channel || parameter !== one.parameter || change !== one.change,
  )
  return { ...record, acknowledged: [...others, one] }
}

export function withAnswer(
  record: ReleaseRecord,
  id: string,
  answer: NonNullable<Objection['answer']>,
): ReleaseRecord {
  const objections = record.objections.map((one) => (one.id === id ? { ...one, answer } : one))
  return { ...record, objections }
}

/** What had been said by then. Of what was said anew since, the earlier word is no longer known. */
export function recordAt(record: ReleaseRecord, at: number): ReleaseRecord {
  const then = (one: Said): boolean => one.at <= at
  return {
    evidence: record.evidence.filter(then),
    ticks: record.ticks.filter(then),
    acknowledged: record.acknowledged.filter(then),
    objections: record.objections.filter(then).map(({ answer, ...asked }) => ({
      ...asked,
      ...(answer && then(answer) && { answer }),
    })),
    knownIssues: record.knownIssues.filter(then),
  }
}

/**
 * Failures of one cause read alike: the step, and the message without what differs from run to run. Digits, hex and
 * quoted values give way, so that 200 racks that failed for one reason are one line.
 */
export function causeOf(step: string | null, message: string | null): string {
  const words = (message ?? 'said nothing')
    .replace(/"[^"]*"/g, '"…"')
    // So that a person can quote it for a shell as it is shown.
    .replaceAll("'", '’')
    .replace(/\b[0-9a-f]{8,}\b/gi, '…')
    .replace(/\d+(\.\d+)*/g, '#')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
  return `${step ?? 'unknown'}: ${words}`
}
