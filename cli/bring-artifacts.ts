/** Before a release names files they have to be in the registry: measured, looked up, and sent when they are missing. */
import type { PublishedBody } from '../shared/contract/release.ts'
import { Problem } from '../shared/domain/problem.ts'
import { at, unwrap } from './api.ts'
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

export interface Bringing {
  readonly app: string
  readonly version: string
  readonly isDryRun: boolean
  /** The release in a dry run, with the files that the registry has: what it refuses must not leave bytes there. */
  readonly rehearse: (stored: readonly ArtifactBody[]) => Promise<PublishedBody>
}

/** A dry run sends nothing, and asks about the release without the files that the registry lacks. */
export async function bringArtifacts(
  deps: Pick<Deps, 'out' | 'clock'>,
  session: Session,
  files: readonly ArtifactFile[],
  bringing: Bringing,
): Promise<Brought> {
  const stored: ArtifactBody[] = []
  const missing: MeasuredArtifact[] = []
  for (const file of files) {
    const measured = await measureArtifact(file)
    if (await isStored(session, measured)) {
      stored.push(bodyOf(measured))
      session.report.say(`The registry has it already: ${describe(measured)}`)
    } else missing.push(measured)
  }
  const lacking = missing.map(bodyOf)
  if (bringing.isDryRun) {
    for (const measured of missing) session.report.say(`It would be sent: ${describe(measured)}`)
    return { stored, complete: (published) => withMissing(published, lacking) }
  }
  if (missing.length > 0) await requireWelcome(session, bringing, stored, lacking)
  for (const measured of missing) {
    await uploadArtifact(deps, session, measured)
    session.report.say(`Sent: ${describe(measured)}`)
  }
  return { stored: [...stored, ...lacking], complete: (published) => published }
}

/** Raises what the registry would refuse the release with. One that names the files already gets back what was lost. */
async function requireWelcome(
  { api }: Session,
  { app, version, rehearse }: Bringing,
  stored: readonly ArtifactBody[],
  lacking: readonly ArtifactBody[],
): Promise<void> {
  try {
    withMissing(await rehearse(stored), lacking)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'release_differs') throw error
    const release = await unwrap(
      api.v1.apps[':app'].releases[':version'].$get({ query: {}, param: at({ app, version }) }),
    )
    const named = release.artifacts.map(({ sha256 }) => sha256)
    if (!lacking.every(({ sha256 }) => named.includes(sha256))) throw error
  }
}

function bodyOf({ platform, sha256, size }: MeasuredArtifact): ArtifactBody {
  return { platform, sha256, size }
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

function describe({ platform, path, size, sha256 }: MeasuredArtifact): string {
  return `${path} (${platform}, ${showBytes(size)}, sha256 ${sha256.slice(0, 12)}…)`
}
