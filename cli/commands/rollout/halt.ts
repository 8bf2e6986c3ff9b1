/** `headgate rollout halt`: no further rack begins, and those that have not applied it yet are called off. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { rolloutActVerb } from '../../rollout-act.ts'

export function rolloutHaltCommand(deps: Deps): Command {
  return rolloutActVerb(deps, {
    example: 'headgate rollout halt R-1 --app rack --reason "customers cannot sign in"',
    ask: ({ halt: act }, { param, query, reason }) => unwrap(act.$post({ param, query, json: { reason } })),
    done: ({ id }) => `${id} is halted: no further rack takes it, and racks that have it keep it.`,
  })
}
