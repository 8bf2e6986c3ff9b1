/** `headgate rollout retry`: the racks that failed need not wait; what they have failed counts until they succeed. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { rolloutActVerb } from '../../rollout-act.ts'

export function rolloutRetryCommand(deps: Deps): Command {
  return rolloutActVerb(deps, {
    example: 'headgate rollout retry R-1 --app rack --reason "the mirror is up again"',
    ask: ({ retry: act }, { param, query, reason }) => unwrap(act.$post({ param, query, json: { reason } })),
    done: ({ id }) =>
      `Racks that failed in ${id} may try again at once; until one succeeds, its failure counts.`,
  })
}
