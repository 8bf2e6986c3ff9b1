/** `headgate rollout retry`: the racks that failed need not wait; what they have failed counts until they succeed. */
import type { Command } from 'commander'
import type { RolloutDetailBody } from '../../../shared/contract/rollout.ts'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { rolloutActVerb } from '../../rollout-act.ts'
import { openCauses, resumeCommand } from '../../rollout-words.ts'

export function rolloutRetryCommand(deps: Deps): Command {
  return rolloutActVerb(deps, {
    example: 'headgate rollout retry R-1 --app rack --reason "the mirror is up again"',
    ask: ({ retry: act }, { param, query, reason }) => unwrap(act.$post({ param, query, json: { reason } })),
    done: (rollout) =>
      `Racks that failed in ${rollout.id} may try again ${whenWords(rollout)}; until one succeeds, its failure counts.`,
  })
}

/** Of what is stopped nobody begins, whatever they have failed. */
function whenWords(rollout: RolloutDetailBody): string {
  if (rollout.state === 'halted') return `when it goes on (${resumeCommand(rollout, openCauses(rollout))})`
  return rollout.state === 'paused' ? `when it goes on (${resumeCommand(rollout, [])})` : 'at once'
}
