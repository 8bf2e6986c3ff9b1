/** `headgate release route`: governed facts about a release that the way of a rack depends on. Unnamed ones stay. */
import { type Command, Option } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly required?: boolean
  readonly floor?: string
  readonly requiresFrom?: string
  readonly requires?: readonly string[]
  readonly replacedBy?: string
  readonly skippable?: boolean
  readonly channel?: readonly string[]
  readonly reason: string
}

export function releaseRouteCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate release route 2.0.0 --app rack --required --channel stable --reason "migrates the store"',
    problems: ['app_not_found', 'release_not_found', 'channel_not_found', 'invalid_range', 'yanked'],
  })
    .argument('<version>', 'the release')
    .addOption(appOption())
    .option('--required', 'nobody jumps over it')
    .option('--no-required', 'it may be jumped over')
    .option('--floor <version>', 'the oldest version to go back to from it')
    .option('--requires-from <range>', 'the versions that it may be reached from')
    .option('--requires <app=range>', 'what another app on the rack must run; repeatable', collect)
    .option('--replaced-by <version>', 'for a withdrawn stepping stone: the release that takes its place')
    .addOption(new Option('--skippable', 'a withdrawn stepping stone may be jumped over'))
    .option('--no-skippable', 'a withdrawn stepping stone stops who would pass it')
    .option('--channel <channel>', 'a channel that has to take it as a stepping stone; repeatable', collect)
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (version: string, options: Options) => {
      const routing = routingOf(options)
      const { api, report } = await openSession(deps, options)
      const release = await unwrap(
        api.v1.apps[':app'].releases[':version'].routing.$post({
          param: at({ app: options.app, version }),
          query: dryRunQuery(options.dryRun),
          json: { routing, channels: [...(options.channel ?? [])], reason: options.reason },
        }),
      )
      report.show('Release', release, (page) => {
        page.fields([
          ['release', `${release.version} of ${release.app}`],
          ...Object.entries(release.routing).map(
            ([fact, value]) =>
              [fact, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const,
          ),
          ['served on', release.servedOn.join(', ') || 'nothing'],
        ])
        for (const channel of release.awaitedOn) {
          page.mark('waiting', `${channel} awaits it: its gates do not pass yet, and racks below it wait`)
        }
      })
      if (options.dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The facts of ${version} are set.`)
      report.next(`headgate release show ${version} --app ${options.app}`)
    })
}

function routingOf({ required, floor, requiresFrom, requires, replacedBy, skippable, channel }: Options) {
  const routing = {
    ...(required !== undefined && { required }),
    ...(floor !== undefined && { floor }),
    ...(requiresFrom !== undefined && { requiresFrom }),
    ...(requires !== undefined && { requires: Object.fromEntries(requires.map(requirement)) }),
    ...(replacedBy !== undefined && { replacedBy }),
    ...(skippable !== undefined && { skippable }),
  }
  if (Object.keys(routing).length === 0 && channel === undefined) {
    throw new Problem('invalid_input', 'No fact is named that would be set.')
  }
  return routing
}

function requirement(text: string): readonly [string, string] {
  const [, app, range] = /^([^=<>]+)=(.+)$/.exec(text) ?? []
  if (app && range) return [app, range]
  throw new Problem(
    'invalid_input',
    `--requires "${text}" is not of the form APP=RANGE, such as agent=">=2.0.0".`,
  )
}
