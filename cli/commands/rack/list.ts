/** `headgate rack list`: the racks of an app, what they run and when they were last heard of. */
import type { Command } from 'commander'
import type { RackBody } from '../../../shared/contract/rack.ts'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly limit: number
  readonly after?: string
}

export function rackListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate rack list --app rack', problems: ['app_not_found'] })
    .addOption(appOption())
    .option('--limit <n>', 'how many, by name, or all', parseLimit, 100)
    .option('--after <rack>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const { items: racks, next } = await takePages(limit, after, async (query) => {
        const page = await unwrap(api.v1.apps[':app'].racks.$get({ param: at({ app }), query }))
        return { items: page.racks, next: page.next }
      })
      report.show('RackList', { app, racks, next }, (page) => {
        page.table(
          ['rack', 'channel', 'runs', 'proved', 'state', 'health', 'last seen', 'platform'],
          racks.map((rack) => [
            rack.rack,
            rack.channel,
            rack.current ?? '',
            rack.proved ?? '',
            stateOf(rack, deps.clock.now()),
            rack.health?.state ?? '',
            page.when(rack.lastSeenAt),
            rack.platform,
          ]),
        )
      })
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
    })
}

function stateOf(
  { advisory, attempt, pin, hold, orders, outside, drifted, failures, lastSeenAt }: RackBody,
  now: number,
): string {
  const isOver = ({ until }: { readonly until?: string | undefined }) =>
    until !== undefined && Date.parse(until) <= now
  const words = [
    advisory === null ? '' : `on ${advisory}`,
    attempt === null ? '' : `${attempt.state} ${attempt.target}`,
    pin === null || isOver(pin) ? '' : `pinned to ${pin.version}`,
    hold === null || isOver(hold) ? '' : 'held',
    orders.pin === null || isOver(orders.pin) ? '' : `pinned to ${orders.pin.version} from the registry`,
    orders.hold === null || isOver(orders.hold) ? '' : 'held from the registry',
    outside === null ? '' : 'changed outside',
    drifted.length === 0 ? '' : `${drifted.length} drifted`,
    failures.length === 0 ? '' : `failed ${failures.map(({ target }) => target).join(' ')}`,
    lastSeenAt === null ? 'never heard of' : '',
  ].filter((word) => word !== '')
  return words.join(', ') || 'ok'
}
