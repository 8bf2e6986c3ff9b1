/**
 * Which version a rack ran at an earlier time. Nobody wrote down what every check-in said; but attempts say what they began
 * from and what they left. If what was left is what came next, it ran all the while; if not, something else changed it, and
 * nobody can say when.
 */
import { toIso } from '../../shared/domain/instants.ts'
import type { PastAttempt } from '../store/past.ts'
import type { RackHistoryRow } from '../store/rack-history.ts'
import type { Today } from './past-rack.ts'

export type PastVersion =
  | {
      readonly isKnown: true
      /** Null: nothing was installed. */
      readonly version: string | null
      readonly asOf: number
      readonly source: 'rack_history' | 'attempts'
      readonly detail: string
    }
  | { readonly isKnown: false; readonly detail: string }

export interface VersionAsked {
  /** The line of history that enrolled it. */
  readonly enrolled: RackHistoryRow
  /** All attempts of that enrolment, by when they began; those that were over by then, by their ends. */
  readonly own: readonly PastAttempt[]
  readonly over: readonly PastAttempt[]
  /** What was under way. */
  readonly open: PastAttempt | undefined
  /** Undefined when the rack of today is another one. */
  readonly today: Today | undefined
  readonly at: number
}

interface Said {
  readonly version: string | null
  readonly at: number
  readonly source: 'rack_history' | 'attempts'
  readonly who: string
}

export function versionAt(asked: VersionAsked): PastVersion {
  const { open, over } = asked
  if (open) {
    const detail = `attempt ${open.id} began from it and was under way`
    return { isKnown: true, version: open.fromVersion, asOf: open.grantedAt, source: 'attempts', detail }
  }
  const last = over.at(-1)
  if (last && (last.outcome === 'stuck' || last.outcome === 'abandoned')) {
    const since = toIso(last.finishedAt ?? last.grantedAt)
    return {
      isKnown: false,
      detail: `attempt ${last.id} ended ${last.outcome} at ${since}; what it left is not known`,
    }
  }
  const before = last ? leftBy(last) : foundBy(asked.enrolled)
  const after = saidLater(asked)
  if (after === undefined || after.version !== before.version) {
    const later = after
      ? `${after.who} found ${nameOf(after.version)}`
      : 'nothing later is known of that rack'
    return { isKnown: false, detail: `${before.who} left ${nameOf(before.version)}, and ${later}` }
  }
  const { version, at: asOf, source } = before
  return { isKnown: true, version, asOf, source, detail: `${before.who} left it, and ${after.who} found it` }
}

function leftBy({ id, outcome, target, fromVersion, finishedAt, grantedAt }: PastAttempt): Said {
  const version = outcome === 'proved' ? target : fromVersion
  return { version, at: finishedAt ?? grantedAt, source: 'attempts', who: `attempt ${id} (${outcome})` }
}

function foundBy({ after, at }: RackHistoryRow): Said {
  const adopted: unknown = typeof after === 'object' && after !== null ? Reflect.get(after, 'adopted') : null
  return {
    version: typeof adopted === 'string' ? adopted : null,
    at,
    source: 'rack_history',
    who: 'its enrolment',
  }
}

/** The first word on what ran that was said after that time. */
function saidLater({ own, today, at }: VersionAsked): Said | undefined {
  const next = own.find(({ grantedAt }) => grantedAt > at)
  const outside = today?.outside
  // One that is not looked into yet may be an attempt's doing.
  if (outside?.isSure && outside.at > at && (!next || outside.at < next.grantedAt)) {
    return { version: outside.from, at: outside.at, source: 'rack_history', who: 'a change outside' }
  }
  if (next) {
    const { id, fromVersion, grantedAt } = next
    return { version: fromVersion, at: grantedAt, source: 'attempts', who: `attempt ${id}` }
  }
  return today && { version: today.current ?? null, at, source: 'attempts', who: 'its last check-in' }
}

function nameOf(version: string | null): string {
  return version ?? 'nothing'
}
