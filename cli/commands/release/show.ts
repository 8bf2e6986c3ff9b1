/** `headgate release show`: what is in a release, what racks have shown, and what each channel would say to it. */
import type { Command } from 'commander'
import type { ReleaseDetail } from '../../../shared/contract/release.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawChanges, drawProved, drawVerdicts, named } from '../../moving-page.ts'
import { drawObjections } from '../../objections-page.ts'
import type { Page } from '../../output.ts'
import { atOption, atQuery, drawPast } from '../../past-page.ts'
import { oneLine, plainText } from '../../plain-text.ts'
import { showBytes } from '../../progress.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly at?: string
  readonly gates?: boolean
}

export function releaseShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate release show 1.4.0 --app rack',
    problems: ['app_not_found', 'release_not_found', 'invalid_date'],
  })
    .argument('<version>', 'the release')
    .addOption(appOption())
    .option(...atOption)
    .option('--gates', 'only what each channel would say to it, and what would change that')
    .action(async (version: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const release = await unwrap(
        api.v1.apps[':app'].releases[':version'].$get({
          param: at({ app: options.app, version }),
          query: atQuery(deps, options.at),
        }),
      )
      const { past } = release
      if (options.gates) {
        const { app, promotions, yank, record } = release
        const gates = { app, version: release.version, yank, promotions, record }
        report.show('ReleaseGates', { ...gates, ...(past && { past }) }, (page) => {
          drawGates(page, release)
          drawPast(page, past)
        })
      } else {
        report.show('Release', release, (page) => {
          drawRelease(page, release)
          drawPast(page, past)
        })
      }
      if (!past) report.next(nextCommand(release))
    })
}

function drawRelease(page: Page, release: ReleaseDetail): void {
  const { version, app, readAs, source, routing, parameters } = release
  page.fields([
    ['release', `${version} of ${app}`],
    ...(readAs === version ? [] : [['read as', readAs] as const]),
    ['published', `${page.when(release.publishedAt)}, by ${release.recordedBy}`],
    ...(source?.repository
      ? [['source', [source.repository, source.commit].filter(Boolean).join(' ')] as const]
      : []),
    ...(source?.url ? [['about', source.url] as const] : []),
    ...release.artifacts.map(
      ({ platform, size, sha256, url }) =>
        [platform, `${showBytes(size)}, sha256 ${sha256}${url ? `, ${url}` : ''}`] as const,
    ),
    ['parameters', parameters === null ? 'none declared' : `${Object.keys(parameters).length} declared`],
    ['head of', release.headOf.join(', ') || 'nothing'],
    ['served on', release.servedOn.join(', ') || 'nothing'],
    ...(release.awaitedOn.length > 0 ? [['awaited on', release.awaitedOn.join(', ')] as const] : []),
    ...Object.entries(routing).map(
      ([fact, value]) => [fact, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const,
    ),
    ...(release.validUntil === null ? [] : [['valid until', page.when(release.validUntil)] as const]),
    ['racks on it', release.racks.length === 0 ? 'none' : named(release.racks)],
  ])
  for (const { channel, gates, at, actor, reason } of release.overrides) {
    const words = `promoted to ${channel} past ${gates.join(', ')} by ${actor}, ${page.when(at)}`
    page.mark('warning', oneLine(reason === null ? words : `${words}: ${reason}`))
  }
  if (release.yank !== null) page.mark('warning', `withdrawn by ${release.yank}`)
  if (release.fixes !== null) page.mark('ok', `mends ${release.fixes}`)
  if (release.notes !== null) page.line(`\n${plainText(release.notes.trim())}`)
  for (const proved of release.proved) {
    page.line()
    drawProved(page, proved)
  }
  drawPromotions(page, release)
  if (release.record.objections.length > 0) {
    page.line('\nObjections')
    drawObjections(page, release.record)
  }
}

function drawGates(page: Page, release: ReleaseDetail): void {
  const { version, app, yank, promotions } = release
  page.line(`${version} of ${app}`)
  if (yank !== null) page.mark('warning', `withdrawn by ${yank}: no channel takes it`)
  if (promotions.length === 0)
    page.line('No channel could take it next: it is served, or something newer is.')
  drawPromotions(page, release)
}

function drawPromotions(page: Page, { promotions }: ReleaseDetail): void {
  for (const { channel, proposal, verdicts, changes } of promotions) {
    page.line(`\nCould it go to ${channel}?${proposal === null ? '' : ` ${proposal} waits for it.`}`)
    drawVerdicts(page, verdicts)
    drawChanges(page, `Parameters against what ${channel} serves`, changes)
  }
}

function nextCommand({ version, app, yank, promotions }: ReleaseDetail): string {
  if (yank !== null) return `headgate advisory show ${yank} --app ${app}`
  const admitted = promotions.find(({ verdicts }) => verdicts.every(({ outcome }) => outcome === 'pass'))
  const waiting = promotions.find(({ proposal }) => proposal !== null)
  if (!admitted && waiting) return `headgate proposal show ${waiting.proposal} --app ${app}`
  return admitted
    ? `headgate promote ${version} --app ${app} --to ${admitted.channel}`
    : `headgate release list --app ${app}`
}
