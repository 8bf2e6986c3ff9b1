/** `headgate promote`: a channel goes forward through its gates, or a proposal waits for them; the same list says why. */
import { type Command, Option } from 'commander'
import type { PromotionBody } from '../../shared/contract/app.ts'
import { type GateName, gateNames } from '../../shared/domain/gates/verdict.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { problemOfOpenGates } from '../../shared/domain/open-gates.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { type ApiClient, at, dryRunQuery, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { parseUntil } from '../duration.ts'
import { endNomination } from '../end-nomination.ts'
import { followProposal } from '../follow-proposal.ts'
import { drawChanges, drawProved, drawVerdicts } from '../moving-page.ts'
import type { Page, Report } from '../output.ts'
import { drawProposal } from '../proposal-page.ts'
import { drawRefusal } from '../refused-move.ts'
import { rolloutOption } from '../rollout-option.ts'
import { drawWayOut } from '../rollout-plan-page.ts'
import { openSession } from '../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb, wholeNumber } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly to: string
  readonly acknowledge?: readonly string[]
  readonly note?: string
  readonly override?: readonly GateName[]
  readonly nominate?: boolean
  readonly endNomination?: boolean
  readonly whenReady?: boolean
  readonly wait?: boolean
  readonly rollout?: string
  readonly notBefore?: string
  readonly reason?: string
  readonly ifRevision?: number
}

export function promoteCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate promote 20160818013241 --app rack --to stable --acknowledge Password --note "racks write it themselves"',
    problems: [
      'app_not_found',
      'channel_not_found',
      'release_not_found',
      'yanked',
      'not_forward',
      'not_in_feeder',
      'no_feeder',
      'parameters_unacknowledged',
      'gates_open',
      'proposal_closed',
      'acknowledgement_without_change',
      'frozen',
      'channel_empty',
      'revision_conflict',
      'rollout_unsatisfiable',
      'invalid_date',
    ],
  })
    .argument('[version]', 'the release (else the head of the feeding channel)')
    .addOption(appOption())
    .requiredOption('--to <channel>', 'the channel that moves')
    .option(
      '--acknowledge <name>',
      'a parameter whose blocking change a person has looked at; repeatable',
      collect,
    )
    .option('--note <text>', 'why the acknowledged changes are safe')
    .option('--when-ready', 'a proposal carries itself out when every gate passes')
    .option('--wait', 'as --when-ready, and follow it to its end')
    .option('--nominate', "the feeder's racks stay on it until it has soaked")
    .option('--end-nomination', 'instead: let them go')
    .addOption(
      new Option('--override <gate>', 'pass over a gate, on the record, with --reason; repeatable')
        .choices(gateNames)
        .argParser(collectGate),
    )
    .option(...rolloutOption)
    .option('--not-before <time>', 'with a rollout: no rack takes it sooner (4h, 2026-12-01, RFC 3339)')
    .option('--reason <text>', 'why, for the record')
    .option('--if-revision <n>', 'only if the channel is still at this revision', wholeNumber)
    .addOption(dryRunOption())
    .action(async (version: string | undefined, options: Options) => {
      const { app, to, dryRun, wait = false, whenReady = wait } = options
      const { api, report } = await openSession(deps, options)
      if (options.endNomination) return endNomination(api, report, version, options)
      const way = await wayOut(deps, options)
      const promotion = await askFor(api, version, options, way).catch((error: unknown) => {
        showRefusal(report, error)
        throw error
      })
      const { proposal, outcome, overrides } = promotion
      if (outcome === 'proposed' && overrides.length > 0)
        report.warn(
          `A gate is passed over only when no other is open: a proposal asks ${overrides.join(', ')} as well.`,
        )
      if (outcome === 'proposed' && !whenReady) throw notPromoted(report, promotion)
      if (outcome === 'proposed' && wait && !dryRun && proposal !== null) {
        report.explain((page) => drawPromotion(page, promotion))
        report.say(`${proposal} waits; whoever stops looking leaves it waiting.`)
        const enacted = await followProposal({ deps, api, report, app, proposal })
        report.show('Proposal', enacted, (page) => drawProposal(page, enacted))
        return report.next(`headgate channel show ${to} --app ${app}`)
      }
      report.show('Promotion', promotion, (page) => drawPromotion(page, promotion))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(endOf(promotion))
      report.next(nextAfter(promotion))
    })
}

/** How it is to reach the racks, instead of the channel's own way. */
async function wayOut(deps: Deps, { rollout, notBefore }: Options) {
  const policy =
    rollout === undefined ? undefined : await (await import('../rollout-file.ts')).readRollout(deps, rollout)
  return {
    ...(policy && { rollout: policy }),
    ...(notBefore !== undefined && {
      notBefore: toIso(parseUntil('--not-before', notBefore, deps.clock.now())),
    }),
  }
}

function askFor(
  api: ApiClient,
  version: string | undefined,
  options: Options,
  way: Awaited<ReturnType<typeof wayOut>>,
): Promise<PromotionBody> {
  const { app, to, acknowledge = [], override = [], note, reason, ifRevision, wait = false } = options
  return unwrap(
    api.v1.apps[':app'].channels[':channel'].promote.$post({
      param: at({ app, channel: to }),
      query: dryRunQuery(options.dryRun),
      json: {
        acknowledge: [...acknowledge],
        override: [...override],
        nominate: options.nominate ?? false,
        whenReady: options.whenReady ?? wait,
        ...way,
        ...(version !== undefined && { version }),
        ...(note !== undefined && { note }),
        ...(reason !== undefined && { reason }),
        ...(ifRevision !== undefined && { ifRevision }),
      },
    }),
  )
}

function collectGate(value: string, before: readonly GateName[] | undefined): GateName[] {
  const gate = gateNames.find((name) => name === value)
  if (gate) return [...(before ?? []), gate]
  throw new Problem('invalid_input', `There is no gate "${value}"; there are: ${gateNames.join(', ')}.`)
}

function nextAfter(promotion: PromotionBody): string {
  const { app, channel, outcome, proposal, overrides, dryRun, rollout } = promotion
  if (outcome === 'proposed' && proposal !== null) return `headgate proposal show ${proposal} --app ${app}`
  if (overrides.length > 0 && !dryRun) return 'headgate review list'
  return rollout && !dryRun
    ? `headgate rollout watch ${rollout.id} --app ${app}`
    : `headgate channel show ${channel} --app ${app}`
}

function endOf({ channel, version, outcome, overrides, proposal, rollout }: PromotionBody): string {
  if (outcome === 'proposed')
    return `${proposal} promotes ${version} to ${channel} as soon as every gate passes.`
  if (outcome === 'served_already') return `${channel} served already ${version}.`
  const past =
    overrides.length === 0 ? '' : `, past ${overrides.join(', ')}: it is to be reviewed within a day`
  return rollout
    ? `${version} is on its way to ${channel} by ${rollout.id}${past}.`
    : `${channel} serves ${version} now${past}.`
}

function drawPromotion(page: Page, promotion: PromotionBody): void {
  const { app, channel, version, previous, revision, proved, verdicts, overrides, changes, racks } = promotion
  const { rollout } = promotion
  page.line(`${channel} of ${app}: ${previous ?? 'nothing'} → ${version}, revision ${revision}`)
  if (proved) drawProved(page, proved)
  drawVerdicts(page, verdicts, 'Gates', promotion.outcome === 'promoted' ? overrides : [])
  drawChanges(page, `Parameters against ${previous ?? 'nothing'}`, changes)
  page.line(racks === 1 ? '1 rack follows' : `${racks} racks follow`)
  if (rollout) drawWayOut(page, rollout)
}

/** The head did not move: for a script that is no success, though a proposal was recorded. */
function notPromoted(report: Report, promotion: PromotionBody): Problem {
  const { app, channel, version, verdicts, overrides, changes, proved, dryRun } = promotion
  const proposal = dryRun ? null : promotion.proposal
  const open = verdicts.filter(({ gate, outcome }) => outcome !== 'pass' && !overrides.includes(gate))
  const numbers = { verdicts, changes, proved, proposal }
  report.explain((page) => drawRefusal(page, numbers))
  return problemOfOpenGates({ app, channel, version, proposal, open, numbers })
}

function showRefusal(report: Report, error: unknown): void {
  if (!(error instanceof Problem) || error.numbers === undefined) return
  const { numbers } = error
  report.explain((page) => drawRefusal(page, numbers))
}
