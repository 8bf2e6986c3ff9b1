/** What no acknowledgement, approval or override can pass, in the order in which it is told. */
import type { ChannelState } from '../channel.ts'
import { describeScope, freezeOn } from '../freeze.ts'
import { Problem } from '../problem.ts'
import type { ReleaseState } from '../release.ts'
import type { AppState, State } from '../state.ts'

export interface Condition {
  readonly state: State
  readonly app: AppState
  readonly channel: ChannelState
  readonly release: ReleaseState
  readonly now: number
}

const conditions: readonly ((condition: Condition) => void)[] = [refuseYanked, refuseBackwards, refuseFrozen]

/** Raises `yanked`, `not_forward` or `frozen`. */
export function requireConditions(condition: Condition): void {
  for (const check of conditions) check(condition)
}

function refuseYanked({ app, channel, release }: Condition): void {
  if (release.yank === undefined) return
  const yank = app.yanks.get(release.yank)
  throw new Problem(
    'yanked',
    `${release.version} was withdrawn by ${release.yank} (${yank?.reason}) and cannot be promoted to ${channel.name}.`,
  )
}

function refuseBackwards({ app, channel, release }: Condition): void {
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  // The head itself may be brought to the racks by another way.
  if (!head || release.key >= head.key) return
  throw new Problem(
    'not_forward',
    `${channel.name} serves ${head.version}, which is newer than ${release.version}: a promotion only goes forward.`,
    {
      hint:
        release.servedOn[channel.name] === undefined
          ? `headgate release publish VERSION --app ${app.name}   # the same, as a version above ${head.version}`
          : `headgate channel revert ${channel.name} --app ${app.name} --to ${release.version} --reason "…"`,
    },
  )
}

function refuseFrozen({ state, app, channel, now }: Condition): void {
  const freeze = freezeOn(state, app, channel.name, now)
  if (!freeze) return
  const flags = [freeze.app && `--app ${freeze.app}`, freeze.channel && `--channel ${freeze.channel}`]
    .filter(Boolean)
    .join(' ')
  throw new Problem(
    'frozen',
    `Frozen is ${describeScope(freeze)}, by ${freeze.actor}: ${freeze.reason}. Nothing is promoted meanwhile.`,
    {
      hint: `headgate unfreeze ${flags}`.trim(),
    },
  )
}
