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

/** The entry that a command line names, by its first word or its first two. */
export function findVerb(words: readonly string[]): VerbEntry | undefined {
  return verbs.find(({ path }) => path === words[0] || path === words.slice(0, 2).join(' '))
}

/**
 * With every verb for the help and the suggestions, or with the one that is wanted, loaded. Commander's own error is
 * thrown for a command line that is not understood; run.ts makes a problem of it.
 */
export async function createProgram(deps: Deps, wanted: VerbEntry | undefined): Promise<Command> {
  const program = overview(deps)
  for (const entry of wanted ? [wanted] : verbs) {
    const [first = '', second] = entry.path.split(' ')
    const parent = second === undefined ? program : nounOf(program, first, entry)
    const command = entry === wanted ? (await entry.load())(deps) : new Command()
    command
      .copyInheritedSettings(program)
      .name(second ?? first)
      .summary(entry.summary)
      .description(command.description() || `${capitalised(entry.summary)}.`)
      .helpGroup(second === undefined ? groups[entry.group] : 'Commands:')
    parent.addCommand(command)
  }
  return program
}

function overview({ out }: Deps): Command {
  return new Command('headgate')
    .description('Release channels, and updates that prove themselves or go back.')
    .usage('<command> [options]')
    .version(`headgate ${version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .helpCommand(false)
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
      '\nheadgate <command> --help   its options, an example, its exit codes\nheadgate help exit-codes    all exit codes',
    )
}

/** What is particular about a verb comes first in its help. */
function sharedLast(options: readonly Option[]): Option[] {
  const isShared = ({ long }: Option) => long !== undefined && sharedOptions.includes(long)
  return [...options.filter((one) => !isShared(one)), ...options.filter(isShared)]
}

function nounOf(program: Command, name: string, { group }: VerbEntry): Command {
  const present = program.commands.find((command) => command.name() === name)
  if (present) return present
  const ofNoun = verbs
    .map(({ path }) => path.split(' '))
    .filter(([noun, verb]) => noun === name && verb !== undefined)
  const noun = new Command(name)
    .copyInheritedSettings(program)
    .summary(ofNoun.map(([, verb]) => verb).join(', '))
    .usage('<command> [options]')
    .helpCommand(false)
    .helpGroup(groups[group])
  program.addCommand(noun)
  return noun
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
