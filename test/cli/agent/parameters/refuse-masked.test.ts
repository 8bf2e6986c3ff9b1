/** The guard in front of every write of parameters. */
import { describe, expect, it } from 'vitest'
import { refuseMasked } from '../../../../cli/agent/parameters/refuse-masked.ts'
import { Problem } from '../../../../shared/domain/problem.ts'

const placeholders = [/^\*{4,}$/, /^<redacted>$/]

function refusal(values: Readonly<Record<string, string>>, opaque: readonly string[] = []): Problem {
  try {
    refuseMasked(values, placeholders, new Set(opaque))
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was let through')
}

describe('a write', () => {
  it.each(['1', '*', '**', 'a****', '', '<redact>'])('of "%s" is let through', (value) => {
    expect(() => refuseMasked({ Key: value }, placeholders, new Set())).not.toThrow()
  })

  it.each(['****', '**********', ' ****\n', '<redacted>'])('of "%s" is refused', (value) => {
    const problem = refusal({ Key: value })
    expect(problem.code).toBe('masked_value')
    expect(problem.numbers).toEqual({ names: ['Key'] })
  })

  it('under a name that cannot be read is refused, whatever the value looks like', () => {
    expect(refusal({ Password: 'swordfish' }, ['Password']).message).toContain('Password (it cannot be read')
  })

  it('is refused by all names at once, and never tells a value', () => {
    const problem = refusal({ A: '****', B: 'swordfish', C: 'fine' }, ['B'])
    expect(problem.numbers).toEqual({ names: ['A', 'B'] })
    expect(JSON.stringify([problem.message, problem.hint, problem.numbers])).not.toMatch(/swordfish|\*\*\*\*/)
  })

  it('is refused each time by a pattern that remembers where it stopped', () => {
    const global = [/\*{4,}/g]
    for (let time = 0; time < 3; time += 1) {
      expect(() => refuseMasked({ Key: '****' }, global, new Set())).toThrow(Problem)
    }
  })
})
