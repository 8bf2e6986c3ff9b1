/** `headgate promote`: a channel goes forward through its gates; refused or not, the same list says why. */
import type { Command } from 'commander'
import type { PromotionBody } from '../../shared/contract/app.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { drawChanges, drawProved, drawVerdicts } from '../moving-page.ts'
import type { Page, Report } from '../output.ts'
import { drawRefusal } from '../refused-move.ts'
import { openSession } from '../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb, wholeNumber } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly to: string
  readonly acknowledge?: readonly string[]
  readonly note?: string
  readonly reason?: string
  readonly ifRevision?: number
}

export function promoteCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate promote 20160818013241 --app rack --to stable --acknowledge Password --note "racks write it themselves"',
    problems: [
      'app_not_found',
      'channel_not_found',
      'release_not_found',
      'yanked',
      'not_forward',
      'not_in_feeder',
      'no_feeder',
      'parameters_unacknowledged',
      'acknowledgement_without_change',
      'frozen',
      'channel_empty',
      'revision_conflict',
    ],
  })
    .argument('[version]', 'the release (else the head of the feeding channel)')
    .addOption(appOption())
    .requiredOption('--to <channel>', 'the channel that moves')
    .option(
      '--acknowledge <name>',
      'a parameter whose blocking change a person has looked at; repeatable',
      collect,
    )
    .option('--note <text>', 'why the acknowledged changes are safe')
    .option('--reason <text>', 'why, for the record')
    .option('--if-revision <n>', 'only if the channel is still at this revision', wholeNumber)
    .addOption(dryRunOption())
    .action(async (version: string | undefined, options: Options) => {
      const { app, to, acknowledge = [], note, reason, ifRevision, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const promotion = await unwrap(
        api.v1.apps[':app'].channels[':channel'].promote.$post({
          param: at({ app, channel: to }),
          query: dryRunQuery(dryRun),
          json: {
            acknowledge: [...acknowledge],
            ...(version !== undefined && { version }),
            ...(note !== undefined && { note }),
            ...(reason !== undefined && { reason }),
            ...(ifRevision !== undefined && { ifRevision }),
          },
        }),
      ).catch((error: unknown) => {
        showRefusal(report, error)
        throw error
      })
      report.show('Promotion', promotion, (page) => drawPromotion(page, promotion))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else
        report.done(
          `${to} ${promotion.isMove ? 'serves' : 'served already'} ${promotion.version}${promotion.isMove ? ' now' : ''}.`,
        )
      report.next(`headgate channel show ${to} --app ${app}`)
    })
}

function drawPromotion(page: Page, promotion: PromotionBody): void {
  const { app, channel, version, previous, revision, proved, verdicts, changes, racks } = promotion
  page.line(`${channel} of ${app}: ${previous ?? 'nothing'} → ${version}, revision ${revision}`)
  if (proved) drawProved(page, proved)
  drawVerdicts(page, verdicts)
  drawChanges(page, `Parameters against ${previous ?? 'nothing'}`, changes)
  page.line(racks === 1 ? '1 rack follows' : `${racks} racks follow`)
}

function showRefusal(report: Report, error: unknown): void {
  if (!(error instanceof Problem) || error.numbers === undefined) return
  const { numbers } = error
  report.explain((page) => drawRefusal(page, numbers))
}
