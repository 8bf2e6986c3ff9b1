/** `headgate rollout list`: the rollouts of an app, where each of them is, and since when. */
import { type Command, Option } from 'commander'
import { rolloutStates } from '../../../shared/domain/rollout.ts'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { freezeWords } from '../../freeze-scope.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { aimOf, placeOf } from '../../rollout-words.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly channel?: string
  readonly state?: (typeof rolloutStates)[number]
  readonly limit: number
  readonly after?: string
}

export function rolloutListCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rollout list --app rack --channel stable',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .addOption(appOption())
    .option('--channel <channel>', 'only those of this channel')
    .addOption(new Option('--state <state>', 'only those in this state').choices(rolloutStates))
    .option('--limit <n>', 'how many, newest first, or all', parseLimit, 20)
    .option('--after <rollout>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, channel, state, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const filter = { ...(channel !== undefined && { channel }), ...(state !== undefined && { state }) }
      const { items: rollouts, next } = await takePages(limit, after, async (query) => {
        const page = await unwrap(
          api.v1.apps[':app'].rollouts.$get({ param: at({ app }), query: { ...query, ...filter } }),
        )
        return { items: page.rollouts, next: page.next }
      })
      report.show('RolloutList', { app, rollouts, next }, (page) => {
        page.table(
          ['rollout', 'does', 'state', 'where', 'since', 'by', 'reason'],
          rollouts.map((one) => [
            one.id,
            oneLine(aimOf(one)),
            one.freeze ? `${one.state}, frozen` : one.state,
            placeOf(one),
            page.when(one.since.at),
            one.since.actor,
            oneLine(one.since.reason ?? '', 60),
          ]),
        )
        const frozen = rollouts.flatMap(({ freeze }) => (freeze ? [freezeWords(freeze, page.when)] : []))
        for (const words of new Set(frozen)) page.mark('waiting', words)
      })
      const [first] = rollouts
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
      else if (first) report.next(`headgate rollout show ${first.id} --app ${app}`)
    })
}
