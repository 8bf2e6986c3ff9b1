/** `headgate rollout resume`: it goes on; what halted it has to be acknowledged, cause by cause. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { type ActOptions, rolloutActVerb } from '../../rollout-act.ts'
import { openCauses, placeOf } from '../../rollout-words.ts'
import { collect } from '../../verb.ts'

interface Options extends ActOptions {
  readonly acknowledge?: readonly string[]
}

export function rolloutResumeCommand(deps: Deps): Command {
  return rolloutActVerb<Options>(deps, {
    example: 'headgate rollout resume R-1 --app rack --acknowledge all --reason "a full disk, freed by hand"',
    problems: ['failures_unacknowledged'],
    async ask(calls, { param, query, reason }, { acknowledge = [] }) {
      // What fails by another cause in between was not looked at, and is not passed over.
      const causes = acknowledge.includes('all')
        ? openCauses(await unwrap(calls.$get({ param })))
        : acknowledge
      return unwrap(calls.resume.$post({ param, query, json: { reason, acknowledge: [...causes] } }))
    },
    done: (rollout) => `${rollout.id} goes on: ${placeOf(rollout)}.`,
  }).option('--acknowledge <cause>', 'a cause that a person has looked at, or all; repeatable', collect)
}
