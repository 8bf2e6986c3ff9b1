/** `headgate release yank`: stops at once, for everybody; what racks on it are told is shown before and after. */
import { type Command, Option } from 'commander'
import type { YankedBody } from '../../../shared/contract/release.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { type Remedy, remedies, type Severity, severities } from '../../../shared/domain/yank.ts'
import { drawAdvisory } from '../../advisory-page.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { drawConcernedCounts } from '../../concerned-page.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { confirmByName } from '../../prompt.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly introduced?: string
  readonly fixed?: string
  readonly severity: Severity
  readonly remedy: Remedy
  readonly to?: string
  readonly allAtOnce?: boolean
  readonly reason: string
  readonly confirm?: string
}

export function releaseYankCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate release yank 1.4.0..1.4.2 --app rack --severity critical --remedy rollback --reason "loses data" --confirm rack',
    problems: [
      'app_not_found',
      'invalid_range',
      'invalid_version',
      'release_not_found',
      'yanked',
      'never_served',
      'confirmation_required',
      'declined',
    ],
  })
    .argument(
      '[range]',
      'a version, a list A,B, a span A..B, or comparators ">=A <B"; it may name versions never seen',
    )
    .addOption(appOption())
    .option('--introduced <version>', 'instead of a range: the first version with the fault')
    .option('--fixed <version>', 'with --introduced: the first version without it')
    .addOption(
      new Option('--severity <severity>', 'critical comes before a pin and a hold')
        .choices(severities)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--remedy <remedy>', 'what racks on it are told').choices(remedies).default('rollback'),
    )
    .option('--to <version>', 'where they are sent (else the registry finds the nearest good one)')
    .option('--all-at-once', 'its racks move at once: up to ten; of more, when a second person opens it')
    .requiredOption('--reason <text>', 'what is wrong; racks and people read it')
    .option('--confirm <app>', 'confirm by the name of the app')
    .addOption(dryRunOption())
    .action(async (given: string | undefined, options: Options) => {
      const { app, severity, remedy, to, reason, allAtOnce = false, dryRun } = options
      const range = rangeOf(given, options)
      const { api, report } = await openSession(deps, options)
      const json = { range, severity, remedy, reason, allAtOnce, ...(to !== undefined && { to }) }
      const yank = (isDryRun: boolean) =>
        unwrap(api.v1.apps[':app'].yanks.$post({ param: at({ app }), query: dryRunQuery(isDryRun), json }))
      if (!dryRun) {
        await confirmByName(deps, {
          name: app,
          given: options.confirm,
          act: `This withdraws ${range} of ${app} from everybody (${severity}, ${remedy}).`,
          preview: async () => {
            const planned = await yank(true)
            if (!report.isJson) report.show('Advisory', planned, (page) => drawYanked(page, planned))
          },
        })
      }
      const advisory = await yank(dryRun === true)
      report.show('Advisory', advisory, (page) => drawYanked(page, advisory))
      if (dryRun) report.say('A dry run: nothing was withdrawn.')
      else report.done(`${range} of ${app} is withdrawn by ${advisory.id}.`)
      if (allAtOnce && !dryRun && advisory.rollout !== null) {
        const param = at({ app, rollout: advisory.rollout })
        const { id, policy } = await unwrap(api.v1.apps[':app'].rollouts[':rollout'].$get({ param }))
        if (policy.waves.length > 1)
          report.warn(
            `They are too many for one person: ${id} goes wave by wave until somebody else runs: headgate rollout open ${id} --app ${app} --reason "…"`,
          )
      }
      report.next(
        advisory.rollout === null || advisory.racksOn.length === 0 || dryRun
          ? `headgate advisory show ${advisory.id} --app ${app}`
          : `headgate rollout watch ${advisory.rollout} --app ${app}`,
      )
    })
}

function rangeOf(given: string | undefined, { app, introduced, fixed }: Options): string {
  if (given !== undefined && introduced === undefined && fixed === undefined) return given
  if (given === undefined && introduced !== undefined && fixed !== undefined)
    return `>=${introduced} <${fixed}`
  const why =
    given !== undefined
      ? 'A range and --introduced/--fixed say the same thing twice.'
      : introduced === undefined && fixed === undefined
        ? 'Nothing is named that would be withdrawn.'
        : `--introduced and --fixed belong together; ${introduced === undefined ? '--introduced' : '--fixed'} is missing.`
  throw new Problem('invalid_input', why, {
    hint: `headgate release yank A..B --app ${app} --severity critical --reason "…"`,
  })
}

function drawYanked(page: Page, yanked: YankedBody): void {
  drawAdvisory(page, yanked)
  if (yanked.concerned.racks > 0) drawConcernedCounts(page, yanked.concerned)
}
