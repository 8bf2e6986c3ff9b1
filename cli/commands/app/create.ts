/** `headgate app create`: an app with its version scheme, which is for ever, and its first two channels. */
import { type Command, Option } from 'commander'
import { schemes, type VersionScheme } from '../../../shared/domain/version.ts'
import { dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly scheme: VersionScheme
}

export function appCreateCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate app create rack --scheme timestamp',
    problems: ['name_taken'],
  })
    .argument('<app>', 'its name: a-z, 0-9, "." and "-"')
    .addOption(
      new Option('--scheme <scheme>', 'how its versions are read and ordered')
        .choices(schemes)
        .default('semver'),
    )
    .addOption(dryRunOption())
    .action(async (name: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const app = await unwrap(
        api.v1.apps.$post({
          query: dryRunQuery(options.dryRun),
          json: { app: name, scheme: options.scheme },
        }),
      )
      report.show('App', app, (page) => {
        page.fields([
          ['app', app.app],
          ['scheme', app.scheme],
          [
            'channels',
            app.channels
              .map(({ channel, from }) => (from ? `${channel} (fed by ${from})` : channel))
              .join(', '),
          ],
        ])
      })
      if (options.dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The app ${app.app} is there.`)
      report.next(`headgate release publish VERSION --app ${app.app} --artifact FILE`)
    })
}
