/** One run of the program: a command line to an exit code. Every error ends here, as a report. */
import { type Command, CommanderError } from 'commander'
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { Exit } from './exit.ts'
import { reportProblem } from './problem-report.ts'
import { createProgram, findNoun, findVerb } from './program.ts'
import { printTopic } from './topics.ts'

/** Options that may stand before the verb, and whether a value follows. */
const movable: Readonly<Record<string, boolean>> = {
  '--json': false,
  '--quiet': false,
  '--url': true,
  '--token-file': true,
  '--context': true,
  '--dir': true,
}

/** Never rejects. */
export async function run(deps: Deps): Promise<number> {
  const words = helpLast(verbFirst(deps.argv))
  const entry = findVerb(words)
  const verb = ['headgate', entry?.path ?? nounIn(words)].filter(Boolean).join(' ')
  let program: Command | undefined
  try {
    if (words[0] === 'help') await printTopic(deps.out.stdout, words.slice(1))
    else {
      program = await createProgram(deps, entry)
      if (words.length === 0) program.outputHelp()
      else await program.parseAsync([...words], { from: 'user' })
    }
    return 0
  } catch (error) {
    if (error instanceof Exit) return error.code
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    // Commander has printed the help of a noun that came without its verb.
    if (error instanceof CommanderError && error.code === 'commander.help') return 2
    const problem = error instanceof CommanderError ? usageProblem(error, strangers(program, words)) : error
    return reportProblem(deps.out, problem, { json: asksForJson(words), verb })
  }
}

/** `--json release list` and `release --json list` mean `release list --json`. */
function verbFirst(argv: readonly string[]): readonly string[] {
  const path: string[] = []
  const options: string[] = []
  let index = 0
  const isGoingOn = () =>
    path.length === 0 || (findVerb(path) === undefined && findNoun(path)?.length === path.length)
  for (; index < argv.length && isGoingOn(); index++) {
    const word = argv[index] ?? ''
    if (!word.startsWith('-')) {
      path.push(word)
      continue
    }
    const hasValue = movable[word.split('=')[0] ?? '']
    if (hasValue === undefined) break
    options.push(word)
    if (hasValue && !word.includes('=')) options.push(argv[++index] ?? '')
  }
  return [...path, ...options, ...argv.slice(index)]
}

/** `help release publish` is `release publish --help`; a topic that is no verb stays one. */
function helpLast(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words
  if (first !== 'help' || rest.length === 0) return first === 'help' ? [] : words
  return findVerb(rest) !== undefined || nounIn(rest) !== undefined ? [...rest, '--help'] : words
}

function nounIn(words: readonly string[]): string | undefined {
  return findNoun(words)?.join(' ')
}

function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return words.slice(0, end === -1 ? words.length : end).includes('--json')
}

/** Long options that the verb does not have. Commander misses a required one first, and what was mistyped is it. */
function strangers(program: Command | undefined, words: readonly string[]): string[] {
  const known = new Set<string | undefined>(['--help'])
  for (let at = program; at; at = at.commands.length === 1 ? at.commands[0] : undefined) {
    for (const { long } of at.options) known.add(long)
  }
  const end = words.indexOf('--')
  return words
    .slice(0, end === -1 ? words.length : end)
    .filter((word) => word.startsWith('--') && !known.has(word.split('=')[0]))
}

// Commander says "error: unknown option '--x'\n(Did you mean --y?)".
function usageProblem({ code, message }: CommanderError, unknown: readonly string[]): Problem {
  const text = message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim()
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`
  const isMissing = code === 'commander.missingMandatoryOptionValue' && unknown.length > 0
  return new Problem(
    'invalid_input',
    isMissing ? `${sentence} There is no option ${unknown.join(', ')} here.` : sentence,
  )
}
