/** A table of what a command refuses, and the codes that its source can raise: the two must be the same. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ProblemCode } from '../../../shared/domain/problem.ts'
import { problemOf, type RegistryStory } from '../../support/builders.ts'
import { plainState } from '../plain-state.ts'

export interface Refusal {
  readonly when: string
  readonly code: ProblemCode
  readonly says: string
  readonly hint?: string
  /** Checked where they are told here. */
  readonly numbers?: Readonly<Record<string, unknown>>
  readonly registry: () => RegistryStory
  readonly act: (registry: RegistryStory) => unknown
}

/** Every refusal as told, with nothing recorded; and no code of the source left out. */
export function testRefusals(file: string, refusals: readonly Refusal[]): void {
  test.each(refusals)('$code: $when', ({ code, says, hint, numbers, registry, act }) => {
    const story = registry()
    const [before, events] = [plainState(story.state), story.events.length]
    const problem = problemOf(() => act(story))
    expect({ code: problem.code, message: problem.message, hint: problem.hint }).toEqual({
      code,
      message: says,
      hint,
    })
    if (numbers) expect(problem.numbers).toEqual(numbers)
    expect(plainState(story.state)).toEqual(before)
    expect(story.events).toHaveLength(events)
  })

  test(`every code that ${file} can raise is among them`, () => {
    const source = readFileSync(new URL(`../../../shared/domain/commands/${file}`, import.meta.url), 'utf8')
    const raised = [...source.matchAll(/new Problem\(\s*'([a-z_]+)'/g)].map(([, code]) => code)
    expect(raised.length).toBe(source.split('new Problem(').length - 1)
    const told = new Set<string | undefined>(refusals.map(({ code }) => code))
    expect(raised.filter((code) => !told.has(code))).toEqual([])
  })
}
