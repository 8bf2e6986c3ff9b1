/** `headgate retry`: what failed here, or was gone back from, may be taken again. */
import type { Command } from 'commander'
import { retryRack } from '../agent/orders.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import type { Deps } from '../deps.ts'
import { reportOrder } from '../order-report.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly dryRun?: boolean
}

export function retryCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate retry --dir ./prod-1', problems: ['attempt_pending'] })
    .option('--dry-run', 'show what would be forgotten and change nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      if (options.dryRun) {
        const { failures, bar } = await withRackDryRun(place, async (rack) => retryRack(rack))
        return report.show('Orders', { dryRun: true, failures, bar }, (page) =>
          page.line(wordsOf(failures, bar)),
        )
      }
      await withRack(place, 'retry', async (rack) => {
        const { failures, bar } = retryRack(rack)
        await reportOrder(rack, report, wordsOf(failures, bar), { forgotten: { failures, bar } })
        report.next(`headgate update --dir ${options.dir ?? dir}`)
      })
    })
}

function wordsOf(
  failures: readonly { target: string }[],
  bar: { above: string; upTo: string } | null,
): string {
  const failed = failures.map(({ target }) => target).join(', ')
  const parts = [
    failed && `failed here: ${failed}`,
    bar && `gone back from: ${bar.upTo} to ${bar.above}`,
  ].filter(Boolean)
  return parts.length === 0 ? 'There was nothing to forget' : `May be tried again — ${parts.join('; ')}`
}
