/** `headgate rack show`: one rack, its orders and its last attempts. */
import type { Command } from 'commander'
import type { RackBody } from '../../../shared/contract/rack.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { healthWords, markUnhealthy } from '../../health-page.ts'
import { orderedFields, outsideWords, ownFields } from '../../order-fields.ts'
import type { Page } from '../../output.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

const shownAttempts = '10'

export function rackShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack show prod-1 --app rack',
    problems: ['app_not_found', 'rack_not_found'],
  })
    .argument('<rack>', 'its name')
    .addOption(appOption())
    .action(async (name: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const calls = api.v1.apps[':app'].racks[':rack']
      const param = at({ app: options.app, rack: name })
      const [rack, { attempts }] = await Promise.all([
        unwrap(calls.$get({ param })),
        unwrap(calls.attempts.$get({ param, query: { limit: shownAttempts } })),
      ])
      report.show('Rack', { ...rack, attempts }, (page) => {
        drawRack(page, rack)
        page.line()
        page.table(
          ['attempt', 'from', 'to', 'for', 'state', 'at step', 'finished', 'message'],
          attempts.map((one) => [
            one.id.slice(0, 8),
            one.from ?? '',
            one.target,
            one.motive,
            one.outcome ?? one.state,
            one.step ?? '',
            page.when(one.finishedAt),
            oneLine(one.message ?? '', 80),
          ]),
        )
      })
      report.next(`headgate explain --app ${rack.app} --rack ${rack.rack}`)
    })
}

function drawRack(page: Page, rack: RackBody): void {
  const { attempt, outside } = rack
  page.fields([
    ['rack', `${rack.rack} of ${rack.app}`],
    ['channel', rack.channel],
    ['runs', rack.current ?? 'nothing known'],
    ['proved', rack.proved ?? 'nothing'],
    ['health', healthWords(page, rack.health)],
    ['platform', rack.platform],
    [
      'labels',
      Object.entries(rack.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || 'none',
    ],
    ['last seen', rack.lastSeenAt === null ? 'never' : page.when(rack.lastSeenAt)],
    [
      'enrolled',
      `${page.when(rack.enrolledAt)}, by ${rack.enrolledBy}${rack.adopted === null ? '' : `, with ${rack.adopted} found`}`,
    ],
    ['token until', page.when(rack.tokenExpiresAt)],
    ...ownFields(page, rack),
    ...orderedFields(page, rack.orders),
    ...(attempt === null
      ? []
      : [['under way', `${attempt.from ?? 'nothing'} → ${attempt.target}, ${attempt.state}`] as const]),
  ])
  markUnhealthy(page, rack.health)
  if (rack.advisory !== null) page.mark('warning', `what it runs was withdrawn by ${rack.advisory}`)
  if (rack.drifted.length > 0)
    page.mark('warning', `drifted, and not updated before: ${rack.drifted.join(', ')}`)
  if (outside) page.mark('warning', outsideWords(outside, page.when))
  for (const { target, count, lastAt } of rack.failures) {
    page.mark(
      'failed',
      `${target} failed here ${count === 1 ? 'once' : `${count} times`}, last ${page.when(lastAt)}`,
    )
  }
}
