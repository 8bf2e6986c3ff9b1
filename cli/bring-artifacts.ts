/** Before a release names files they have to be in the registry: measured, looked up, and sent when they are missing. */
import type { PublishedBody } from '../shared/contract/release.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { ArtifactFile } from './artifact-arguments.ts'
import { isStored, type MeasuredArtifact, measureArtifact, uploadArtifact } from './artifact-upload.ts'
import type { Deps } from './deps.ts'
import { showBytes } from './progress.ts'
import type { Session } from './session.ts'

type ArtifactBody = PublishedBody['release']['artifacts'][number]

export interface Brought {
  /** What the registry has now, and a release may name. */
  readonly stored: readonly ArtifactBody[]
  /** In a dry run: the answer with the files that would have been sent. Raises `release_differs`. */
  readonly complete: (published: PublishedBody) => PublishedBody
}

/** A dry run sends nothing, and asks about the release without the files that the registry lacks. */
export async function bringArtifacts(
  deps: Pick<Deps, 'out' | 'clock'>,
  session: Session,
  files: readonly ArtifactFile[],
  isDryRun: boolean,
): Promise<Brought> {
  const stored: ArtifactBody[] = []
  const missing: ArtifactBody[] = []
  for (const file of files) {
    const measured = await measureArtifact(file)
    const { platform, sha256, size } = measured
    const isMissing = !(await isStored(session, measured))
    if (isMissing && !isDryRun) await uploadArtifact(deps, session, measured)
    session.report.say(`${sentence(isMissing, isDryRun)}: ${describe(measured)}`)
    if (isMissing && isDryRun) missing.push({ platform, sha256, size })
    else stored.push({ platform, sha256, size })
  }
  return { stored, complete: (published) => withMissing(published, missing) }
}

function withMissing(published: PublishedBody, missing: readonly ArtifactBody[]): PublishedBody {
  if (missing.length === 0) return published
  const { release, isNew } = published
  if (!isNew) {
    throw new Problem(
      'release_differs',
      `${release.version} was published before, without ${missing.map(({ sha256 }) => sha256).join(', ')}. A release never changes.`,
      { hint: `headgate release show ${release.version} --app ${release.app}` },
    )
  }
  return { ...published, release: { ...release, artifacts: [...release.artifacts, ...missing] } }
}

function sentence(isMissing: boolean, isDryRun: boolean): string {
  if (!isMissing) return 'The registry has it already'
  return isDryRun ? 'It would be sent' : 'Sent'
}

function describe({ platform, path, size, sha256 }: MeasuredArtifact): string {
  return `${path} (${platform}, ${showBytes(size)}, sha256 ${sha256.slice(0, 12)}…)`
}
