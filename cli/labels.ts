/** Labels as they are given: `--label NAME=VALUE`, repeatable. */
import { Problem } from '../shared/domain/problem.ts'

export function labelsOf(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(given.map(labelOf))
}

function labelOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new Problem('invalid_input', `--label "${text}" is not of the form NAME=VALUE.`)
}
