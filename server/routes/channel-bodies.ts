/** Apps and channels as bodies: projections of the governed state and the fleet. */
import type {
  AppBody,
  ChangeBody,
  ChannelBody,
  HistoryEntryBody,
  PointerBody,
} from '../../shared/contract/app.ts'
import type { ChannelState, HistoryEntry } from '../../shared/domain/channel.ts'
import { freezeOn } from '../../shared/domain/freeze.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { isBlocking, type ParameterChange } from '../../shared/domain/parameters.ts'
import { isActive, type Rollout, type RolloutPlan } from '../../shared/domain/rollout.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { Registry } from '../registry.ts'

export function channelBodyOf({ fleet, clock }: Registry, state: State, channel: ChannelState): ChannelBody {
  const app = findApp(state, channel.app)
  const { name, from, base, head, revision, policy, policyRevision, nomination, top } = channel
  return {
    app: app.name,
    channel: name,
    from: from ?? null,
    base: base ?? null,
    head: head ?? null,
    revision,
    since: top ? toIso(top.at) : null,
    policy,
    policyRevision,
    nomination: nomination
      ? {
          version: nomination.version,
          to: nomination.to,
          until: toIso(nomination.until),
          actor: nomination.actor,
        }
      : null,
    rollout: rolloutOf(app, channel),
    frozen: freezeOn(state, app, name, clock())?.reason ?? null,
    racks: fleet.index.countOf(app.name, name),
    racksOnHead: head === undefined ? 0 : racksOn(fleet.index.inApp(app.name), name, head),
  }
}

function rolloutOf(app: AppState, channel: ChannelState): ChannelBody['rollout'] {
  const rollout = rolloutOfHead(app, channel)
  if (!rollout) return null
  const { id, state, wave, policy } = rollout
  return { id, state, wave, waves: policy.waves.length }
}

/** Of a head that is on its way. */
function rolloutOfHead(app: AppState, { head, base, rollout }: ChannelState): Rollout | undefined {
  return head === base || rollout === undefined ? undefined : app.rollouts.get(rollout)
}

function racksOn(racks: Iterable<KnownRack>, channel: string, version: string): number {
  let count = 0
  for (const { row, facts } of racks) if (row.channel === channel && facts.current === version) count += 1
  return count
}

export function racksOf(racks: readonly KnownRack[], channel: string): KnownRack[] {
  return racks.filter((rack) => rack.row.channel === channel)
}

export function appBodyOf(registry: Registry, state: State, app: AppState): AppBody {
  const channels = [...app.channels.values()].map((channel) => channelBodyOf(registry, state, channel))
  return {
    app: app.name,
    scheme: app.scheme,
    createdAt: toIso(app.createdAt),
    releases: app.releases.size,
    racks: channels.reduce((sum, { racks }) => sum + racks, 0),
    channels,
  }
}

/** While a rollout runs, whoever is no enrolled rack is told the base; both are named. */
export function pointerBodyOf(
  { app, name, base, head, revision }: ChannelState,
  rollout: PlannedRollout | undefined,
): PointerBody {
  return {
    app,
    channel: name,
    version: base ?? null,
    head: head ?? null,
    revision,
    rollout: rollout ? factsOf(rollout) : null,
  }
}

function factsOf({ id, key, plan }: PlannedRollout): PointerBody['rollout'] {
  return {
    id,
    key,
    waves: plan.waves.map(({ name, selector, cutoff, notBefore }) => ({
      name,
      selector: { ...selector },
      cutoff: cutoff ?? null,
      notBefore: notBefore === undefined ? null : toIso(notBefore),
    })),
  }
}

export type PlannedRollout = Rollout & { readonly plan: RolloutPlan }

/** Which brings the channel its head, once its waves are known. */
export function plannedRolloutOf(app: AppState, channel: ChannelState): PlannedRollout | undefined {
  const rollout = rolloutOfHead(app, channel)
  return rollout && isPlanned(rollout) && isActive(rollout) ? rollout : undefined
}

function isPlanned(rollout: Rollout): rollout is PlannedRollout {
  return rollout.plan !== undefined
}

export function historyEntryBodyOf(app: AppState, entry: HistoryEntry): HistoryEntryBody {
  const { revision, movement, via, version, at, actor, reason, overrides = [] } = entry
  return {
    revision,
    movement,
    via: via ?? null,
    version: version ?? null,
    at: toIso(at),
    actor,
    reason: reason ?? null,
    overrides: [...overrides],
    isYanked: version !== undefined && app.releases.get(version)?.yank !== undefined,
  }
}

export function changeBodiesOf(from: string, to: string, changes: readonly ParameterChange[]): ChangeBody[] {
  return changes.map((change) => ({ from, to, ...change, isBlocking: isBlocking(change) }))
}
