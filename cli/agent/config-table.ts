/**
 * Reads one table of a configuration file by hand: every key is asked for by name and kind, and what nobody asked
 * for is refused with the likely spelling. (A schema library costs more start time than all of `headgate check`.)
 */

import { Problem } from '../../shared/domain/problem.ts'

export interface ConfigTable {
  text(key: string, rule?: TextRule): string
  optionalText(key: string, rule?: TextRule): string | undefined
  number(key: string, rule: NumberRule): number
  optionalNumber(key: string, rule: Omit<NumberRule, 'fallback'>): number | undefined
  flag(key: string, fallback: boolean): boolean
  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T
  /** A command: one string for the shell, or a list of words. */
  optionalCommand(key: string): string | readonly string[] | undefined
  texts(key: string): readonly string[] | undefined
  numbers(key: string): readonly number[] | undefined
  /** An empty table when the key is absent. */
  table(key: string): ConfigTable
  tables(key: string): readonly ConfigTable[]
  keys(): readonly string[]
  has(key: string): boolean
  value(key: string): unknown
  /** Throws for the first key that was not asked for, here and in the tables below. */
  refuseTheRest(): void
  /** This table with other values: a template that is filled in. Refuses its own strays. */
  filled(values: Values): ConfigTable
  /** A problem with one of this table's keys. */
  wrong(key: string, expected: string): Problem
}

export interface TextRule {
  readonly matches: (text: string) => boolean
  /** Completes "must be …". */
  readonly expected: string
}

export interface NumberRule {
  readonly fallback: number
  readonly from: number
  readonly to: number
  /** Whole numbers unless this is set. */
  readonly fractions?: boolean
}

type Values = Readonly<Record<string, unknown>>

function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** Levenshtein's distance, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const plain = (key: string) => key.toLowerCase().replaceAll(/[-_]/g, '')

/** The choice that was probably meant, or null. */
function likelyMeant(typed: string, choices: readonly string[]): string | null {
  const ranked = choices
    .map((choice) => ({ choice, far: distance(plain(typed), plain(choice)) }))
    .toSorted((a, b) => a.far - b.far)
  const best = ranked[0]
  return best !== undefined && best.far <= (typed.length < 4 ? 1 : Math.max(2, Math.floor(typed.length / 3)))
    ? best.choice
    : null
}

function shown(value: unknown): string {
  if (isTable(value)) return 'a table'
  return value instanceof Date ? 'a date' : JSON.stringify(value)
}

/** `where` is how the table is called in messages, such as "[driver]"; '' for the file itself. */
export function configTable(values: Values, where: string, file: string): ConfigTable {
  const asked = new Set<string>()
  const below: ConfigTable[] = []
  const place = (key: string) => (where === '' ? `[${key}]` : `${where} ${key}`)

  function problem(message: string): Problem {
    return new Problem('invalid_input', `${file}: ${message}.`, { hint: `edit ${file}` })
  }
  function ask(key: string): unknown {
    asked.add(key)
    return Object.hasOwn(values, key) ? values[key] : undefined
  }
  function wrong(key: string, expected: string): Problem {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    if (value === undefined) {
      const strays = Object.keys(values).filter((each) => !asked.has(each))
      const stray = strays.find((each) => likelyMeant(each, [key]) === key)
      const help = stray === undefined ? '' : ` (did you mean it by "${stray}"?)`
      return problem(`${place(key)} is missing: it must be ${expected}${help}`)
    }
    return problem(`${place(key)} must be ${expected}, but is ${shown(value)}`)
  }
  function optionalText(key: string, rule?: TextRule): string | undefined {
    const value = ask(key)
    if (value === undefined) return undefined
    const isText = typeof value === 'string' && value.trim() !== ''
    if (!isText) throw wrong(key, rule?.expected ?? 'a text that is not empty')
    if (rule !== undefined && !rule.matches(value)) throw wrong(key, rule.expected)
    return value
  }
  function optionalNumber(key: string, rule: Omit<NumberRule, 'fallback'>): number | undefined {
    const value = ask(key)
    if (value === undefined) return undefined
    const isNumber = typeof value === 'number' && (rule.fractions === true || Number.isInteger(value))
    if (isNumber && value >= rule.from && value <= rule.to) return value
    throw wrong(key, `a ${rule.fractions ? '' : 'whole '}number from ${rule.from} to ${rule.to}`)
  }
  function list<T>(
    key: string,
    is: (value: unknown) => value is T,
    expected: string,
  ): readonly T[] | undefined {
    const value = ask(key)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.length > 0 && value.every(is)) return value
    throw wrong(key, expected)
  }
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

  const table: ConfigTable = {
    wrong,
    optionalText,
    optionalNumber,
    value: ask,
    has: (key) => Object.hasOwn(values, key),
    filled: (others) => configTable(others, where, file),
    keys: () => Object.keys(values),
    text(key, rule) {
      const value = optionalText(key, rule)
      if (value === undefined) throw wrong(key, rule?.expected ?? 'a text')
      return value
    },
    number: (key, rule) => optionalNumber(key, rule) ?? rule.fallback,
    flag(key, fallback) {
      const value = ask(key)
      if (value === undefined) return fallback
      if (typeof value !== 'boolean') throw wrong(key, 'true or false')
      return value
    },
    oneOf(key, choices, fallback) {
      const value = ask(key)
      if (value === undefined && fallback !== undefined) return fallback
      const choice = choices.find((each) => each === value)
      if (choice !== undefined) return choice
      const meant = typeof value === 'string' ? likelyMeant(value, choices) : null
      const names = choices.map((each) => `"${each}"`).join(', ')
      throw wrong(key, `one of ${names}${meant === null ? '' : ` (did you mean "${meant}"?)`}`)
    },
    optionalCommand(key) {
      const value = ask(key)
      if (value === undefined) return undefined
      if (typeof value === 'string' && value.trim() !== '') return value
      if (Array.isArray(value) && value.length > 0 && value.every(isText)) return value
      throw wrong(key, 'a command: a text for the shell, or a list of words')
    },
    texts: (key) => list(key, isText, 'a list of texts'),
    numbers: (key) => list(key, (value): value is number => typeof value === 'number', 'a list of numbers'),
    table(key) {
      const value = ask(key) ?? {}
      if (!isTable(value)) throw wrong(key, 'a table')
      const child = configTable(value, where === '' ? `[${key}]` : `${where} ${key}`, file)
      below.push(child)
      return child
    },
    tables(key) {
      const value = ask(key) ?? []
      if (!Array.isArray(value) || !value.every(isTable)) throw wrong(key, `tables, each headed [[${key}]]`)
      const path = where === '' ? key : `${where.slice(1, -1)}.${key}`
      const children = value.map((each, index) => {
        const name = typeof each.name === 'string' ? ` "${each.name}"` : ` number ${index + 1}`
        return configTable(each, `[[${path}]]${name}`, file)
      })
      below.push(...children)
      return children
    },
    refuseTheRest() {
      const unknown = Object.keys(values).find((key) => !asked.has(key))
      if (unknown !== undefined) {
        const meant = likelyMeant(unknown, [...asked])
        const known = [...asked].toSorted().join(', ')
        const help = meant === null ? `known here: ${known}` : `did you mean "${meant}"?`
        throw problem(`${place(unknown)} is not a setting (${help})`)
      }
      for (const child of below) child.refuseTheRest()
    },
  }
  return table
}
