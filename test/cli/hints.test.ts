// Every `headgate …` that a hint, a next line, a comment or a page tells a person to run is a command line that the
// program itself understands: the verb is there, its flags are there, and so is what it cannot do without.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Option } from 'commander'
import { expect, test } from 'vitest'
import { findNoun, findVerb, verbs } from '../../cli/program.ts'
import { suppositionForms } from '../../cli/suppositions.ts'
import { furnish } from './shell.ts'

interface Mention {
  readonly where: string
  readonly words: readonly string[]
  /** Said to be run as it stands; a bare name of a verb is not. */
  readonly isWhole: boolean
}

/** What follows the name of the program where it is spoken about and not called. */
const prose =
  /^([A-Z…]|(agent's|and|has|in|is|itself|keeps|may|never|on|or|parameters key|recorded|than|that|was|will|wrote)\b)/

/** A line ends at what ends it for a shell, and at what ends the text that it stands in. */
const call = /\bheadgate ((?:"[^"\n]*"|[^\s"'`;|&()]+|\|(?=[a-z])|[ ])+)/g

const root = join(import.meta.dirname, '../..')

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
}

/** Sources as the text that they print: what is put in is a word, and what goes on in the next literal goes on. */
function textOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  if (path.endsWith('.md')) return text.replaceAll(/ \\\n\s+/g, ' ')
  return text
    .replaceAll(/\\(['"`])/g, '$1')
    .replaceAll(/(['`]) \+\n\s*['`]/g, '')
    .replaceAll(/(?<=[a-z])\$\{(?:[^{}]|\{[^{}]*\})*\}/g, ' ')
    .replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, 'X')
    .replaceAll("'X'", 'X')
}

function mentionsIn(path: string): Mention[] {
  const text = textOf(path)
  return [...text.matchAll(call)].flatMap((match) => {
    const [whole, line = ''] = match
    if (prose.test(line) || text[match.index - 1] === '/') return []
    const where = `${path}:${text.slice(0, match.index).split('\n').length}: ${whole.trim()}`
    return alternatives(wordsOf(line)).map((words) => ({ where, words, isWhole: isSaid(path, text, match) }))
  })
}

/** By the program, and as a whole: neither in a comment, nor with something left out. */
function isSaid(path: string, text: string, { index, 0: whole }: RegExpExecArray): boolean {
  const before = text.slice(text.lastIndexOf('\n', index) + 1, index)
  return path.endsWith('.ts') && !/^\s*(\/\*|\*|\/\/)/.test(before) && !/ …/.test(whole)
}

function wordsOf(line: string): string[] {
  const said = line.replace(/\s#.*$/, '').replace(/[.,:…]+(\s|$)/g, ' ')
  return [...said.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''))
}

/** `agent run|once` are two. */
function alternatives(words: readonly string[]): readonly (readonly string[])[] {
  const index = words.findIndex((word) => /^[a-z-]+(\|[a-z-]+)+$/.test(word))
  if (index < 0) return [words]
  return (words[index] ?? '').split('|').map((word) => words.with(index, word))
}

const loaded = new Map<string, Command>()
for (const { path, load } of verbs) loaded.set(path, (await load())(furnish([]).deps))

/** What the program would say of it; undefined when it would run. */
function wrongWith({ words, isWhole }: Mention): string | undefined {
  const [first = ''] = words
  if (/^(--help|--version|help|<command>|X.*)$/.test(first)) return undefined
  const entry = findVerb(words)
  if (!entry) {
    // Which of its verbs is only known when it is said.
    const after = words[findNoun(words)?.length ?? 0]
    return findNoun(words) && (after === undefined || after === 'X') ? undefined : 'no such verb'
  }
  const command = loaded.get(entry.path)
  if (!command) return 'cannot be loaded'
  const rest = words.slice(entry.path.split(' ').length)
  const given = new Set<Option>()
  let places = 0
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? ''
    if (!/^--?[a-z]/.test(word)) {
      places++
      continue
    }
    const option = command.options.find(({ long, short }) => long === word || short === word)
    if (word === '--help') return undefined
    // Its suppositions are commands of their own, whose forms the help lists.
    if (!option && entry.path === 'simulate' && suppositionForms.some((form) => form.includes(word))) continue
    if (!option) return `${entry.path} has no ${word}`
    given.add(option)
    if (option.required || (option.optional && !rest[index + 1]?.startsWith('-'))) index++
  }
  if (!isWhole || given.size === 0) return undefined
  const missing = command.options.find(
    (option) => option.mandatory && option.defaultValue === undefined && !given.has(option),
  )
  if (missing) return `${entry.path} wants ${missing.long}`
  const wanted = command.registeredArguments.filter(({ required }) => required)
  if (places < wanted.length) return `${entry.path} wants <${wanted[places]?.name()}>`
  return undefined
}

const sources = [
  ...['cli', 'server', 'shared'].flatMap((folder) => filesIn(folder, /\.ts$/)),
  ...filesIn('docs', /\.md$/),
  'README.md',
]
const mentions = sources.flatMap(mentionsIn)

test('commands are mentioned at all: many, and of most verbs', () => {
  expect(mentions.length).toBeGreaterThan(200)
})

test.each([
  ['headgate updat --dir X', 'no such verb'],
  ['headgate update --dir X --now', 'update has no --now'],
  ['headgate rack forget X --confirm X --reason X', 'rack forget wants --app'],
  ['headgate rack pin --app rack --reason X', 'rack pin wants <rack>'],
  ['headgate agent run|start --dir X', 'no such verb'],
])('%s would be found out: %s', (line, why) => {
  const said = alternatives(wordsOf(line.replace('headgate ', '')))
  expect(said.map((words) => wrongWith({ where: '', words, isWhole: true }))).toContain(why)
})

test('what is said on a rack names its directory: without it another rack of this machine would be meant', () => {
  // Those two speak of the program that wrote a unit.
  const isOfUnits = ({ where }: Mention) => /^cli\/agent\/install\/unit-(text|folder)\.ts/.test(where)
  const isVerbOfRack = ({ where }: Mention) =>
    findVerb([/^cli\/commands\/([a-z]+)\.ts/.exec(where)?.[1] ?? ''])?.group === 'rack'
  const wrong = mentions.filter(
    (mention) =>
      mention.isWhole &&
      (mention.where.startsWith('cli/agent/') || isVerbOfRack(mention)) &&
      !isOfUnits(mention) &&
      findVerb(mention.words)?.group === 'rack' &&
      !mention.words.includes('--dir') &&
      !mention.words.includes('--rack'),
  )
  expect(wrong.map(({ where }) => where)).toEqual([])
})

test('every command that is mentioned exists, with its flags', () => {
  const wrong = mentions.flatMap((mention) => {
    const why = wrongWith(mention)
    return why === undefined ? [] : [`${mention.where}\n    ${why}`]
  })
  expect(wrong).toEqual([])
})
