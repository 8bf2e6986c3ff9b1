/** `headgate fleet failures`: what failed, by cause, with the last lines of one attempt to read. */
import type { Command } from 'commander'
import type { FailuresBody } from '../../../shared/contract/fleet.ts'
import { toIso } from '../../../shared/domain/instants.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { parsePast } from '../../duration.ts'
import type { Page } from '../../output.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly version?: string
  readonly since: string
}

export function fleetFailuresCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate fleet failures --app rack --version 3.19.2 --since 7d',
    problems: ['app_not_found', 'invalid_date'],
  })
    .addOption(appOption())
    .option('--version <version>', 'only attempts to get there')
    .option('--since <when>', 'from then on: 7d (ago), 2026-12-01 or RFC 3339', '30d')
    .action(async (options: Options) => {
      const { app, version } = options
      const since = toIso(parsePast('--since', options.since, deps.clock.now()))
      const query = { since, ...(version !== undefined && { version }) }
      const { api, report } = await openSession(deps, options)
      const failures = await unwrap(api.v1.apps[':app'].fleet.failures.$get({ param: at({ app }), query }))
      report.show('Failures', failures, (page) => drawFailures(page, failures))
      const [first] = failures.causes
      if (first) report.next(`headgate rack show ${first.example.rack} --app ${app}`)
    })
}

const mostLines = 5

function drawFailures(page: Page, { attempts, causes, otherCauses, since }: FailuresBody): void {
  if (causes.length === 0) page.line(`nothing failed since ${page.when(since)}`)
  else
    page.line(
      `${attempts} attempts failed since ${page.when(since)}, for ${causes.length + otherCauses} causes`,
    )
  for (const one of causes) {
    const { cause, racks, outcomes, versions, someRacks, example } = one
    const ends = Object.entries(outcomes).filter(([, count]) => count > 0)
    const named = racks > someRacks.length ? `${someRacks.join(' ')} …` : someRacks.join(' ')
    page.line()
    page.mark(one.knownIssue === null ? 'failed' : 'warning', oneLine(cause))
    page.fields([
      ['  racks', `${racks}: ${named}`],
      ['  attempts', ends.map(([outcome, count]) => `${count} ${outcome}`).join(', ')],
      ['  first', page.when(one.firstAt)],
      ['  last', page.when(one.lastAt)],
      ['  to', versions.map(({ version, racks: of }) => `${version} (${of})`).join(', ')],
      ...(one.isDataLoss ? [['  severity', 'data was lost'] as const] : []),
      ...(one.knownIssue === null ? [] : [['  known issue', one.knownIssue] as const]),
      ['  example', `${example.rack}, attempt ${example.attempt}`],
    ])
    for (const line of example.log.slice(-mostLines)) page.line(`    ${oneLine(line, 100)}`)
  }
  if (otherCauses > 0) page.line(`and ${otherCauses} causes more`)
}
