/** `headgate pin`: this rack stays on a version, with an owner, a reason and perhaps an end. */
import type { Command } from 'commander'
import { askWhenDoubtful } from '../agent/ask.ts'
import { pinRack } from '../agent/orders.ts'
import { type Rack, withRack, withRackDryRun } from '../agent/rack.ts'
import { pinOf } from '../agent/rack-report.ts'
import type { Deps } from '../deps.ts'
import { parseUntil } from '../duration.ts'
import { reportOrder } from '../order-report.ts'
import { ownerOf } from '../owner.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly reason: string
  readonly until?: string
  readonly accept?: string
  readonly dryRun?: boolean
}

export function pinCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate pin --dir ./prod-1 --reason "wait for the fix" --until 7d',
    problems: ['invalid_version', 'invalid_date', 'attempt_pending'],
  })
    .argument('[version]', 'go to this version and stay (else: stay on what runs)')
    .requiredOption('--reason <text>', 'why; whoever finds the rack there reads it')
    .option('--until <when>', 'it ends by itself: 7d, 2026-12-01 or RFC 3339')
    .option('--accept <advisory>', 'stay although this advisory withdrew the version')
    .option('--dry-run', 'show the pin and change nothing')
    .action(async (version: string | undefined, options: Options) => {
      const { place, report } = openRackSession(deps, options)
      const { until, reason, accept } = options
      async function pins(rack: Rack) {
        if (until !== undefined) await askWhenDoubtful(rack)
        return pinRack(rack, {
          version,
          reason,
          owner: ownerOf(deps),
          ...(until !== undefined && { until: parseUntil('--until', until, rack.time.now()) }),
          ...(accept !== undefined && { acceptedAdvisory: accept }),
        })
      }
      if (options.dryRun) {
        const pin = await withRackDryRun(place, pins)
        return report.show('Orders', { dryRun: true, pin: pinOf(pin) }, (page) =>
          page.line(`would pin to ${pin.version}: ${reason}`),
        )
      }
      await withRack(place, 'pin', async (rack) => {
        const pin = await pins(rack)
        await reportOrder(rack, report, `Pinned to ${pin.version}: ${reason}`, {})
      })
    })
}
