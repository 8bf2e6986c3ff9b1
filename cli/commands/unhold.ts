/** `headgate unhold`: the rack takes updates again. */
import type { Command } from 'commander'
import { unholdRack } from '../agent/orders.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { holdOf } from '../agent/rack-report.ts'
import type { Deps } from '../deps.ts'
import { reportOrder } from '../order-report.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly dryRun?: boolean
}

export function unholdCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate unhold --dir ./prod-1',
    problems: ['attempt_pending', 'order_not_found'],
  })
    .option('--dry-run', 'show the hold and change nothing')
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      if (options.dryRun) {
        const hold = await withRackDryRun(place, async (rack) => unholdRack(rack))
        return report.show('Orders', { dryRun: true, hold: holdOf(hold) }, (page) =>
          page.line(`would lift the hold: ${hold.reason}`),
        )
      }
      await withRack(place, 'unhold', async (rack) => {
        const lifted = unholdRack(rack)
        await reportOrder(rack, report, 'No longer held', { lifted: holdOf(lifted) })
      })
    })
}
