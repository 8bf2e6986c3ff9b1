/**
 * `headgate simulate`: what the racks would be told if …, written as the commands themselves with `then` between them.
 * Nothing is recorded, whoever may read may ask.
 */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { at, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { drawRefusal } from '../refused-move.ts'
import { openSession } from '../session.ts'
import { drawSimulation } from '../simulate-page.ts'
import { readSuppositions, suppositionForms } from '../suppositions.ts'
import { type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly assumeGates?: boolean
}

export function simulateCommand(deps: Deps): Command {
  return (
    registryVerb({
      example: 'headgate simulate promote 1.5.0 --to stable then time 2026-12-24T02:00:00Z --app rack',
      problems: [
        'app_not_found',
        'channel_not_found',
        'release_not_found',
        'rack_not_found',
        'invalid_range',
        'invalid_date',
        'yanked',
        'not_forward',
        'not_in_feeder',
        'gates_open',
        'parameters_unacknowledged',
        'frozen',
        'channel_empty',
        'too_many_requests',
        'took_too_long',
      ],
    })
      .argument('<supposition...>', 'what would be done, in order, with the word `then` between two')
      // Commander would ask for it before it has seen the options of the suppositions, and call those unknown.
      .option('--app <app>', 'the app whose racks are asked; mandatory')
      .option('--assume-gates', 'take gates that do not pass as if they did, and name them')
      .allowUnknownOption()
      .addHelpText('after', `\nSuppositions:\n${suppositionForms.map((form) => `  ${form}`).join('\n')}\n`)
      .action(async (words: readonly string[], { app, assumeGates = false, ...options }: Options) => {
        if (app === undefined) {
          throw new Problem('invalid_input', 'The racks of which app are asked?', { hint: 'Add: --app APP' })
        }
        const { api, report } = await openSession(deps, options)
        const suppositions = await readSuppositions(deps, words, async (channel) => {
          const param = at({ app, channel })
          return (await unwrap(api.v1.apps[':app'].channels[':channel'].details.$get({ query: {}, param })))
            .policy
        })
        const asked = api.v1.apps[':app'].simulate.$post({
          param: at({ app }),
          json: { suppositions, assumeGates },
        })
        const simulation = await unwrap(asked).catch((error: unknown) => {
          if (error instanceof Problem && error.numbers !== undefined) {
            const { numbers } = error
            report.explain((page) => drawRefusal(page, numbers))
          }
          throw error
        })
        report.show('Simulation', simulation, (page) => drawSimulation(page, simulation))
        report.say('A simulation: nothing was recorded.')
      })
  )
}
