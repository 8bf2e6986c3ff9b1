/** A promotion that the parameter contract stops: what the refusal says, in the two lines that a person needs. */
import type { z } from 'zod'
import { stopped } from '../answers.ts'
import type { Outcome } from '../narrator.ts'
import { type Answered, hold } from '../run-command.ts'
import type { Stage } from '../stage.ts'

type Refusal = Answered<z.infer<typeof stopped>>

/** Tries to promote, and expects to be stopped for `Password` and nothing else. */
export async function tryToPromote(stage: Stage, version: string): Promise<Refusal> {
  const words = ['promote', version, '--app', 'rack', '--to', 'stable']
  const done = await stage.headgate(words, { exit: 3, reads: stopped })
  const names = done.answer.numbers.changes.map(({ name, change }) => `${name} ${change}`)
  hold(names.join() === 'Password becameMasked', done, 'Password becameMasked as the one change')
  return done
}

/** With what the racks of the feeding channel showed, and below it what the contract's change means, unless told before. */
export function outcomeOf({ code, answer }: Refusal, more?: readonly string[]): Outcome {
  const { changes, proved } = answer.numbers
  const shown = [
    ...proved.proved.map((rack) => `${rack} proved`),
    ...proved.failed.map(({ rack, outcome }) => `${rack} ${outcome}`),
  ]
  return {
    codes: [code],
    text: `stopped, ${changes.map(({ name, change }) => `${name} ${change}`).join(', ')}; ${shown.join(', ')}`,
    more: more ?? changes.map(({ detail }) => detail),
  }
}
