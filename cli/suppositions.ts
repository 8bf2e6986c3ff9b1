/**
 * Suppositions as a person writes them: the words of the commands that they stand for, one behind the other with `then`
 * between them. Parsed here, judged by the registry.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { SimulationAskedBody } from '../shared/contract/simulate.ts'
import { toIso } from '../shared/domain/instants.ts'
import { presets } from '../shared/domain/policy.ts'
import { Problem } from '../shared/domain/problem.ts'
import { remedies, severities } from '../shared/domain/yank.ts'
import type { Deps } from './deps.ts'
import { parseUntil } from './duration.ts'
import { labelsOf } from './labels.ts'
import { type PolicyBody, readPolicy } from './policy-file.ts'
import { readRollout } from './rollout-file.ts'

type Supposition = SimulationAskedBody['suppositions'][number]
type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

interface Reading {
  readonly deps: Pick<Deps, 'cwd' | 'stdin' | 'clock'>
  readonly words: readonly string[]
  readonly flags: Flags
  /** The policy that a channel has now: a document says only what it changes of it. */
  readonly policyOf: (channel: string) => Promise<PolicyBody>
}

interface Form {
  /** As it is shown in the help. */
  readonly usage: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  readonly read: (reading: Reading) => Promise<Supposition> | Supposition
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const several = { type: 'string', multiple: true } as const
const choice = { channel: text, where: several, rack: several }
const scope = { channel: text, everywhere: flag }

const forms: Readonly<Record<Supposition['suppose'], Form>> = {
  promote: {
    usage: 'promote [VERSION] --to CHANNEL [--rollout PRESET|FILE] [--acknowledge NAME --note TEXT]',
    options: { to: text, rollout: text, acknowledge: several, note: text },
    read: async ({ deps, words, flags }) => ({
      suppose: 'promote',
      to: required(flags, 'to', 'promote VERSION --to CHANNEL'),
      acknowledge: listIn(flags.acknowledge),
      ...given('version', words[0]),
      ...given('note', textIn(flags.note)),
      ...given('rollout', await rolloutIn(deps, textIn(flags.rollout))),
    }),
  },
  revert: {
    usage: 'revert CHANNEL [--to VERSION] [--recall]',
    options: { to: text, recall: flag },
    read: ({ words, flags }) => ({
      suppose: 'revert',
      channel: first(words, 'revert CHANNEL'),
      recall: flags.recall === true,
      ...given('to', textIn(flags.to)),
    }),
  },
  yank: {
    usage: `yank RANGE --severity ${severities.join('|')} [--remedy ${remedies.join('|')}] [--to VERSION] [--all-at-once]`,
    options: { severity: text, remedy: text, to: text, 'all-at-once': flag },
    read: ({ words, flags }) => ({
      suppose: 'yank',
      range: first(words, 'yank A..B'),
      severity: oneOf(severities, flags, 'severity'),
      remedy: flags.remedy === undefined ? 'rollback' : oneOf(remedies, flags, 'remedy'),
      allAtOnce: flags['all-at-once'] === true,
      ...given('to', textIn(flags.to)),
    }),
  },
  freeze: {
    usage: 'freeze [--channel CHANNEL | --everywhere] [--all] [--until WHEN]',
    options: { ...scope, all: flag, until: text },
    read: ({ deps, flags }) => ({
      suppose: 'freeze',
      ...scopeIn(flags),
      all: flags.all === true,
      ...given('until', whenIn(deps, '--until', textIn(flags.until))),
    }),
  },
  unfreeze: {
    usage: 'unfreeze [--channel CHANNEL | --everywhere]',
    options: scope,
    read: ({ flags }) => ({ suppose: 'unfreeze', ...scopeIn(flags) }),
  },
  policy: {
    usage: `policy CHANNEL --file FILE | --preset ${Object.keys(presets).join('|')}`,
    options: { file: text, preset: text },
    read: async ({ deps, words, flags, policyOf }) => {
      const channel = first(words, 'policy CHANNEL --file FILE')
      const preset = flags.preset === undefined ? undefined : oneOf(presetNames, flags, 'preset')
      const source = { ...given('file', textIn(flags.file)), ...given('preset', preset) }
      return { suppose: 'policy', channel, policy: await readPolicy(deps, source, await policyOf(channel)) }
    },
  },
  window: {
    usage:
      'window "CRON" --minutes N --zone ZONE, or: window none  [--channel, --where NAME=VALUE, --rack RACK]',
    options: { minutes: text, zone: text, except: several, ...choice },
    read: ({ words, flags }) => {
      const start = first(words, 'window "0 2 * * *" --minutes 120 --zone Europe/Berlin')
      if (start === 'none') return { suppose: 'window', window: null, ...choiceIn(flags) }
      const except = listIn(flags.except)
      const window = {
        start,
        minutes: wholeIn(flags, 'minutes'),
        zone: required(flags, 'zone', 'window "0 2 * * *" --minutes 120 --zone Europe/Berlin'),
        ...(except.length > 0 && { except }),
      }
      return { suppose: 'window', window, ...choiceIn(flags) }
    },
  },
  label: {
    usage: 'label NAME=VALUE… (NAME- takes it away)  [--channel, --where NAME=VALUE, --rack RACK]',
    options: choice,
    read: ({ words, flags }) => ({
      suppose: 'label',
      labels: Object.fromEntries(
        [first(words, 'label tier=canary --rack RACK'), ...words.slice(1)].map(labelIn),
      ),
      ...choiceIn(flags),
    }),
  },
  time: {
    usage: 'time WHEN: everything behind it happens then, and so does the answer',
    options: {},
    read: ({ deps, words }) => {
      const when = first(words, 'time 2026-12-24T02:00:00Z')
      return { suppose: 'time', at: toIso(parseUntil('time', when, deps.clock.now())) }
    },
  },
}

const presetNames = Object.keys(presets).flatMap((name) => (isPreset(name) ? [name] : []))

/** One line each, for the help. */
export const suppositionForms: readonly string[] = Object.values(forms).map(({ usage }) => usage)

/** Raises `invalid_input` and `invalid_date`, with the form that was meant. */
export async function readSuppositions(
  deps: Reading['deps'],
  words: readonly string[],
  policyOf: Reading['policyOf'],
): Promise<Supposition[]> {
  const read: Supposition[] = []
  for (const [name = '', ...rest] of split(words)) {
    const form = Object.entries(forms).find(([known]) => known === name)?.[1]
    if (!form) {
      throw new Problem(
        'invalid_input',
        `${name === '' ? 'Nothing is supposed there' : `"${name}" is no supposition`}; there are: ${Object.keys(forms).join(', ')}.`,
        { hint: 'headgate simulate --help' },
      )
    }
    read.push(await form.read({ deps, policyOf, ...parsed(name, form, rest) }))
  }
  return read
}

function split(words: readonly string[]): string[][] {
  const parts: string[][] = [[]]
  for (const word of words) {
    if (word === 'then') parts.push([])
    else parts.at(-1)?.push(word)
  }
  return parts
}

function parsed(name: string, { options, usage }: Form, args: string[]): Pick<Reading, 'words' | 'flags'> {
  const most = name === 'label' ? Number.POSITIVE_INFINITY : 1
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true })
    if (positionals.length <= most) return { words: positionals, flags: values }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const why = error.message.split('. ')[0] ?? error.message
    throw new Problem('invalid_input', `${name}: ${why}.`, { hint: `headgate simulate ${usage}` })
  }
  throw new Problem('invalid_input', `${name} was given more than one word that is no option.`, {
    hint: `headgate simulate ${usage}`,
  })
}

function scopeIn({ channel, everywhere }: Flags) {
  return { ...given('channel', textIn(channel)), ...(everywhere === true && { everywhere }) }
}

function choiceIn({ channel, where, rack }: Flags) {
  const [labels, racks] = [listIn(where), listIn(rack)]
  return {
    ...given('channel', textIn(channel)),
    ...(labels.length > 0 && { where: labelsOf(labels) }),
    ...(racks.length > 0 && { racks }),
  }
}

function labelIn(word: string): readonly [string, string | null] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(word) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  const [, removed] = /^([^=]+)-$/.exec(word) ?? []
  if (removed !== undefined) return [removed, null]
  throw new Problem('invalid_input', `"${word}" is neither NAME=VALUE nor NAME-.`)
}

function first(words: readonly string[], form: string): string {
  const [word] = words
  if (word !== undefined) return word
  throw new Problem('invalid_input', 'A word is missing there.', {
    hint: `headgate simulate ${form} --app APP`,
  })
}

function required(flags: Flags, name: string, form: string): string {
  const value = textIn(flags[name])
  if (value !== undefined) return value
  throw new Problem('invalid_input', `--${name} is missing there.`, {
    hint: `headgate simulate ${form} --app APP`,
  })
}

function oneOf<Name extends string>(names: readonly Name[], flags: Flags, flagName: string): Name {
  const found = names.find((name) => name === flags[flagName])
  if (found !== undefined) return found
  throw new Problem('invalid_input', `--${flagName} is one of: ${names.join(', ')}.`)
}

function wholeIn(flags: Flags, name: string): number {
  const value = textIn(flags[name]) ?? ''
  if (/^\d{1,6}$/.test(value)) return Number(value)
  throw new Problem('invalid_input', `--${name} is a whole number there, such as 120.`)
}

function whenIn({ clock }: Reading['deps'], name: string, when: string | undefined): string | undefined {
  return when === undefined ? undefined : toIso(parseUntil(name, when, clock.now()))
}

async function rolloutIn(deps: Reading['deps'], named: string | undefined) {
  return named === undefined ? undefined : readRollout(deps, named)
}

function textIn(value: Flags[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function listIn(value: Flags[string]): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function isPreset(name: string): name is keyof typeof presets {
  return Object.hasOwn(presets, name)
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  const one: Partial<Record<Name, Value>> = {}
  if (value !== undefined) one[name] = value
  return one
}
