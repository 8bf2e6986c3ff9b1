/** The governed state of a registry: what the ledger folds to. Entities are immutable values in forkable maps. */
import type { TokenState } from './access.ts'
import type { Alarm } from './alarm.ts'
import type { BreakGlass } from './break-glass.ts'
import type { ChannelState } from './channel.ts'
import { ForkableMap } from './forkable-map.ts'
import type { Freeze } from './freeze.ts'
import type { ParameterContract } from './parameters.ts'
import { Problem } from './problem.ts'
import type { Proposal } from './proposal.ts'
import type { ReleaseState } from './release.ts'
import type { Review } from './review.ts'
import type { Rollout } from './rollout.ts'
import type { SyntheticApp } from './synthetic.ts'
import type { VersionScheme } from './version.ts'
import type { Yank } from './yank.ts'

export interface AppState {
  /** The state that may write to this value; another one takes a fork first. */
  readonly owner: State
  readonly name: string
  readonly scheme: VersionScheme
  readonly createdAt: number
  readonly releases: ForkableMap<string, ReleaseState>
  /** Order key → version: two names of one version are refused. */
  readonly versionOfKey: ForkableMap<string, string>
  readonly contracts: ForkableMap<string, ParameterContract>
  readonly channels: ForkableMap<string, ChannelState>
  readonly yanks: ForkableMap<string, Yank>
  readonly proposals: ForkableMap<string, Proposal>
  readonly rollouts: ForkableMap<string, Rollout>
  /** Objection → the version that it is about. */
  readonly objections: ForkableMap<string, string>
  /** The releases with routing facts that a move must look at, in version order; few by nature. */
  stones: readonly ReleaseState[]
  floors: readonly ReleaseState[]
}

export interface State {
  registryId: string
  readonly apps: ForkableMap<string, AppState>
  readonly tokens: ForkableMap<string, TokenState>
  readonly tokenOfSha256: ForkableMap<string, string>
  readonly freezes: ForkableMap<string, Freeze>
  readonly breakGlass: ForkableMap<string, BreakGlass>
  /** What a second person has to look at afterwards. */
  readonly reviews: ForkableMap<string, Review>
  /** By id, oldest first; closed ones too. */
  readonly alarms: ForkableMap<string, Alarm>
  /** The apps in which rehearsals take place. */
  readonly synthetic: ForkableMap<string, SyntheticApp>
}

export function emptyState(): State {
  return {
    registryId: '',
    apps: new ForkableMap(),
    tokens: new ForkableMap(),
    tokenOfSha256: new ForkableMap(),
    freezes: new ForkableMap(),
    reviews: new ForkableMap(),
    breakGlass: new ForkableMap(),
    alarms: new ForkableMap(),
    synthetic: new ForkableMap(),
  }
}

/** A state that can be folded further without touching this one, which must rest meanwhile. */
export function forkState(state: State): State {
  return {
    registryId: state.registryId,
    apps: state.apps.fork(),
    tokens: state.tokens.fork(),
    tokenOfSha256: state.tokenOfSha256.fork(),
    freezes: state.freezes.fork(),
    reviews: state.reviews.fork(),
    breakGlass: state.breakGlass.fork(),
    alarms: state.alarms.fork(),
    synthetic: state.synthetic.fork(),
  }
}

/** Makes `state`, which others hold, what `fresh` is; `fresh` belongs to it from then on. */
export function takeOver(state: State, fresh: State): void {
  Object.assign(state, fresh)
  for (const app of fresh.apps.values()) state.apps.set(app.name, { ...app, owner: state })
}

/** The app's value that this state may write to: its own, or a fork of the one it read through to. */
export function writableApp(state: State, name: string): AppState {
  const app = findApp(state, name)
  if (app.owner === state) return app
  const own: AppState = {
    ...app,
    owner: state,
    releases: app.releases.fork(),
    versionOfKey: app.versionOfKey.fork(),
    contracts: app.contracts.fork(),
    channels: app.channels.fork(),
    yanks: app.yanks.fork(),
    proposals: app.proposals.fork(),
    rollouts: app.rollouts.fork(),
    objections: app.objections.fork(),
  }
  state.apps.set(name, own)
  return own
}

export function findApp(state: State, name: string): AppState {
  const app = state.apps.get(name)
  if (!app) {
    throw new Problem('app_not_found', `There is no app "${name}" here.`, {
      hint: `headgate app create ${name} --scheme semver`,
    })
  }
  return app
}

export function findChannel(app: AppState, name: string): ChannelState {
  const channel = app.channels.get(name)
  if (!channel) {
    const present = [...app.channels.values()].map((one) => one.name).join(', ') || 'none'
    throw new Problem(
      'channel_not_found',
      `The app ${app.name} has no channel "${name}"; it has: ${present}.`,
      {
        hint: `headgate channel list --app ${app.name}`,
      },
    )
  }
  return channel
}

export function findRelease(app: AppState, version: string): ReleaseState {
  const release = app.releases.get(version)
  if (!release) {
    throw new Problem('release_not_found', `The app ${app.name} has no release ${version}.`, {
      hint: `headgate release list --app ${app.name}`,
    })
  }
  return release
}

export function findRollout(app: AppState, id: string): Rollout {
  const rollout = app.rollouts.get(id)
  if (!rollout) {
    throw new Problem('rollout_not_found', `The app ${app.name} has no rollout ${id}.`, {
      hint: `headgate rollout list --app ${app.name}`,
    })
  }
  return rollout
}
