/** Help about what is no verb: `headgate help exit-codes`. */
import { Problem, type ProblemCode, problems } from '../shared/domain/problem.ts'
import { byExitCode, exitCodes } from './exit-codes.ts'
import { type Sink, shownOn } from './output.ts'
import { formatTable } from './table.ts'

const topics: Readonly<Record<string, () => readonly string[] | Promise<readonly string[]>>> = {
  'exit-codes': aboutExitCodes,
  // Loaded when it is asked for, as a verb is.
  rollouts: async () => (await import('./topic-rollouts.ts')).aboutRollouts(),
}

/** Raises `invalid_input` for a topic that there is none of. */
export async function printTopic(sink: Sink, words: readonly string[]): Promise<void> {
  const name = words.join(' ')
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined
  if (!topic) {
    throw new Problem(
      'invalid_input',
      `There is no help about "${name}"; the topics are: ${Object.keys(topics).join(', ')}.`,
      {
        hint: 'headgate --help',
      },
    )
  }
  const lines = await topic()
  sink.write(lines.map((line) => `${shownOn(sink, line)}\n`).join(''))
}

function aboutExitCodes(): readonly string[] {
  const meanings = Object.entries(exitCodes).map(([code, meaning]) => [code, meaning])
  const behind = [...byExitCode(allCodes())].flatMap(([exit, codes]) =>
    codes.map((code) => [String(exit), code, problems[code].title]),
  )
  return [
    ...formatTable(['exit', 'meaning'], meanings),
    '',
    'With --json a problem is one line on stderr, with its code:',
    '',
    ...formatTable(['exit', 'problem', 'meaning'], behind),
  ]
}

function allCodes(): ProblemCode[] {
  return Object.keys(problems).filter((code): code is ProblemCode => Object.hasOwn(problems, code))
}
