/** `headgate unpin`: the rack follows its channel again. */
import type { Command } from 'commander'
import { unpinRack } from '../agent/orders.ts'
import { withRack } from '../agent/rack.ts'
import type { Deps } from '../deps.ts'
import { reportOrder } from '../order-report.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function unpinCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate unpin --dir ./prod-1 --yes', problems: ['declined'] })
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the pin and change nothing')
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      await withRack(place, 'unpin', async (rack) => {
        const { pin } = rack.state
        if (options.dryRun) {
          return report.show('Orders', { dryRun: true, pin }, (page) =>
            page.line(pin ? `would lift: ${pin.version}, ${pin.reason}` : 'not pinned'),
          )
        }
        if (pin)
          await confirmYes(
            deps,
            `Pinned to ${pin.version} by ${pin.owner}: ${pin.reason}. Lift it?`,
            options.yes,
          )
        const lifted = unpinRack(rack)
        await reportOrder(rack, report, `No longer pinned to ${lifted.version}`, { lifted })
      })
    })
}
