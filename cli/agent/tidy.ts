/** After an attempt: what is kept beyond its use is dropped. Never what runs, nor what was proved before it. */
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt } from './attempt.ts'
import { pruneDownloads } from './fetch-artifact.ts'
import type { Rack } from './rack.ts'

/** What a person's rollback or a remedy may want: the last versions that were proved here. */
const provedKept = 2

/** A directory that cannot be tidied is told and is no failure: the rack runs. */
export async function tidy({ driver, state, dir, place }: Rack, attempt: Attempt): Promise<void> {
  try {
    const keep = state.proved.slice(0, provedKept).map(({ version }) => version)
    const pinned = state.pin ? [state.pin.version] : []
    const dropped = await driver.prune([...keep, ...pinned])
    if (dropped.length > 0) place.watch.onNote(`no longer kept: ${dropped.join(', ')}`)
    pruneDownloads(dir, stillWanted(attempt), place.files)
  } catch (error) {
    if (!(error instanceof Problem) && !(error instanceof Error && 'code' in error)) throw error
    place.watch.onNote(`could not tidy up: ${error.message}`)
  }
}

/** What was fetched, or half of it, for an attempt that changed nothing: the next one goes on from there. */
function stillWanted({ state, input }: Attempt): string[] {
  const isUntouched = state === 'failed' || state === 'aborted'
  return isUntouched && input.artifact ? [input.artifact.sha256] : []
}
