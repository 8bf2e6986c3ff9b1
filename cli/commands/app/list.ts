/** `headgate app list`: the apps, and what their channels serve. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

export function appListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate app list' }).action(async (options: RegistryOptions) => {
    const { api, report } = await openSession(deps, options)
    const { apps } = await unwrap(api.v1.apps.$get())
    report.show('AppList', { apps }, (page) => {
      page.table(
        ['app', 'scheme', 'releases', 'racks', 'channels', 'created'],
        apps.map(({ app, scheme, releases, racks, channels, createdAt }) => [
          app,
          scheme,
          String(releases),
          String(racks),
          channels.map(({ channel, head }) => `${channel}=${head ?? '-'}`).join(' '),
          page.when(createdAt),
        ]),
      )
    })
    if (apps.length === 0) report.next('headgate app create NAME --scheme semver')
  })
}
