/** `headgate release publish`: files are hashed, sent if the registry lacks them, and named by an immutable release. */
import type { Command } from 'commander'
import type { PublishedBody } from '../../../shared/contract/release.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { parseArtifactFile, parseRemoteArtifact, type RemoteArtifact } from '../../artifact-arguments.ts'
import { type Brought, bringArtifacts } from '../../bring-artifacts.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { showBytes } from '../../progress.ts'
import { type ContentOptions, readReleaseContent } from '../../release-content.ts'
import { openSession } from '../../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions, ContentOptions {
  readonly app: string
  readonly artifact?: readonly string[]
  readonly artifactUrl?: readonly RemoteArtifact[]
  readonly channel?: string
  readonly yanked?: boolean
  readonly fixes?: string
}

export function publishCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate release publish 1.4.0 --app rack --artifact ./rack-1.4.0.tgz --channel unstable',
    problems: [
      'app_not_found',
      'channel_not_found',
      'invalid_version',
      'invalid_date',
      'artifact_unavailable',
      'digest_mismatch',
      'release_differs',
      'same_order',
      'inside_open_yank',
      'advisory_not_found',
    ],
  })
    .argument('<version>', 'in the scheme of the app')
    .addOption(appOption())
    .option('--artifact <[platform=]file>', 'a file, for any platform or one; repeatable', collect)
    .option(
      '--artifact-url <platform=url,sha256,size>',
      'an artifact kept elsewhere; repeatable',
      collectRemote,
    )
    .option('--notes <text>', 'what is new')
    .option('--notes-file <file>', 'the same, from a file or - for standard input')
    .option('--repository <text>', 'where its source is')
    .option('--commit <id>', 'the commit that it was built from')
    .option('--source-url <url>', 'a page about that source')
    .option(
      '--parameters <file>',
      'its parameter contract, JSON: {"NAME": {"type", "default", "masked", "allowed"}}',
    )
    .option('--valid-until <when>', 'after this it is not offered any more: 90d, 2027-01-31 or RFC 3339')
    .option(
      '--channel <channel>',
      'the channel that takes it (else every one that takes builds as published)',
    )
    .option('--yanked', 'it lies in a withdrawn range and is withdrawn as well')
    .option('--fixes <advisory>', 'it lies in a withdrawn range and mends what was wrong')
    .addOption(dryRunOption())
    .action(async (version: string, options: Options) => {
      const described = await readReleaseContent(deps, options)
      const { channel, yanked, fixes, dryRun = false, artifactUrl = [] } = options
      const files = (options.artifact ?? []).map((text) => parseArtifactFile(text, deps.cwd))
      refuseContradictions(options, [...files, ...artifactUrl])
      const session = await openSession(deps, options)
      const publish = (stored: Brought['stored'], isDryRun: boolean) =>
        unwrap(
          session.api.v1.apps[':app'].releases.$post({
            param: at({ app: options.app }),
            query: dryRunQuery(isDryRun),
            json: {
              version,
              ...described,
              artifacts: [...stored, ...artifactUrl],
              ...(channel !== undefined && { channel }),
              ...(yanked !== undefined && { yanked }),
              ...(fixes !== undefined && { fixes }),
            },
          }),
        )
      const rehearse = (stored: Brought['stored']) => publish(stored, true)
      const brought = await bringArtifacts(deps, session, files, {
        app: options.app,
        version,
        isDryRun: dryRun,
        rehearse,
      })
      const body = brought.complete(await publish(brought.stored, dryRun))
      session.report.show('Published', body, (page) => drawPublished(page, body))
      if (dryRun) session.report.say('A dry run: nothing was sent and nothing was changed.')
      else
        session.report.done(
          `${version} of ${options.app} ${body.isNew ? 'is published' : 'was published before; it is the same'}.`,
        )
      session.report.next(`headgate release show ${version} --app ${options.app}`)
    })
}

/** Told before a byte is sent. */
function refuseContradictions(
  { yanked, fixes }: Options,
  artifacts: readonly { readonly platform: string }[],
): void {
  if (yanked && fixes !== undefined) {
    throw new Problem(
      'invalid_input',
      `--yanked says that it is withdrawn as well, and --fixes ${fixes} that it mends what was wrong.`,
    )
  }
  const platforms = artifacts.map(({ platform }) => platform)
  const twice = platforms.find((platform, index) => platforms.indexOf(platform) !== index)
  if (twice === undefined) return
  throw new Problem('invalid_input', `The platform ${twice} has more than one artifact.`)
}

function drawPublished(page: Page, { release, moved, skipped }: PublishedBody): void {
  page.fields([
    ['release', `${release.version} of ${release.app}`],
    ...release.artifacts.map(
      ({ platform, size, sha256 }) => [platform, `${showBytes(size)}, sha256 ${sha256}`] as const,
    ),
    [
      'parameters',
      release.parameters === null ? 'none declared' : `${Object.keys(release.parameters).length} declared`,
    ],
  ])
  if (release.yank !== null) page.mark('warning', `it is withdrawn by ${release.yank}`)
  for (const { channel, revision } of moved) page.mark('ok', `${channel} serves it, revision ${revision}`)
  for (const { channel, why } of skipped) page.mark('warning', `${channel} does not follow: ${why}`)
  if (release.headOf.length === 0) page.line('No channel serves it yet.')
}

function collectRemote(text: string, before: readonly RemoteArtifact[] | undefined): RemoteArtifact[] {
  return [...(before ?? []), parseRemoteArtifact(text)]
}
