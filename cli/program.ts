/**
 * The program: all verbs for the help and the suggestions, and of them only the one loaded that is asked for, so
 * that a verb costs what it needs and no more.
 */
import { Command, Help, type Option } from 'commander'
import { version } from '../shared/contract/version.ts'
import type { Deps } from './deps.ts'
import { rackVerbs } from './rack-verbs.ts'
import { registryVerbs } from './registry-verbs.ts'
import { sharedOptions } from './verb.ts'
import { groups, type VerbEntry } from './verb-entry.ts'

export const verbs: readonly VerbEntry[] = [...rackVerbs, ...registryVerbs]

/** The entry that a command line names, by its first word or its first two or three. */
export function findVerb(words: readonly string[]): VerbEntry | undefined {
  return verbs.find(({ path }) => path.split(' ').every((name, index) => words[index] === name))
}

/** The longest noun that a command line begins with: `channel`, or `channel policy`. */
export function findNoun(words: readonly string[]): readonly string[] | undefined {
  const nouns = words.map((_, index) => words.slice(0, index + 1))
  return nouns.findLast((noun) => verbsOf(noun).length > 0)
}

/** The paths below a noun, without it. */
function verbsOf(noun: readonly string[]): string[][] {
  const begin = `${noun.join(' ')} `
  return verbs.flatMap(({ path }) => (path.startsWith(begin) ? [path.slice(begin.length).split(' ')] : []))
}

/**
 * With every verb for the help and the suggestions, or with the one that is wanted, loaded. Commander's own error is
 * thrown for a command line that is not understood; run.ts makes a problem of it.
 */
export async function createProgram(deps: Deps, wanted: VerbEntry | undefined): Promise<Command> {
  const program = overview(deps)
  for (const entry of wanted ? [wanted] : verbs) {
    const names = entry.path.split(' ')
    const nouns = names.slice(0, -1).map((_, index) => names.slice(0, index + 1))
    const parent = nouns.reduce((above, noun) => nounOf(program, above, noun, entry), program)
    const command = entry === wanted ? (await entry.load())(deps) : new Command()
    command
      .copyInheritedSettings(program)
      .name(names.at(-1) ?? '')
      .summary(entry.summary)
      .description(command.description() || `${capitalised(entry.summary)}.`)
      .helpGroup(parent === program ? groups[entry.group] : 'Commands:')
    parent.addCommand(command)
  }
  return program
}

/** What stands behind a verb is the verb's: `fleet list --version V` does not ask for the program's version. */
function overview({ out }: Deps): Command {
  return new Command('headgate')
    .description('Release channels, and updates that prove themselves or go back.')
    .usage('<command> [options]')
    .version(`headgate ${version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: out.stdout.write,
      writeErr: out.stderr.write,
      // It is reported as a problem, like everything else that goes wrong.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.max(80, out.stdout.width),
      getErrHelpWidth: () => Math.max(80, out.stderr.width),
      getOutHasColors: () => out.stdout.hasColour,
      getErrHasColors: () => out.stderr.hasColour,
    })
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      visibleOptions: (command) => sharedLast(new Help().visibleOptions(command)),
    })
    .addHelpText(
      'after',
      '\nheadgate <command> --help   its options, an example, its exit codes\nheadgate help exit-codes    all exit codes\nheadgate help rollouts      waves, and how they are written',
    )
}

/** What is particular about a verb comes first in its help. */
function sharedLast(options: readonly Option[]): Option[] {
  const isShared = ({ long }: Option) => long !== undefined && sharedOptions.includes(long)
  return [...options.filter((one) => !isShared(one)), ...options.filter(isShared)]
}

function nounOf(program: Command, above: Command, words: readonly string[], { group }: VerbEntry): Command {
  const name = words.at(-1) ?? ''
  const present = above.commands.find((command) => command.name() === name)
  if (present) return present
  const noun = new Command(name)
    .copyInheritedSettings(program)
    .summary([...new Set(verbsOf(words).map(([verb]) => verb))].join(', '))
    .usage('<command> [options]')
    .helpCommand(false)
    .helpGroup(above === program ? groups[group] : 'Commands:')
  above.addCommand(noun)
  return noun
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
