/** `headgate rollout pause`: no further rack begins; what has begun goes on, and failures still halt it. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { rolloutActVerb } from '../../rollout-act.ts'

export function rolloutPauseCommand(deps: Deps): Command {
  return rolloutActVerb(deps, {
    example: 'headgate rollout pause R-1 --app rack --reason "until the customer is awake"',
    ask: ({ pause: act }, { param, query, reason }) => unwrap(act.$post({ param, query, json: { reason } })),
    done: ({ id, underWay }) => `${id} is paused: no further rack begins, and ${underWay} under way go on.`,
  })
}
