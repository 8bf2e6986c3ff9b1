/**
 * Following a rollout to its end: counted again when the ledger goes on, and now and then in between, because what racks
 * show is in no ledger; never more than once a second, and more rarely where counting takes long.
 */
import type { RolloutDetailBody } from '../shared/contract/rollout.ts'
import { at, unwrap } from './api.ts'
import type { Deps } from './deps.ts'
import { followEvents } from './follow-events.ts'
import { createPatientLook } from './patient-look.ts'
import { isOver } from './rollout-words.ts'
import type { Session } from './session.ts'

export interface FollowedRollout {
  readonly deps: Pick<Deps, 'clock' | 'interruption'>
  readonly session: Session
  readonly app: string
  readonly rollout: string
  /** Null: as long as it takes. */
  readonly timeoutMilliseconds: number | null
  readonly counted: (rollout: RolloutDetailBody) => void
}

/** `ended`: by itself, by a gate or by people; a halted one goes on only when somebody lets it. */
export type EndOfWatch = 'ended' | 'out_of_time' | 'left'

const shortestMilliseconds = 1_000
const longestMilliseconds = 2_000
/** Of the time that a look takes. */
const restFactor = 10

/** Raises what the registry refuses, and `registry_unreachable` after long silence. */
export async function followRollout(followed: FollowedRollout): Promise<EndOfWatch> {
  const { deps, session, app, rollout: id, timeoutMilliseconds, counted } = followed
  const { clock } = deps
  const stop = deps.interruption()
  const leaving = new AbortController()
  const signal = AbortSignal.any([stop, leaving.signal])
  const calls = session.api.v1.apps[':app'].rollouts[':rollout']
  const look = createPatientLook({
    clock,
    report: session.report,
    meanwhile: `${id} goes on there`,
    ask: () => unwrap(calls.$get({ param: at({ app, rollout: id }) })),
  })
  const deadline = clock.monotonic() + (timeoutMilliseconds ?? Number.POSITIVE_INFINITY)
  const bell = ringOnEvents(followed, await newestIn(followed), signal)
  try {
    for (;;) {
      const startedAt = clock.monotonic()
      const present = await look()
      bell.requireWhole()
      if (present) counted(present)
      if (present && (isOver(present) || present.state === 'halted')) return 'ended'
      const now = clock.monotonic()
      const rest = Math.max(longestMilliseconds, (now - startedAt) * restFactor)
      await clock.sleep(Math.min(shortestMilliseconds, deadline - now), signal)
      await bell.rung(Math.min(rest - shortestMilliseconds, deadline - clock.monotonic()))
      if (stop.aborted) return 'left'
      if (clock.monotonic() >= deadline) return 'out_of_time'
    }
  } finally {
    leaving.abort()
  }
}

/** So that nothing falls between the first look and the beginning of the stream. */
async function newestIn({ session, app }: FollowedRollout): Promise<number> {
  const { entries } = await unwrap(session.api.v1.audit.$get({ query: { app, order: 'newest', limit: '1' } }))
  return entries[0]?.sequence ?? 0
}

interface Bell {
  /** Resolves when the ledger has gone on since it was last asked, at the latest after the time. */
  readonly rung: (milliseconds: number) => Promise<void>
  /** Raises what ended the stream of events. */
  readonly requireWhole: () => void
}

function ringOnEvents({ deps, session, app }: FollowedRollout, after: number, signal: AbortSignal): Bell {
  const { clock } = deps
  const { report } = session
  let isRung = false
  let broken: { readonly error: unknown } | undefined
  let asleep: AbortController | undefined
  const ring = () => {
    isRung = true
    asleep?.abort()
  }
  signal.addEventListener('abort', ring)
  const listen = async () => {
    const events = followEvents({ registry: session, clock, report, filter: { app }, after, signal })
    for await (const _ of events) ring()
  }
  listen().catch((error: unknown) => {
    broken = { error }
    ring()
  })
  return {
    async rung(milliseconds) {
      asleep = new AbortController()
      if (!isRung && milliseconds > 0) await clock.sleep(milliseconds, asleep.signal)
      isRung = false
    },
    requireWhole() {
      if (broken) throw broken.error
    },
  }
}
