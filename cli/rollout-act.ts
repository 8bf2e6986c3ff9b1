/** What a person does to a rollout: with a reason, for the record, and its page afterwards. */
import type { Command } from 'commander'
import type { RolloutDetailBody } from '../shared/contract/rollout.ts'
import type { ProblemCode } from '../shared/domain/problem.ts'
import { type ApiClient, at, dryRunQuery } from './api.ts'
import type { Deps } from './deps.ts'
import { drawRollout } from './rollout-page.ts'
import { nextForRollout } from './rollout-words.ts'
import { openSession } from './session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from './verb.ts'

export interface ActOptions extends RegistryOptions {
  readonly app: string
  readonly reason: string
}

export interface RolloutAct<Options extends ActOptions> {
  readonly example: string
  readonly problems?: readonly ProblemCode[]
  /** What the registry is asked, with what the options say. */
  readonly ask: (calls: RolloutCalls, asked: Asked, options: Options) => Promise<RolloutDetailBody>
  /** The sentence of what was done. */
  readonly done: (rollout: RolloutDetailBody) => string
}

export type RolloutCalls = ApiClient['v1']['apps'][':app']['rollouts'][':rollout']

export interface Asked {
  readonly param: { readonly app: string; readonly rollout: string }
  readonly query: { readonly dryRun?: 'true' }
  readonly reason: string
}

export function rolloutActVerb<Options extends ActOptions = ActOptions>(
  deps: Deps,
  act: RolloutAct<Options>,
): Command {
  return registryVerb({
    example: act.example,
    problems: ['app_not_found', 'rollout_not_found', 'rollout_state', ...(act.problems ?? [])],
  })
    .argument('<rollout>', 'its id')
    .addOption(appOption())
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (rollout: string, options: Options) => {
      const { app, reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const asked = { param: at({ app, rollout }), query: dryRunQuery(dryRun), reason }
      const body = await act.ask(api.v1.apps[':app'].rollouts[':rollout'], asked, options)
      report.show('Rollout', body, (page) => drawRollout(page, body))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(act.done(body))
      report.next(dryRun ? `headgate rollout show ${body.id} --app ${app}` : nextForRollout(body))
    })
}
