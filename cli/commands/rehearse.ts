/** `headgate rehearse`: to what an update would take and back once, each end proved; the rack ends where it began. */
import type { Command } from 'commander'
import { problemOf } from '../agent/outcome.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { type PlannedRehearsal, planRehearsal, rehearse } from '../agent/rehearse.ts'
import type { Deps } from '../deps.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly to?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function rehearseCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate rehearse --dir ./staging-1 --yes',
    problems: [
      'registry_unreachable',
      'stale_answer',
      'artifact_unreachable',
      'artifact_unavailable',
      'digest_mismatch',
      'not_offered',
      'not_proved',
      'not_forward',
      'below_floor',
      'yanked',
      'drifted',
      'declined',
      'attempt_pending',
      'decision_moved',
      'update_failed',
      'interrupted',
      'returned',
      'stuck',
    ],
  })
    .option('--to <version>', 'another version that is kept here (else what an update would take now)')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show where it would go and change nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      if (options.dryRun) {
        const { from, there } = await withRackDryRun(place, (rack) => planRehearsal(rack, options.to))
        return report.show('Rehearsal', { dryRun: true, from, to: there.to, outcome: null }, (page) =>
          page.line(`${from} → ${there.to} → ${from}; nothing was changed`),
        )
      }
      await withRack(place, 'rehearse', async (rack) => {
        const planned = await planRehearsal(rack, options.to)
        await confirmYes(deps, `${wayOf(planned)}. Rehearse?`, options.yes)
        const { there, back } = await rehearse(rack, planned)
        for (const attempt of [there, back]) {
          const problem = attempt && problemOf(attempt, dir)
          if (problem) throw problem
        }
        const { from } = planned
        const { to } = planned.there
        const attempts = [there, back].flatMap((attempt) => attempt?.id ?? [])
        report.show('Rehearsal', { from, to, outcome: 'proved', attempts }, (page) => {
          page.mark('ok', `${to} was proved here, and so was the way back: ${from} runs`)
        })
        report.next(`headgate update --dir ${options.dir ?? dir}`)
      })
    })
}

function wayOf({ from, there }: PlannedRehearsal): string {
  return `${from} → ${there.to} → ${from}`
}
