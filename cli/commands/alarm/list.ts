/** `headgate alarm list`: what the registry noticed and nobody has closed yet. */
import type { Command } from 'commander'
import type { AlarmBody } from '../../../shared/contract/alarm.ts'
import { unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly all?: boolean
  readonly limit: number
  readonly after?: string
}

export function alarmListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate alarm list', problems: ['app_not_found'] })
    .option('--app <app>', 'only those of this app')
    .option('--all', 'closed ones too, with their notes')
    .option('--limit <n>', 'how many, newest first, or all', parseLimit, 50)
    .option('--after <alarm>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, all, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const { items: alarms, next } = await takePages(limit, after, async (page) => {
        const query = { ...page, ...(app !== undefined && { app }), ...(all && { all: 'true' as const }) }
        const answer = await unwrap(api.v1.alarms.$get({ query }))
        return { items: answer.alarms, next: answer.next }
      })
      report.show('AlarmList', { alarms, next }, (page) => {
        page.table(
          ['alarm', 'kind', 'app', 'since', 'raised', 'state', 'what'],
          alarms.map((alarm) => [
            alarm.alarm,
            alarm.kind,
            alarm.app ?? 'the registry',
            page.when(alarm.since),
            page.when(alarm.raisedAt),
            stateOf(page, alarm),
            oneLine(alarm.detail),
          ]),
        )
      })
      const open = alarms.find(({ closed }) => closed === null)
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
      else if (open) report.next(`headgate alarm close ${open.alarm} --note "…"`)
    })
}

function stateOf(page: Page, { closed }: AlarmBody): string {
  return closed === null
    ? 'open'
    : `closed ${page.when(closed.at)} by ${closed.by}: ${oneLine(closed.note, 60)}`
}
