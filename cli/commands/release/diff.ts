/** `headgate release diff`: what changes in the parameters, between two releases or over the whole history. */
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly history?: boolean
}

export function releaseDiffCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate release diff 20160816140022 20160816160115 --app rack',
    problems: ['app_not_found', 'release_not_found'],
  })
    .argument('[from]', 'the older release')
    .argument('[to]', 'the newer release')
    .addOption(appOption())
    .option('--history', 'every change over all releases, in version order')
    .action(async (from: string | undefined, to: string | undefined, options: Options) => {
      const query = queryOf(from, to, options)
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(api.v1.apps[':app'].diff.$get({ param: at({ app: options.app }), query }))
      report.show('ParameterDiff', body, (page) => {
        if (body.changes.length === 0) {
          page.mark('ok', 'no parameter changes')
          return
        }
        page.table(
          ['from', 'to', 'change', 'name', 'blocks', 'detail'],
          body.changes.map((one) => [
            one.from,
            one.to,
            one.change,
            one.name,
            one.isBlocking ? 'yes' : 'no',
            oneLine(one.detail),
          ]),
        )
      })
      const blocking = body.changes.filter(({ isBlocking }) => isBlocking).length
      if (blocking > 0)
        report.warn(
          `${blocking} of ${body.changes.length} changes block a promotion until a person acknowledges them.`,
        )
    })
}

function queryOf(from: string | undefined, to: string | undefined, { app, history }: Options) {
  if (history && from === undefined) return { history: 'true' as const }
  if (!history && from !== undefined && to !== undefined) return { from, to }
  throw new Problem(
    'invalid_input',
    history
      ? '--history is about all releases, so none is named with it.'
      : 'A difference is between two releases.',
    {
      hint: history
        ? `headgate release diff --history --app ${app}`
        : `headgate release diff FROM TO --app ${app}`,
    },
  )
}
