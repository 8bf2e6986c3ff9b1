/** `headgate switch`: this rack follows another channel; `--align` also takes it back to what that one serves. */
import type { Command } from 'commander'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { switchChannelIn } from '../agent/write-rack-config.ts'
import type { Deps } from '../deps.ts'
import { reportOrder } from '../order-report.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly align?: boolean
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function switchCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate switch stable --dir ./lab-1 --align',
    problems: ['channel_not_found', 'not_allowed', 'registry_unreachable', 'declined', 'attempt_pending'],
  })
    .argument('<channel>', 'the channel to follow')
    .option('--align', 'go to its head even if that is older than what runs')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the switch and change nothing')
    .action(async (channel: string, options: Options) => {
      const { place, report } = openRackSession(deps, options)
      const isAligning = options.align === true
      if (options.dryRun) {
        const before = await withRackDryRun(place, async (rack) => {
          await rack.registry().switchChannel(channel, { isDryRun: true })
          return rack.config.rack.channel
        })
        return report.show('Orders', { dryRun: true, before, channel, isAligning }, (page) =>
          page.line(`would switch from ${before} to ${channel}`),
        )
      }
      await withRack(place, 'switch', async (rack) => {
        const { channel: before } = rack.config.rack
        await confirmYes(
          deps,
          `Switch from ${before} to ${channel}${isAligning ? ', going back if it serves something older' : ''}?`,
          options.yes,
        )
        // The registry first: were the file written before and the registry refused, the two would disagree.
        await rack.registry().switchChannel(channel, { isDryRun: false })
        switchChannelIn(rack.dir, channel, rack.place.files)
        rack.keep((state) => ({ ...state, isAligning, seen: { ...state.seen, channel, revision: 0 } }))
        await reportOrder(rack, report, `Switched from ${before} to ${channel}`, {
          before,
          channel,
          isAligning,
        })
      })
    })
}
