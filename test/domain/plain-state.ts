/** A state as plain JSON values in a fixed order, to be compared deeply whatever forks it is made of. */
import { historyOf } from '../../shared/domain/channel.ts'
import type { ForkableMap } from '../../shared/domain/forkable-map.ts'
import type { AppState, State } from '../../shared/domain/state.ts'

export function plainState(state: State): unknown {
  return {
    registryId: state.registryId,
    apps: [...state.apps.values()].map(plainApp),
    tokens: [...state.tokens.values()],
    tokenOfSha256: [...state.tokenOfSha256.values()],
    freezes: [...state.freezes.values()],
    alarms: [...state.alarms.values()],
    reviews: [...state.reviews.values()],
    breakGlass: [...state.breakGlass.values()],
    synthetic: [...state.synthetic.values()],
    sizes: sizesOf(state.apps, state.tokens, state.tokenOfSha256, state.freezes, state.alarms),
  }
}

function plainApp(app: AppState): unknown {
  const { owner: _owner, releases, versionOfKey, contracts, channels, yanks, ...more } = app
  const { proposals, rollouts, objections, ...rest } = more
  return {
    ...rest,
    releases: [...releases.values()],
    versionOfKey: [...versionOfKey.values()],
    contracts: [...contracts.values()],
    channels: [...channels.values()].map((channel) => ({
      ...channel,
      top: undefined,
      history: [...historyOf(channel)].map(({ previous: _previous, older, ...entry }) => ({
        ...entry,
        older: older?.revision,
      })),
    })),
    yanks: [...yanks.values()],
    proposals: [...proposals.values()],
    rollouts: [...rollouts.values()],
    objections: [...objections.values()],
    sizes: sizesOf(releases, versionOfKey, contracts, channels, yanks, proposals, rollouts, objections),
  }
}

function sizesOf(...maps: readonly Pick<ForkableMap<unknown, unknown>, 'size'>[]): number[] {
  return maps.map((map) => map.size)
}
