/** What a release says about itself, gathered from options and files: notes, source, parameter contract, end. */
import type { PublishBody } from '../shared/contract/release.ts'
import { toIso } from '../shared/domain/instants.ts'
import type { Deps } from './deps.ts'
import { parseUntil } from './duration.ts'
import { readTextInput } from './input-file.ts'
import { readParameters } from './parameters-file.ts'

export interface ContentOptions {
  readonly notes?: string
  readonly notesFile?: string
  readonly repository?: string
  readonly commit?: string
  readonly sourceUrl?: string
  readonly parameters?: string
  readonly validUntil?: string
}

/** Raises `invalid_input` and `invalid_date`, naming the option. */
export async function readReleaseContent(
  deps: Pick<Deps, 'cwd' | 'stdin' | 'clock'>,
  options: ContentOptions,
): Promise<Omit<PublishBody, 'version'>> {
  const { notes: text, notesFile, repository, commit, sourceUrl: url, validUntil } = options
  const notes = notesFile === undefined ? text : await readTextInput(deps, '--notes-file', notesFile)
  const source = {
    ...(repository !== undefined && { repository }),
    ...(commit !== undefined && { commit }),
    ...(url !== undefined && { url }),
  }
  return {
    ...(notes !== undefined && { notes }),
    ...(Object.keys(source).length > 0 && { source }),
    ...(options.parameters !== undefined && {
      parameters: await readParameters(deps, options.parameters),
    }),
    ...(validUntil !== undefined && {
      validUntil: toIso(parseUntil('--valid-until', validUntil, deps.clock.now())),
    }),
  }
}
