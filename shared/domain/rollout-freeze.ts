/** Which freeze keeps a rollout from granting anything: a head every one, a way back only one that stops everything. */
import { type Freeze, freezeOn } from './freeze.ts'
import { isActive, type Rollout } from './rollout.ts'
import type { AppState, State } from './state.ts'

/** Of a remedy, which has no channel, one on the app or the registry; a frozen channel keeps only its own racks. */
export function freezeOver(
  state: State,
  app: AppState,
  rollout: Pick<Rollout, 'purpose' | 'channel' | 'state'>,
  now: number,
): Freeze | undefined {
  if (!isActive(rollout)) return undefined
  const freeze = freezeOn(state, app, rollout.channel ?? '', now)
  return freeze?.all || rollout.purpose === 'head' ? freeze : undefined
}
