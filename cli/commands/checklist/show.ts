/** `headgate checklist show`: the items of a channel, and who has ticked which of them for a release. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly to: string
  readonly release: string
}

export function checklistShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate checklist show --app rack --to stable --release 1.4.0',
    problems: ['app_not_found', 'channel_not_found', 'release_not_found'],
  })
    .addOption(appOption())
    .requiredOption('--to <channel>', 'whose checklist')
    .requiredOption('--release <version>', 'for which release')
    .action(async (options: Options) => {
      const { app, to, release: version } = options
      const { api, report } = await openSession(deps, options)
      const calls = api.v1.apps[':app']
      const [{ policy }, { record }] = await Promise.all([
        unwrap(calls.channels[':channel'].details.$get({ query: {}, param: at({ app, channel: to }) })),
        unwrap(calls.releases[':version'].$get({ query: {}, param: at({ app, version }) })),
      ])
      const items = (policy.gates.checklist ?? []).map(({ item, text }) => {
        const tick = record.ticks.find((one) => one.channel === to && one.item === item)
        return { item, text, tick: tick ? { at: tick.at, actor: tick.actor, note: tick.note } : null }
      })
      report.show('Checklist', { app, channel: to, version, items }, (page) => {
        if (items.length === 0) page.line(`The policy of ${to} has no checklist.`)
        for (const { item, text, tick } of items) {
          const words = tick ? `${tick.actor}, ${page.when(tick.at)}: ${oneLine(tick.note)}` : oneLine(text)
          page.mark(tick ? 'ok' : 'waiting', `${item}  ${words}`)
        }
      })
      const open = items.find(({ tick }) => tick === null)
      report.next(
        open
          ? `headgate checklist tick ${open.item} --app ${app} --to ${to} --release ${version} --note "…"`
          : `headgate release show ${version} --app ${app} --gates`,
      )
    })
}
