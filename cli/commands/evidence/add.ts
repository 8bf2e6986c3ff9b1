/** `headgate evidence add`: that something was tried with a release, and how it ended; from CI, and harmless when repeated. */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { ReleaseRecordBody } from '../../../shared/contract/gates.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { isStored, type MeasuredArtifact, measureArtifact, uploadArtifact } from '../../artifact-upload.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { showBytes } from '../../progress.ts'
import { reportSaid } from '../../release-record.ts'
import { openSession, type Session } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

const outcomes = ['pass', 'fail'] as const

interface Options extends RegistryOptions {
  readonly app: string
  readonly release: string
  readonly outcome: (typeof outcomes)[number]
  readonly from?: string
  readonly reportUrl?: string
  readonly file?: string
  readonly note?: string
}

export function evidenceAddCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate evidence add unit --app rack --release 1.4.0 --outcome pass --report-url https://ci.example.com/7',
    problems: [
      'app_not_found',
      'release_not_found',
      'artifact_unavailable',
      'digest_mismatch',
      'body_too_large',
    ],
  })
    .argument('<name>', 'what was tried, as policies name it: unit, integration, exit, rollback-rehearsal')
    .addOption(appOption())
    .requiredOption('--release <version>', 'with which release')
    .addOption(new Option('--outcome <outcome>', 'how it ended').choices(outcomes).makeOptionMandatory())
    .option('--from <version>', 'of a pair, such as a rehearsal: the version at the other end')
    .option('--report-url <url>', 'where to read more; the same run told twice is recorded once')
    .option('--file <file>', 'the report, kept beside the artifacts')
    .option('--note <text>', 'what a person should know')
    .addOption(dryRunOption())
    .action(async (name: string, options: Options) => {
      const { dryRun = false, release, outcome } = options
      const session = await openSession(deps, options)
      const file = options.file === undefined ? undefined : await bring(deps, session, name, options)
      const record = await tell(session, name, options, { file, isDryRun: dryRun })
      await reportSaid(session, record, {
        isDryRun: dryRun,
        gate: 'evidence',
        done: `${name} of ${release} is recorded: ${outcome}.`,
        draw: (page) => {
          page.table(
            ['evidence', 'outcome', 'with', 'when', 'by', 'report', 'note'],
            record.evidence.map((one) => [
              one.name,
              one.outcome,
              one.from ?? '',
              page.when(one.at),
              one.actor,
              one.url ??
                (one.file ? `${showBytes(one.file.size)}, sha256 ${one.file.sha256.slice(0, 12)}…` : ''),
              oneLine(one.note ?? '', 60),
            ]),
          )
        },
      })
    })
}

type File = Pick<MeasuredArtifact, 'sha256' | 'size'>

/** In a dry run without a file that the registry does not have: it cannot say anything about that. */
async function bring(
  deps: Deps,
  session: Session,
  name: string,
  options: Options,
): Promise<File | undefined> {
  const { file: path = '', dryRun = false } = options
  const measured = await measureArtifact({ platform: name, path: resolve(deps.cwd, path) })
  const { sha256, size } = measured
  const file = { sha256, size }
  if (await isStored(session, measured)) return file
  if (dryRun) {
    session.report.say(`It would be sent: ${path}, ${showBytes(size)}, sha256 ${sha256}`)
    return undefined
  }
  // What is refused anyway must not leave bytes there.
  await tell(session, name, options, { file: undefined, isDryRun: true })
  await uploadArtifact(deps, session, measured)
  return file
}

function tell(
  { api }: Session,
  name: string,
  { app, release: version, outcome, from, reportUrl: url, note }: Options,
  { file, isDryRun }: { readonly file: File | undefined; readonly isDryRun: boolean },
): Promise<ReleaseRecordBody> {
  return unwrap(
    api.v1.apps[':app'].releases[':version'].evidence.$post({
      param: at({ app, version }),
      query: dryRunQuery(isDryRun),
      json: {
        name,
        outcome,
        ...(from !== undefined && { from }),
        ...(url !== undefined && { url }),
        ...(note !== undefined && { note }),
        ...(file && { file }),
      },
    }),
  )
}
