/** `headgate hold`: this rack takes nothing until a time; the way out of a critical withdrawal stays open. */
import type { Command } from 'commander'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { askWhenDoubtful } from '../agent/ask.ts'
import { holdRack } from '../agent/orders.ts'
import { type Rack, withRack, withRackDryRun } from '../agent/rack.ts'
import { holdOf } from '../agent/rack-report.ts'
import type { Deps } from '../deps.ts'
import { parseDuration, parseUntil } from '../duration.ts'
import { reportOrder } from '../order-report.ts'
import { ownerOf } from '../owner.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly for?: string
  readonly until?: string
  readonly reason: string
  readonly dryRun?: boolean
}

export function holdCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate hold --dir ./prod-1 --for 4h --reason "audit"',
    problems: ['invalid_date', 'attempt_pending'],
  })
    .option('--for <duration>', 'how long: 4h, 7d')
    .option('--until <when>', 'until when: 2026-12-01 or RFC 3339')
    .requiredOption('--reason <text>', 'why')
    .option('--dry-run', 'show the hold and change nothing')
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      async function holds(rack: Rack) {
        await askWhenDoubtful(rack)
        return holdRack(rack, {
          until: endOf(options, rack.time.now(), rack.dir),
          owner: ownerOf(deps),
          reason: options.reason,
        })
      }
      if (options.dryRun) {
        const hold = await withRackDryRun(place, holds)
        return report.show('Orders', { dryRun: true, hold: holdOf(hold) }, (page) =>
          page.line(`would hold until ${toIso(hold.until)}`),
        )
      }
      await withRack(place, 'hold', async (rack) => {
        const hold = await holds(rack)
        await reportOrder(rack, report, `Held until ${toIso(hold.until)}: ${hold.reason}`, {})
      })
    })
}

function endOf(options: Options, now: number, dir: string): number {
  const { for: duration, until } = options
  if (duration !== undefined && until === undefined) return now + parseDuration('--for', duration)
  if (until !== undefined && duration === undefined) return parseUntil('--until', until, now)
  throw new Problem('invalid_input', 'A hold has an end: either --for or --until.', {
    hint: `headgate hold --dir ${dir} --for 4h --reason "…"`,
  })
}
