// The one table of problems: every code has a face that HTTP, the shell and a person can use.
import { describe, expect, test } from 'vitest'
import { isProblemCode, Problem, type ProblemCode, problems } from '../../shared/domain/problem.ts'

const codes: ProblemCode[] = Object.keys(problems).filter(isProblemCode)

/** The stable exit codes of the command line (4-rack.md), and the statuses of RFC 9110 that may go with each. */
const statusesOfExit: Readonly<Record<number, readonly number[]>> = {
  1: [400, 500],
  2: [400, 405, 413, 415, 416, 422],
  3: [409, 412, 422, 423],
  4: [401, 403],
  5: [404],
  6: [429, 502, 503],
  20: [500],
  21: [500],
  22: [500],
  75: [409, 423],
  130: [499],
}

describe('the table', () => {
  test.each(codes)('%s has a status that fits its exit code, and a title', (code) => {
    const { title, status, exit } = problems[code]
    expect(statusesOfExit[exit]).toContain(status)
    expect(title).toMatch(/^[A-Z].*[^.]$/)
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })

  test.each<[number, readonly ProblemCode[]]>([
    [400, ['invalid_input', 'invalid_version', 'invalid_range', 'invalid_date', 'unsupported_protocol']],
    [401, ['not_signed_in']],
    [403, ['not_allowed']],
    [405, ['method_not_allowed']],
    [
      409,
      [
        'name_taken',
        'release_differs',
        'same_order',
        'idempotency_conflict',
        'not_offered',
        'decision_moved',
        'attempt_over',
        'plan_moved',
      ],
    ],
    [409, ['already_enrolled', 'attempt_pending']],
    [412, ['revision_conflict']],
    [413, ['body_too_large']],
    [415, ['unsupported_media_type']],
    [416, ['not_acceptable_range']],
    [
      422,
      [
        'confirmation_required',
        'digest_mismatch',
        'yanked',
        'inside_open_yank',
        'not_forward',
        'not_in_feeder',
        'no_feeder',
        'never_served',
      ],
    ],
    [
      422,
      [
        'parameters_unacknowledged',
        'acknowledgement_without_change',
        'channel_empty',
        'not_proved',
        'below_floor',
        'artifact_unavailable',
      ],
    ],
    [422, ['preflight_failed', 'not_enrolled', 'declined']],
    [423, ['frozen', 'locked']],
    [429, ['too_many_requests']],
    [499, ['interrupted']],
    [500, ['update_failed', 'returned', 'stuck', 'chain_broken']],
    [502, ['registry_unreachable', 'artifact_unreachable', 'bad_answer', 'stale_answer']],
    [503, ['store_unavailable']],
  ])('%i: %j', (status, some) => {
    expect(some.map((code) => problems[code].status)).toEqual(some.map(() => status))
  })

  test('no two codes have one title', () => {
    expect(new Set(codes.map((code) => problems[code].title)).size).toBe(codes.length)
  })

  test('what is not found is 404 and exit 5, and nothing else is', () => {
    const notFound = codes.filter((code) => code.endsWith('not_found'))
    expect(codes.filter((code) => problems[code].status === 404)).toEqual(notFound)
    expect(codes.filter((code) => problems[code].exit === 5)).toEqual(notFound)
  })

  test('the exit codes that a script relies on', () => {
    const exits = (...some: ProblemCode[]): number[] => some.map((code) => problems[code].exit)
    expect(exits('invalid_input', 'not_enrolled', 'not_signed_in', 'not_allowed')).toEqual([2, 2, 4, 4])
    expect(exits('yanked', 'frozen', 'not_forward', 'declined', 'name_taken')).toEqual([3, 3, 3, 3, 3])
    expect(exits('registry_unreachable', 'store_unavailable', 'too_many_requests')).toEqual([6, 6, 6])
    expect(exits('returned', 'stuck', 'locked', 'interrupted')).toEqual([20, 21, 75, 130])
    expect(exits('update_failed', 'chain_broken', 'unsupported_protocol')).toEqual([1, 1, 1])
    expect(
      exits('body_too_large', 'unsupported_media_type', 'not_acceptable_range', 'method_not_allowed'),
    ).toEqual([2, 2, 2, 2])
  })
})

describe('a Problem', () => {
  test('carries its code, its face, what to do and the numbers', () => {
    const problem = new Problem('frozen', 'Nothing moves.', {
      hint: 'headgate unfreeze',
      numbers: { until: 1 },
    })
    expect(problem).toBeInstanceOf(Error)
    expect({ ...problem, message: problem.message }).toEqual({
      name: 'Problem',
      code: 'frozen',
      message: 'Nothing moves.',
      hint: 'headgate unfreeze',
      numbers: { until: 1 },
    })
    expect(problem.face).toEqual({ title: 'Frozen', status: 423, exit: 3 })
  })

  test('may have neither', () => {
    const problem = new Problem('not_found', 'Nothing here.')
    expect([problem.hint, problem.numbers]).toEqual([undefined, undefined])
  })

  test('a code is one of the table, and not what every object has', () => {
    expect(isProblemCode('frozen')).toBe(true)
    expect(isProblemCode('Frozen')).toBe(false)
    expect(isProblemCode('toString')).toBe(false)
    expect(isProblemCode('')).toBe(false)
  })
})
