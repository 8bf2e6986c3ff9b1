/** `headgate rollback`: a person sends this rack back to what it proved, registry or not. */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { askWhenDoubtful } from '../agent/ask.ts'
import { planRollback, type RollbackOrder } from '../agent/person-rollback.ts'
import { describeLoss } from '../agent/plan.ts'
import { type Rack, withRack, withRackDryRun } from '../agent/rack.ts'
import { pinOf } from '../agent/rack-report.ts'
import { beginAttempt } from '../agent/run-attempt.ts'
import { tellRegistry } from '../agent/tell-registry.ts'
import { tidy } from '../agent/tidy.ts'
import type { Deps } from '../deps.ts'
import { parseUntil } from '../duration.ts'
import { showEnd } from '../end-page.ts'
import { ownerOf } from '../owner.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly to?: string
  readonly pin?: boolean
  readonly until?: string
  readonly reason: string
  readonly accept?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function rollbackCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate rollback --dir ./prod-1 --to 20160816140022 --pin --reason "registry down" --yes',
    problems: [
      'not_proved',
      'not_forward',
      'below_floor',
      'yanked',
      'artifact_unavailable',
      'declined',
      'attempt_pending',
      'interrupted',
      'returned',
      'stuck',
    ],
  })
    .option('--to <version>', 'a version that was proved here (else the one before)')
    .option('--pin', 'and stay there until it is unpinned')
    .option('--until <when>', 'with --pin: the pin ends by itself')
    .requiredOption('--reason <text>', 'why; whoever finds the rack there reads it')
    .option('--accept <advisory>', 'go there although this advisory withdrew it')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would be done and change nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      refuseEndWithoutPin(options, dir)
      async function plans(rack: Rack) {
        if (options.until !== undefined) await askWhenDoubtful(rack)
        return planRollback(rack, orderOf(deps, options, rack.time.now()))
      }
      if (options.dryRun) {
        const { input, to, pin, loses } = await withRackDryRun(place, plans)
        const body = { dryRun: true, from: input ? input.from : to, to, pin: pin && pinOf(pin), loses }
        return report.show('Rollback', body, (page) => {
          page.line(input ? `${input.from ?? 'nothing'} → ${to}` : `${to} runs already`)
          if (pin) page.line(`and pinned there: ${pin.reason}`)
          if (loses.length > 0) page.mark('warning', describeLoss(to, loses))
        })
      }
      await withRack(place, 'rollback', async (rack) => {
        const { input, to, pin, loses } = await plans(rack)
        const pinned = { pin: pin && pinOf(pin), loses }
        if (!input) {
          if (pin) rack.keep((state) => ({ ...state, pin }))
          await tellRegistry(rack)
          return report.show('Rollback', { outcome: 'there_already', version: to, ...pinned }, (page) => {
            page.mark('ok', `${to} runs already${pin ? ', and is pinned now' : ''}`)
          })
        }
        if (loses.length > 0) report.warn(`${describeLoss(to, loses)}.`)
        await confirmYes(
          deps,
          `${input.from ?? 'nothing'} → ${input.to}${pin ? ', pinned there' : ''}. Go back?`,
          options.yes,
        )
        const attempt = await beginAttempt(rack, input)
        await tellRegistry(rack)
        await tidy(rack, attempt)
        showEnd(report, 'Rollback', attempt, dir, pinned)
        if (pin) report.say(`Pinned to ${pin.version}: ${pin.reason}`)
        report.next(`headgate ${pin ? 'unpin' : 'check'} --dir ${options.dir ?? dir}`)
      })
    })
}

function refuseEndWithoutPin({ until, pin: isPinned = false }: Options, dir: string): void {
  if (until === undefined || isPinned) return
  throw new Problem('invalid_input', '--until is the end of a pin, and there is no --pin.', {
    hint: `headgate rollback --dir ${dir} --pin --until 7d --reason "…"`,
  })
}

function orderOf(deps: Deps, options: Options, now: number): RollbackOrder {
  const { to, reason, accept, pin: isPinned = false, until } = options
  const pinnedUntil = until === undefined ? undefined : parseUntil('--until', until, now)
  return { to, reason, accept, isPinned, pinnedUntil, owner: ownerOf(deps) }
}
