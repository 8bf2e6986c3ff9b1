/** `headgate rollout open`: a second person lets a remedy or a recall go to every rack at once. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { rolloutActVerb } from '../../rollout-act.ts'

export function rolloutOpenCommand(deps: Deps): Command {
  return rolloutActVerb(deps, {
    example: 'headgate rollout open R-2 --app rack --reason "it loses data: all of them, now"',
    ask: ({ open: act }, { param, query, reason }) => unwrap(act.$post({ param, query, json: { reason } })),
    done: ({ id }) => `${id} is open to every rack.`,
  })
}
