/** What a person is told of a Convox rack that cannot be moved, or not be read: why, and the command to run next. */

import { Problem } from '../../../shared/domain/problem.ts'
import type { Silence } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import type { Look } from './convox-look.ts'
import { repairCommand } from './convox-stack.ts'
import type { Move } from './driver.ts'

export interface ConvoxProblems {
  /** `stuck`: it ended badly, and takes no update. */
  broken(look: Look): Problem
  /** `preflight_failed`: it gave no answer, or none that can be read. */
  silent(silence: Silence): Problem
  /** `preflight_failed`: it is in a state that nobody knows. */
  unclear(look: Look): Problem
  /** `preflight_failed`: something has been under way for so long. */
  busy(look: Look, minutes: number): Problem
  /** `preflight_failed`: it is on its way, and may not arrive. */
  unsure(look: Look): Problem
  /** `stuck`: it is where this move neither begins nor ends. */
  changedBeside(look: Look, move: Move): Problem
}

export function createConvoxProblems(config: ConvoxDriverConfig): ConvoxProblems {
  const { rack } = config
  const question = `${config.command.join(' ')} api get /system -r ${rack}`
  const stack = config.stack ?? { name: rack.split('/').at(-1) ?? rack, region: null }

  return {
    broken({ word, by, generation }) {
      const whose = by === 'stack' ? `The stack ${stack.name}` : `The rack ${rack}`
      const repair = `look at the events of the stack, then: ${repairCommand(stack.name, stack.region)}`
      return new Problem(
        'stuck',
        `${whose} is "${word}": it takes no update, and which version runs is not sure, before a person has mended it.`,
        {
          hint:
            generation === 'v2' ? repair : `mend it where its Terraform runs, then: convox rack -r ${rack}`,
          numbers: { status: word },
        },
      )
    },

    silent({ why, said }) {
      const hasNoWayAround = why !== 'unreadable' && config.stack === null && config.generation !== 'v3'
      const wayAround = hasNoWayAround
        ? '   # v2: [driver.stack] in rack.toml is the way back without it'
        : ''
      return new Problem('preflight_failed', `Cannot tell what the rack ${rack} is: "${question}" ${said}.`, {
        hint: `make it work by hand first: ${question}${wayAround}`,
      })
    },

    unclear: ({ word }) =>
      new Problem(
        'preflight_failed',
        `The rack ${rack} is "${word}", which is none of the states that are known to be good.`,
        { hint: `look at it: ${question}`, numbers: { status: word } },
      ),

    busy: ({ word, version }, minutes) =>
      new Problem(
        'preflight_failed',
        `The rack ${rack} is still "${word}" (${version}) after ${minutes} min.`,
        {
          hint: `wait for it: convox rack -r ${rack}`,
          numbers: { status: word, minutes },
        },
      ),

    unsure: ({ word, version }) =>
      new Problem(
        'preflight_failed',
        `Cannot tell which version is installed: the rack ${rack} is "${word}", on ${version} or on its way there.`,
        { hint: `wait for it: convox rack -r ${rack}`, numbers: { status: word } },
      ),

    changedBeside: ({ version }, { from, to }) =>
      new Problem(
        'stuck',
        `The rack ${rack} runs ${version}, neither ${from ?? 'nothing'} nor ${to ?? 'nothing'}: somebody else has changed it, and that is not undone.`,
        { hint: `accept ${version}, or bring the rack to what it should run`, numbers: { got: version } },
      ),
  }
}
