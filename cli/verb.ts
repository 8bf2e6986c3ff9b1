/** What every verb has: `--json`, `--quiet`, an example, and the problems and exit codes that may come back. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ProblemCode } from '../shared/domain/problem.ts'
import { byExitCode } from './exit-codes.ts'
import type { ReportOptions } from './output.ts'
import type { ProfileFlags } from './profile.ts'

/** The options that verbs have in common, in the order of their help. */
export const sharedOptions = [
  '--dry-run',
  '--json',
  '--quiet',
  '--url',
  '--token-file',
  '--context',
  '--help',
]

export interface VerbHelp {
  /** One command line that works. */
  readonly example: string
  /** The problems of this verb; those of every call of a registry are added by `registryVerb`. */
  readonly problems?: readonly ProblemCode[]
  /** Exit codes that are answers, with their meaning. */
  readonly exits?: Readonly<Record<number, string>>
}

export interface VerbOptions extends ReportOptions {}

/** A verb, on the rack or of the registry. Its name and summary are in the table of verbs. */
export function createVerb(help: VerbHelp): Command {
  return new Command()
    .option('--json', 'print one JSON envelope on stdout, and problems as one on stderr')
    .option('--quiet', 'say nothing on stderr unless something is wrong')
    .addHelpText('after', () => `\n${helpText(help)}`)
}

export interface RegistryOptions extends VerbOptions, ProfileFlags {
  readonly dryRun?: boolean
}

const everyCall: readonly ProblemCode[] = [
  'invalid_input',
  'not_signed_in',
  'not_allowed',
  'registry_unreachable',
]

/** A verb that asks a registry: who and where come from flags, environment or context. */
export function registryVerb(help: VerbHelp): Command {
  const problems = [...new Set([...everyCall, ...(help.problems ?? [])])]
  return createVerb({ ...help, problems })
    .option('--url <url>', 'the registry (else HEADGATE_URL, else the context)')
    .option(
      '--token-file <file>',
      'the file with the token (else HEADGATE_TOKEN, HEADGATE_TOKEN_FILE, the context)',
    )
    .option('--context <name>', 'a context of the configuration file')
}

/** For verbs that change something. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'let the registry check and show everything, and change nothing')
}

export function appOption(): Option {
  return new Option('--app <app>', 'the app').makeOptionMandatory()
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}

function helpText({ example, problems = [], exits = {} }: VerbHelp): string {
  const codes = [...byExitCode(problems)].map(([exit, names]) => [exit, names.join(', ')] as const)
  const answers = Object.entries(exits).map(([exit, meaning]) => [Number(exit), meaning] as const)
  const lines = [...codes, ...answers].map(([exit, text]) => `  ${String(exit).padEnd(4)} ${text}`)
  return `Example:\n  ${example}\n${lines.length === 0 ? '' : `\nExit codes besides 0, and the problems behind them:\n${lines.join('\n')}\n`}`
}
