/** `headgate adopt`: records what somebody changed on the platform as how it should be, without an update. */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { type Adoption, adopt, planAdoption } from '../agent/parameters/adopt.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { tellRegistry } from '../agent/tell-registry.ts'
import type { Deps } from '../deps.ts'
import type { Page, Report } from '../output.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
}

export function adoptCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate adopt CertificateArn --dir ./prod-1',
    problems: ['attempt_pending'],
  })
    .argument('[names...]', 'parameters that drifted; their present values are recorded')
    .option('--all', 'all that drifted')
    .option('--dry-run', 'show what would be recorded and change nothing')
    .action(async (names: readonly string[], options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      const wanted = wantedNames(names, options, dir)
      if (options.dryRun) {
        const planned = await withRackDryRun(place, (rack) => planAdoption(rack, wanted))
        return show(report, planned, true)
      }
      await withRack(place, 'adopt', async (rack) => {
        const planned = await planAdoption(rack, wanted)
        if (planned.isFirst || planned.adopted.length > 0) adopt(rack, planned)
        await tellRegistry(rack)
        show(report, planned, false)
      })
    })
}

/** Undefined: all. */
function wantedNames(
  names: readonly string[],
  { all = false }: Options,
  dir: string,
): readonly string[] | undefined {
  if (all !== names.length > 0) return all ? undefined : names
  throw new Problem(
    'invalid_input',
    'What is adopted is named, or it is --all that drifted: one of the two.',
    {
      hint: `headgate status --dir ${dir}   # names what drifted`,
    },
  )
}

function show(report: Report, planned: Adoption, dryRun: boolean): void {
  const { version, adopted, drifted, isFirst } = planned
  report.show('Adoption', { version, adopted, drifted, isFirst, dryRun }, (page) =>
    draw(page, planned, dryRun),
  )
}

function draw(page: Page, { version, adopted, drifted, isFirst }: Adoption, dryRun: boolean): void {
  const done = dryRun ? 'would be recorded' : 'recorded'
  if (isFirst) page.mark('ok', `${adopted.length} parameters ${done} with ${version}, for the first time`)
  else if (adopted.length > 0) page.mark('ok', `${done} with ${version} as it is now: ${adopted.join(', ')}`)
  else page.mark('ok', 'nothing to adopt: it is as it was recorded')
  if (drifted.length > 0) page.mark('warning', `still drifted: ${drifted.join(', ')}`)
}
