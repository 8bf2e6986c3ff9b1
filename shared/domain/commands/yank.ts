/** Withdrawing releases: it stops at once, channels fall back, and racks on them are told what to do. */
import { servedEntry } from '../channel.ts'
import type { LedgerEvent } from '../events.ts'
import { applyEvent } from '../fold.ts'
import { Problem } from '../problem.ts'
import { contains, parseRange, type VersionRange } from '../range.ts'
import type { ReleaseState } from '../release.ts'
import { remedyAtOnce, remedyPolicy } from '../rollout-policy.ts'
import { type AppState, findApp, findRelease, forkState, type State } from '../state.ts'
import type { Remedy, Severity } from '../yank.ts'
import { type CommandContext, eventOf } from './command.ts'
import { orderOf } from './rollout.ts'

export interface YankReleases {
  readonly app: string
  /** A version, a list, `A..B`, or comparators (see range.ts); it may name versions never seen. */
  readonly range: string
  readonly severity: Severity
  readonly remedy: Remedy
  readonly to?: string
  readonly reason: string
  /** Every rack at once instead of one, a tenth, all. */
  readonly allAtOnce?: boolean
}

/** The releases that a yank would withdraw, in no particular order. */
export function releasesToYank(app: AppState, range: VersionRange): ReleaseState[] {
  return [...app.releases.values()].filter((release) => contains(range, release.key))
}

/** The yank and the falls of the channels that it takes the head from, as one. */
export function yankReleases(state: State, input: YankReleases, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const range = parseRange(app.scheme, input.range)
  if (isRepeated(app, input)) return []
  checkTarget(app, input, range)
  const yank = `ADV-${app.yanks.size + 1}`
  const { severity, remedy, to, allAtOnce = false } = input
  const rollout = remedy === 'stay' ? undefined : orderOf(state, app, allAtOnce ? remedyAtOnce : remedyPolicy)
  const event = eventOf(
    'release.yanked',
    context,
    {
      app: app.name,
      yank,
      range: range.text,
      severity,
      remedy,
      ...(to !== undefined && { to }),
      ...(rollout && { rollout }),
    },
    input.reason,
  )
  return [event, ...falls(state, app, event, yank, context)]
}

/** Asking twice withdraws once: an answer that was lost can be asked for again. */
function isRepeated(app: AppState, input: YankReleases): boolean {
  return [...app.yanks.values()].some(
    (yank) =>
      !yank.lifted &&
      yank.range.text === input.range &&
      yank.severity === input.severity &&
      yank.remedy === input.remedy &&
      yank.to === input.to &&
      yank.reason === input.reason,
  )
}

function checkTarget(app: AppState, input: YankReleases, range: VersionRange): void {
  if (input.to === undefined) return
  if (input.remedy === 'stay')
    throw new Problem(
      'invalid_input',
      'With the remedy "stay" no rack moves, so there is nowhere to send it.',
    )
  const target = findRelease(app, input.to)
  if (contains(range, target.key))
    throw new Problem('yanked', `${input.to} lies in the range that is being withdrawn.`)
  if (target.yank !== undefined) throw new Problem('yanked', `${input.to} was withdrawn by ${target.yank}.`)
  if (Object.keys(target.servedOn).length === 0) {
    throw new Problem(
      'never_served',
      `No channel of ${app.name} ever served ${input.to}, so no rack can be sent there.`,
    )
  }
}

function falls(
  state: State,
  app: AppState,
  event: LedgerEvent,
  yank: string,
  context: CommandContext,
): LedgerEvent[] {
  const after = forkState(state)
  applyEvent(after, event)
  const appAfter = findApp(after, app.name)
  const events: LedgerEvent[] = []
  for (const channel of app.channels.values()) {
    if (channel.head === undefined || appAfter.releases.get(channel.head)?.yank !== yank) continue
    const version = servedEntry(appAfter, channel.top)?.version
    events.push(
      eventOf('channel.fell_back', context, {
        app: app.name,
        channel: channel.name,
        yank,
        ...(version !== undefined && { version }),
      }),
    )
  }
  return events
}
