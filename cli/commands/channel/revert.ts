/** `headgate channel revert`: a channel moves back, on the record; `--recall` also sends racks back. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { drawConcerned } from '../../concerned-page.ts'
import type { Deps } from '../../deps.ts'
import { named } from '../../moving-page.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb, wholeNumber } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly to?: string
  readonly recall?: boolean
  readonly reason: string
  readonly ifRevision?: number
}

export function channelRevertCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel revert stable --app rack --reason "it loses connections"',
    problems: [
      'channel_not_found',
      'release_not_found',
      'never_served',
      'not_forward',
      'yanked',
      'channel_empty',
      'revision_conflict',
    ],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option('--to <version>', 'a version that it served before (else the last one)')
    .option('--recall', 'also send back the racks that run what it leaves')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--if-revision <n>', 'only if the channel is still at this revision', wholeNumber)
    .addOption(dryRunOption())
    .action(async (channel: string, options: Options) => {
      const { to, recall = false, reason, ifRevision, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].channels[':channel'].revert.$post({
          param: at({ app: options.app, channel }),
          query: dryRunQuery(dryRun),
          json: {
            recall,
            reason,
            ...(to !== undefined && { to }),
            ...(ifRevision !== undefined && { ifRevision }),
          },
        }),
      )
      report.show('Reversion', body, (page) => {
        page.line(
          `${body.channel} of ${body.app}: ${body.previous} → ${body.version}, revision ${body.revision}`,
        )
        if (body.racksAhead.length === 0) page.mark('ok', 'no rack runs anything newer')
        else {
          const what = body.recall
            ? `are called back${body.rollout === null ? '' : ` by ${body.rollout}, wave by wave`}`
            : 'stay on something newer (--recall would call them back)'
          page.mark('warning', `${named(body.racksAhead)} ${what}`)
        }
        drawConcerned(page, body.concerned)
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`${body.channel} serves ${body.version} now.`)
      report.next(
        body.rollout === null || body.racksAhead.length === 0 || dryRun
          ? `headgate channel history ${body.channel} --app ${body.app}`
          : `headgate rollout watch ${body.rollout} --app ${body.app}`,
      )
    })
}
