/** What does not fit its schema, for the person who wrote it: the field, what is asked there, and what stands there. */
import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** Without a full stop. `whole` names the input where the issue is about all of it. */
export function issueWords(issue: Issue, input: unknown, whole: string): string {
  const where = issue.path.join('.') || whole
  const found = issue.path.reduce(within, input)
  if (found === undefined) return `${where} is missing: expected ${expectedWords(issue)}`
  if (issue.code === 'invalid_type')
    return `${where}: expected ${expectedWords(issue)}, found ${kindOf(found)}`
  return `${where}: ${issue.message}`
}

function within(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'names with values',
  record: 'names with values',
}

function expectedWords(issue: Issue): string {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ')
  // A schema of several has words of its own.
  return issue.message.replace(/^expected /i, '')
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return (Array.isArray(value) ? kinds.array : kinds[typeof value]) ?? typeof value
}
