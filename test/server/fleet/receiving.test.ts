// When the registry was receiving: gaps in which nobody was heard are taken out, and what is only rare is not.
import { describe, expect, test } from 'vitest'
import { createReceiving, shortestGap } from '../../../server/fleet/receiving.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'

const noon = Date.UTC(2016, 7, 16, 12)
const at = (hours: number) => noon + hours * hour

/** Minutes between two hours, when it was heard at these. */
function heard(hours: readonly number[], last?: number) {
  const receiving = createReceiving(last === undefined ? undefined : at(last))
  for (const one of hours) receiving.note(at(one))
  return (from: number, to: number, silence = shortestGap) =>
    receiving.between(at(from), at(to), silence) / minute
}

describe('the time between', () => {
  test('is all of it while somebody is heard every quarter of an hour', () => {
    expect(heard([0, 0.25, 0.5, 0.75, 1])(0, 1)).toBe(60)
  })

  test('is less by every gap, and by as much of a gap as lies between', () => {
    const between = heard([0, 0.1, 3, 3.1, 5])
    expect(between(0, 5)).toBeCloseTo(60 * (0.1 + 0.1))
    expect(between(1, 2)).toBe(0)
    expect(between(2, 4)).toBeCloseTo(60 * 0.1)
    expect(between(3, 3.1)).toBeCloseTo(6)
  })

  test('is not less by what is no gap for racks that ask so rarely', () => {
    const between = heard([0, 6, 12])
    expect(between(0, 12, 18 * hour)).toBe(720)
    expect(between(0, 12, 5 * hour)).toBe(0)
  })

  test('before this process was heard of is a gap from the last word that is known', () => {
    expect(heard([8], 0)(0, 8)).toBe(0)
    expect(heard([8])(0, 8)).toBe(480)
  })

  test('is never less than nothing, and words from the past open no gap', () => {
    const between = heard([2, 1, 2.1])
    expect(between(2, 2.1)).toBeCloseTo(6)
    expect(between(2.1, 2)).toBe(0)
  })

  test('remembers the last hundred gaps, which is more than any soak is long', () => {
    const hours = Array.from({ length: 151 }, (_, index) => index)
    expect(heard(hours)(51, 150)).toBe(0)
    expect(heard(hours)(0, 50)).toBe(50 * 60)
  })
})
