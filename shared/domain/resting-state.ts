/**
 * A state that rests while the ledger goes on: what takes longer than one turn of the event loop is folded on a fork of
 * it, and stands on one sequence of the ledger from its first rack to its last. Taking one costs O(apps).
 */
import { ForkableMap } from './forkable-map.ts'
import type { State } from './state.ts'

export interface RestingState {
  /** To be read and forked, not folded. */
  readonly state: State
  /** Until then every write to the original keeps what it overwrites. */
  readonly release: () => void
}

export function restingState(original: State): RestingState {
  const releases: (() => void)[] = []
  const rest = <K, V>(present: ForkableMap<K, V>): ForkableMap<K, V> => {
    const { map, release } = present.snapshot()
    releases.push(release)
    return map
  }
  const state: State = {
    registryId: original.registryId,
    apps: new ForkableMap(),
    tokens: rest(original.tokens),
    tokenOfSha256: rest(original.tokenOfSha256),
    freezes: rest(original.freezes),
    breakGlass: rest(original.breakGlass),
    reviews: rest(original.reviews),
    alarms: rest(original.alarms),
    synthetic: rest(original.synthetic),
  }
  for (const app of original.apps.values()) {
    state.apps.set(app.name, {
      owner: state,
      name: app.name,
      scheme: app.scheme,
      createdAt: app.createdAt,
      releases: rest(app.releases),
      versionOfKey: rest(app.versionOfKey),
      contracts: rest(app.contracts),
      channels: rest(app.channels),
      yanks: rest(app.yanks),
      proposals: rest(app.proposals),
      rollouts: rest(app.rollouts),
      objections: rest(app.objections),
      stones: app.stones,
      floors: app.floors,
    })
  }
  return {
    state,
    release() {
      for (const release of releases) release()
    },
  }
}
