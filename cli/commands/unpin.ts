/** `headgate unpin`: the rack follows its channel again. */
import type { Command } from 'commander'
import { unpinRack } from '../agent/orders.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { pinOf } from '../agent/rack-report.ts'
import type { Deps } from '../deps.ts'
import { reportOrder } from '../order-report.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function unpinCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate unpin --dir ./prod-1 --yes',
    problems: ['declined', 'attempt_pending', 'order_not_found'],
  })
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the pin and change nothing')
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      if (options.dryRun) {
        const pin = await withRackDryRun(place, async (rack) => unpinRack(rack))
        return report.show('Orders', { dryRun: true, pin: pinOf(pin) }, (page) =>
          page.line(`would lift the pin to ${pin.version}: ${pin.reason}`),
        )
      }
      await withRack(place, 'unpin', async (rack) => {
        const { pin } = rack.state
        if (pin)
          await confirmYes(
            deps,
            `Pinned to ${pin.version} by ${pin.owner}: ${pin.reason}. Lift it?`,
            options.yes,
          )
        const lifted = unpinRack(rack)
        await reportOrder(rack, report, `No longer pinned to ${lifted.version}`, { lifted: pinOf(lifted) })
      })
    })
}
