/**
 * Questions to a person, only on a terminal. A severe act wants the name of what it touches: typed, or given as
 * `--confirm NAME`; without either it is refused with the command that confirms it.
 */
import { Problem } from '../shared/domain/problem.ts'
import { againWith } from './command-line.ts'
import type { Deps } from './deps.ts'
import { markLine } from './output.ts'

type Asking = Pick<Deps, 'argv' | 'out' | 'stdin'>

export interface NamedConfirmation {
  /** What has to be typed: the app, the rack, `registry`. */
  readonly name: string
  /** What was given as `--confirm`. */
  readonly given: string | undefined
  /** What would happen, as a sentence with the numbers. */
  readonly act: string
  /** Shows the blast radius before the question; not called when nobody is asked. */
  readonly preview: () => Promise<void>
}

/** Raises `confirmation_required` without a terminal, or for another name; `declined` when a person does not confirm. */
export async function confirmByName(
  deps: Asking,
  { name, given, act, preview }: NamedConfirmation,
): Promise<void> {
  if (given === name) return
  if (given !== undefined)
    throw confirmationRequired(deps, name, `--confirm says "${given}", and this is about "${name}". ${act}`)
  if (!isAtTerminal(deps)) throw confirmationRequired(deps, name, act)
  await preview()
  const { text, isCancel } = await import('@clack/prompts')
  deps.out.stderr.write(markLine(deps.out.stderr, 'warning', act))
  const answer = await text({ message: `Type ${name} to go on:` })
  if (isCancel(answer)) throw interrupted()
  if (answer !== name) {
    throw new Problem('declined', `That was not ${name}: nothing was changed.`, {
      hint: againWith(deps.argv, '--confirm', name),
    })
  }
}

/** Asks yes or no on a terminal; without one, or with `--yes`, it goes on. Raises `declined`. */
export async function confirmYes(deps: Asking, message: string, yes: boolean | undefined): Promise<void> {
  if (yes === true || !isAtTerminal(deps)) return
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message, initialValue: false })
  if (isCancel(answer)) throw interrupted()
  if (!answer) throw new Problem('declined', 'Not confirmed: nothing was changed.')
}

/** Whether there is somebody to ask: both the keyboard and the place where questions are shown. */
function isAtTerminal({ stdin, out }: Asking): boolean {
  return stdin.isTerminal && out.stdout.isTerminal && out.stderr.isTerminal
}

function confirmationRequired(deps: Asking, name: string, why: string): Problem {
  return new Problem('confirmation_required', `${why} It has to be confirmed by the name ${name}.`, {
    hint: againWith(deps.argv, '--confirm', name),
    numbers: { confirm: name },
  })
}

function interrupted(): Problem {
  return new Problem('interrupted', 'Interrupted: nothing was changed.')
}
