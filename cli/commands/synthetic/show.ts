/** `headgate synthetic show`: when each lever was last rehearsed; what nobody knows of comes first. */
import type { Command } from 'commander'
import type { LeverBody } from '../../../shared/contract/synthetic.ts'
import { describeDuration } from '../../../shared/domain/instants.ts'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
}

export function syntheticShowCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate synthetic show', problems: ['app_not_found'] })
    .option('--app <app>', 'only what was rehearsed there (else wherever it was)')
    .action(async (options: Options) => {
      const { api, report } = await openSession(deps, options)
      const { app } = options
      const { levers, apps } = await unwrap(
        api.v1.synthetic.$get({ query: app === undefined ? {} : { app } }),
      )
      const now = deps.clock.now()
      report.show('Synthetic', { levers, apps }, (page) => {
        page.table(
          ['lever', 'last rehearsed', 'age', 'limit', 'last try', 'ms', 'usual ms'],
          levers.map((lever) => [lever.lever, ...cellsOf(lever, now, page.when)]),
        )
        for (const { app: name, underWay, lastRun, nextDueAt } of apps) {
          const last = lastRun
            ? `${lastRun.run} ${lastRun.outcome}, ${page.when(lastRun.endedAt)}`
            : 'none yet'
          page.line(`${name}: last run ${last}${nextDueAt === null ? '' : `; next due by ${nextDueAt}`}`)
          if (underWay) page.line(`${name}: ${underWay.run} is under way, begun by ${underWay.beganBy}`)
        }
        const old = levers.filter(({ isTooLongAgo }) => isTooLongAgo).length
        if (old > 0)
          page.mark('warning', `${old} of ${levers.length} levers: never, or longer ago than the limit`)
      })
      report.next('headgate synthetic run')
    })
}

function cellsOf(lever: LeverBody, now: number, when: (instant: string | null) => string): string[] {
  const { rehearsedAt, limitDays, lastTried, usualMilliseconds } = lever
  return [
    rehearsedAt === null ? 'never' : when(rehearsedAt),
    rehearsedAt === null ? '-' : describeDuration(now - Date.parse(rehearsedAt)),
    `${limitDays}d`,
    lastTried ? `${lastTried.outcome} in ${lastTried.run}` : '-',
    lastTried ? String(lastTried.milliseconds) : '-',
    usualMilliseconds === null ? '-' : String(usualMilliseconds),
  ]
}
