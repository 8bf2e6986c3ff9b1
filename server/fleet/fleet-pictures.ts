/** What the rules of standing look at (shared/domain/fleet-standing.ts), put together from memory for one rack at a time. */
import type { ChannelState } from '../../shared/domain/channel.ts'
import { allowedSilence, type RackPicture, type Silence } from '../../shared/domain/fleet-standing.ts'
import { type AppState, findChannel, type State } from '../../shared/domain/state.ts'
import { type Yank, yankOf } from '../../shared/domain/yank.ts'
import { listStuckAttempts, type StuckAttempt } from '../store/attempts-by.ts'
import type { Store } from '../store/connection.ts'
import { keyOfCurrent } from './current-key.ts'
import type { Fleet } from './fleet.ts'
import type { KnownRack } from './fleet-index.ts'
import { type Received, shortestGap } from './receiving.ts'

export interface PictureDeps {
  readonly store: Pick<Store, 'read'>
  readonly state: State
  readonly fleet: Pick<Fleet, 'decideIn'>
  readonly receiving: Received
  readonly clock: () => number
}

interface KnownVersion {
  readonly key: string | undefined
  readonly yank: Yank | undefined
}

/** For one pass over an app's racks: what many of them share is looked up once. */
export async function pictureMaker(
  deps: PictureDeps,
  app: AppState,
): Promise<(rack: KnownRack) => RackPicture> {
  const { state, fleet, receiving, clock } = deps
  const now = clock()
  const versions = new Map<string, KnownVersion>()
  const channels = new Map<string, ChannelState>()
  const stuck = new Map<string, StuckAttempt>()
  for (const one of await listStuckAttempts(deps.store.read, app.name)) stuck.set(one.rack, one)
  const cloned = clonedRacks(state, app.name)

  function versionOf(name: string): KnownVersion {
    const known = versions.get(name)
    if (known) return known
    // What is no version of the scheme has no place in the order: the word of one rack must not end the pass.
    const key = keyOfCurrent(app, { current: name })
    const looked = { key, yank: key === undefined ? undefined : yankOf(app, name, key) }
    versions.set(name, looked)
    return looked
  }

  function channelOf(name: string): ChannelState {
    const channel = channels.get(name) ?? findChannel(app, name)
    channels.set(name, channel)
    return channel
  }

  function newestProved({ facts }: KnownRack): RackPicture['newestProved'] {
    let newest: { version: string; key: string; isYanked: boolean } | undefined
    for (const { version } of facts.proved) {
      const { key, yank } = versionOf(version)
      if (key !== undefined && (newest === undefined || key > newest.key))
        newest = { version, key, isYanked: yank !== undefined }
    }
    return newest
  }

  function silenceOf({ lastSeenAt }: KnownRack, channel: ChannelState): Silence {
    const allowed = allowedSilence(channel)
    if (lastSeenAt === undefined) return { lastSeenAt, byTheClock: 0, receiving: 0, allowed }
    const byTheClock = Math.max(0, now - lastSeenAt)
    if (byTheClock <= allowed) return { lastSeenAt, byTheClock, receiving: byTheClock, allowed }
    return { lastSeenAt, byTheClock, receiving: heardMeanwhile(receiving, lastSeenAt, allowed), allowed }
  }

  return (rack) => {
    const { row, facts, outside } = rack
    const channel = channelOf(row.channel)
    const current = facts.current === undefined ? undefined : versionOf(facts.current)
    const isNewest = facts.proved[0]?.version === facts.current
    const stuckOn = stuck.get(row.name)
    const isMended = stuckOn && (facts.proved[0]?.at ?? 0) > stuckOn.finishedAt
    return {
      facts,
      now,
      currentKey: current?.key,
      yank: current?.yank,
      newestProved: isNewest ? undefined : newestProved(rack),
      recall: channel.recall,
      barUpToKey: facts.bar && versionOf(facts.bar.upTo).key,
      outside: outside?.isSure && outside.acceptedAt === undefined ? outside : undefined,
      // A rack that was enrolled anew has nothing to do with what became of the one before it.
      stuck:
        stuckOn && !isMended && stuckOn.finishedAt >= row.enrolledAt
          ? { target: stuckOn.target, at: stuckOn.finishedAt }
          : undefined,
      targets: facts.failures.length === 0 ? [] : targetsOf(fleet.decideIn(state, rack)),
      silence: silenceOf(rack, channel),
      isCloned: cloned.has(row.name),
    }
  }
}

/** Receiving time since an instant. The gap that is going on now is none yet, and counts for nobody either. */
export function heardMeanwhile(
  { between, lastHeardAt }: Received,
  since: number,
  silenceMilliseconds: number,
): number {
  const gap = Math.max(shortestGap, silenceMilliseconds)
  return lastHeardAt === undefined ? 0 : between(since, lastHeardAt, gap)
}

function targetsOf({ target, destination }: ReturnType<Fleet['decideIn']>): string[] {
  return [target, destination].flatMap((release) => release?.version ?? [])
}

function clonedRacks(state: State, app: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { kind, app: of, subject, closed } of state.alarms.values())
    if (kind === 'rack_cloned' && of === app && !closed) names.add(subject)
  return names
}
