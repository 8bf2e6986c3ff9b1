/**
 * Whoever is on call pastes what the program prints. Every command that it names is kept, and pasted: its verb and each
 * of its flags are in `--help`, and with `--dry-run` it is understood, where the words in capitals are filled in.
 */
import { expect } from 'vitest'
import { rackVerbs } from '../../cli/rack-verbs.ts'
import { registryVerbs } from '../../cli/registry-verbs.ts'
import type { Ended } from '../support/real-registry.ts'

type Runs = (words: readonly string[]) => Promise<Ended>

export interface HintBook {
  /** Reads what a command printed, and pastes what it has not seen yet as the same person. */
  hear(ended: Ended, runs: Runs): Promise<void>
  /** Each once, in the order in which they were printed. */
  all(): readonly string[]
}

/** What stands in hints for what only the reader knows. */
const placeholders: Readonly<Record<string, string>> = {
  APP: 'issuer',
  CHANNEL: 'stable',
  FILE: 'release.tgz',
  NAME: 'somebody',
  URL: 'https://ci.example.com/7',
  VERSION: '9.9.9',
}

/** Would go on running, or asks for somebody else's machine. */
const neverPasted = /^(serve|agent run|agent supervise)$/

const verbs = [...rackVerbs, ...registryVerbs].map(({ path }) => path).sort((a, b) => b.length - a.length)

/** `own` fills in what differs from place to place, such as DIR. */
export function aHintBook(own: Readonly<Record<string, string>>): HintBook {
  const heard = new Set<string>()
  const helps = new Map<string, string>()

  async function helpOf(verb: string, runs: Runs): Promise<string> {
    const known = helps.get(verb)
    if (known !== undefined) return known
    const { code, stdout, stderr } = await runs([...verb.split(' '), '--help'])
    expect(code, `headgate ${verb} --help\n${stderr}`).toBe(0)
    helps.set(verb, stdout)
    return stdout
  }

  async function paste(hint: string, runs: Runs): Promise<void> {
    const words = shellWords(hint).slice(1)
    const line = words.join(' ')
    const verb = verbs.find((path) => line === path || line.startsWith(`${path} `))
    expect(verb, `a hint names a verb that does not exist: ${hint}`).toBeDefined()
    if (verb === undefined) return
    const help = await helpOf(verb, runs)
    for (const flag of words.filter((word) => word.startsWith('--')))
      expect(help, `a hint names a flag that does not exist: ${hint}`).toMatch(new RegExp(`${flag}\\b`))
    if (neverPasted.test(verb)) return
    const given = words.map((word) => ({ ...placeholders, ...own })[word] ?? word)
    // Whoever pastes it looks for a moment.
    const filled = verb === 'rollout watch' ? [...given, '--timeout', '1s'] : given
    const isSafe = !help.includes('--dry-run') || filled.includes('--help')
    const ended = await runs(isSafe ? filled : [...filled, '--dry-run'])
    expect([2, 70], `a hint does not work: ${hint}\n${ended.stderr}`).not.toContain(ended.code)
  }

  return {
    all: () => [...heard],
    async hear(ended, runs) {
      for (const hint of hintsIn(`${ended.stdout}\n${ended.stderr}`)) {
        if (heard.has(hint)) continue
        heard.add(hint)
        await paste(hint, runs)
      }
    },
  }
}

/** On a line of its own, behind a word or a sentence that announces it, in a remark behind another command, or as a field of JSON. */
export function hintsIn(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? hintFields(JSON.parse(line)) : [line]))
  return lines.flatMap((line) => {
    const announced = /^(?:(?:Try|Next|\s+to change it):\s+|.*: )?(headgate .*|export .*)$/.exec(line)?.[1]
    return announced === undefined ? [] : announced.split(/\s+#\s|: (?=headgate )/).filter(isCommand)
  })
}

const isCommand = (text: string): boolean => text.startsWith('headgate ')

function hintFields(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) =>
    name === 'hint' && typeof field === 'string' ? [field] : hintFields(field),
  )
}

/** As a shell reads them: single and double quotes, nothing else. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double))
}
