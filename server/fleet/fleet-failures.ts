/** Failures by cause: 200 racks that failed for one reason are one line, with one example to read. */
import type { FailuresBody } from '../../shared/contract/fleet.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { causeOf } from '../../shared/domain/release-record.ts'
import type { AppState } from '../../shared/domain/state.ts'
import { findAttempt } from '../store/attempts.ts'
import type { Store } from '../store/connection.ts'
import { type BadOutcome, type FailedAttempt, loadFailedAttempts } from '../store/failures.ts'

interface Cause {
  readonly cause: string
  readonly racks: Set<string>
  readonly outcomes: Record<BadOutcome, number>
  readonly versions: Map<string, Set<string>>
  readonly example: FailedAttempt
  readonly lastAt: number
  attempts: number
  firstAt: number
  isDataLoss: boolean
}

export interface FailuresAsked {
  readonly version: string | undefined
  readonly since: number
}

const mostCauses = 50
const mostRacksNamed = 10
const lastLines = 20

/** What has failed since then, the cause of the most racks first. */
export async function failuresOf(
  { read }: Pick<Store, 'read'>,
  app: AppState,
  { version, since }: FailuresAsked,
): Promise<FailuresBody> {
  const causes = new Map<string, Cause>()
  let attempts = 0
  for await (const page of loadFailedAttempts(read, app.name, since)) {
    for (const one of page) {
      if (version !== undefined && one.target !== version) continue
      attempts += 1
      note(causes, one)
    }
    // Pages come from a database in this process: without a pause they would be one long block.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const sorted = [...causes.values()].toSorted((a, b) => b.racks.size - a.racks.size || b.lastAt - a.lastAt)
  const listed = sorted.slice(0, mostCauses)
  const bodies: FailuresBody['causes'] = []
  for (const cause of listed) bodies.push(await bodyOf(read, app, cause))
  return {
    app: app.name,
    version: version ?? null,
    since: toIso(since),
    attempts,
    causes: bodies,
    otherCauses: sorted.length - listed.length,
  }
}

/** They come the last one first. */
function note(causes: Map<string, Cause>, one: FailedAttempt): void {
  const name = causeOf(one.step, one.message)
  const cause = causes.get(name) ?? newCause(name, one)
  causes.set(name, cause)
  cause.attempts += 1
  cause.firstAt = one.finishedAt
  cause.isDataLoss ||= one.severity === 'data-loss'
  cause.outcomes[one.outcome] += 1
  cause.racks.add(one.rack)
  const racks = cause.versions.get(one.target) ?? new Set<string>()
  cause.versions.set(one.target, racks.add(one.rack))
}

function newCause(cause: string, example: FailedAttempt): Cause {
  return {
    cause,
    racks: new Set(),
    outcomes: { failed: 0, returned: 0, stuck: 0 },
    versions: new Map(),
    example,
    lastAt: example.finishedAt,
    attempts: 0,
    firstAt: example.finishedAt,
    isDataLoss: false,
  }
}

async function bodyOf(
  read: Store['read'],
  app: AppState,
  one: Cause,
): Promise<FailuresBody['causes'][number]> {
  const { cause, racks, attempts, outcomes, isDataLoss, firstAt, lastAt, versions, example } = one
  const log = (await findAttempt(read, example.id))?.log ?? []
  return {
    cause,
    knownIssue: knownIssueIn(app, one),
    racks: racks.size,
    attempts,
    outcomes,
    isDataLoss,
    firstAt: toIso(firstAt),
    lastAt: toIso(lastAt),
    versions: [...versions]
      .map(([version, of]) => ({ version, racks: of.size }))
      .toSorted((a, b) => b.racks - a.racks),
    someRacks: [...racks].slice(0, mostRacksNamed),
    example: {
      attempt: example.id,
      rack: example.rack,
      message: example.message,
      log: log.slice(-lastLines),
    },
  }
}

function knownIssueIn(app: AppState, { cause, versions }: Cause): string | null {
  for (const version of versions.keys()) {
    const issue = app.releases.get(version)?.record.knownIssues.find((known) => known.cause === cause)
    if (issue) return issue.note
  }
  return null
}
