/** `headgate break-glass list`: what was opened, by whom and why, and when it was last rehearsed. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

export function breakGlassListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate break-glass list', problems: [] }).action(
    async (options: RegistryOptions) => {
      const { api, report } = await openSession(deps, options)
      const { breakGlass, lastRehearsedAt } = await unwrap(api.v1['break-glass'].$get())
      report.show('BreakGlassList', { breakGlass, lastRehearsedAt }, (page) => {
        page.table(
          ['id', 'state', 'by', 'opened', 'used', 'kind', 'reason'],
          breakGlass.map((one) => [
            one.id,
            one.standing,
            one.by,
            page.when(one.openedAt),
            page.when(one.usedAt),
            one.isRehearsal ? 'rehearsal' : 'for real',
            oneLine(one.reason, 80),
          ]),
        )
        page.line(`last rehearsed: ${lastRehearsedAt === null ? 'never' : page.when(lastRehearsedAt)}`)
      })
      const open = breakGlass.find(({ standing }) => standing === 'open')
      report.next(
        open
          ? `headgate break-glass close ${open.id}`
          : 'headgate break-glass open --data DIR --rehearsal --reason "it has to work"   # on the server',
      )
    },
  )
}
