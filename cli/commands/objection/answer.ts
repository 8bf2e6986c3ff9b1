/** `headgate objection answer`: what somebody objected to is answered, on the record, and stops nothing any more. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawObjections } from '../../objections-page.ts'
import { reportSaid } from '../../release-record.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly note: string
}

export function objectionAnswerCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate objection answer O-1 --app rack --note "it was the test host; measured again"',
    problems: ['app_not_found', 'objection_not_found'],
  })
    .argument('<objection>', 'its id')
    .addOption(appOption())
    .requiredOption('--note <text>', 'the answer')
    .addOption(dryRunOption())
    .action(async (objection: string, options: Options) => {
      const { app, note, dryRun = false } = options
      const session = await openSession(deps, options)
      const record = await unwrap(
        session.api.v1.apps[':app'].objections[':objection'].answer.$post({
          param: at({ app, objection }),
          query: dryRunQuery(dryRun),
          json: { note },
        }),
      )
      await reportSaid(session, record, {
        isDryRun: dryRun,
        gate: 'objections',
        done: `${objection} is answered.`,
        draw: (page) => drawObjections(page, record),
      })
    })
}
