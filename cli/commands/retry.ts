/** `headgate retry`: what failed here, or was gone back from, may be taken again; all of it, or one version. */
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
  return rackVerb({
    example: 'headgate retry --dir ./prod-1',
    problems: ['invalid_version', 'attempt_pending'],
  })
    .argument('[target]', 'only this version (else everything)')
    .option('--dry-run', 'show what would be forgotten and change nothing')
    .action(async (target: string | undefined, options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      if (options.dryRun) {
        const { failures, bar } = await withRackDryRun(place, async (rack) => retryRack(rack, target))
        return report.show('Orders', { dryRun: true, failures, bar }, (page) =>
          page.line(wordsOf(failures, bar)),
        )
      }
      await withRack(place, 'retry', async (rack) => {
        const { failures, bar } = retryRack(rack, target)
        await reportOrder(rack, report, wordsOf(failures, bar), { forgotten: { failures, bar } })
        report.next(`headgate update --dir ${options.dir ?? dir}`)
      })
    })
}

function wordsOf(
  failures: readonly { target: string }[],
  bar: { above: string; upTo: string } | null,
): string {
  const failed = [...new Set(failures.map(({ target }) => target))].join(', ')
  const parts = [
    failed && `failed here: ${failed}`,
    bar && `gone back from: ${bar.upTo} to ${bar.above}`,
  ].filter(Boolean)
  return parts.length === 0 ? 'There was nothing to forget' : `May be tried again — ${parts.join('; ')}`
}
