// How far one rack of a wave is: a row for each rule, and which of two that apply is the word.
import { describe, expect, test } from 'vitest'
import { hour } from '../../shared/domain/instants.ts'
import {
  type Progress,
  progressOf,
  type RackInRollout,
  type RolloutAttempt,
  silenceCause,
  wentBackCause,
} from '../../shared/domain/rollout-progress.ts'
import { storyStart } from '../support/builders.ts'

const now = storyStart + 2 * hour
const limits = { soakMinutes: 30, silentMinutes: 60, plannedAt: 8, now }
const attempt = (told: Partial<RolloutAttempt> = {}): RolloutAttempt => ({
  id: 'A-1',
  grantedAt: storyStart,
  outcome: null,
  finishedAt: null,
  step: null,
  message: null,
  hasLostData: false,
  ...told,
})
const rack = (told: Partial<RackInRollout> = {}): RackInRollout => ({
  rack: 'prod-1',
  current: '10',
  isThere: false,
  wasThere: false,
  health: undefined,
  soakedMinutes: 0,
  silentMinutes: 0,
  lastSeenAt: now,
  attempt: undefined,
  hasProvedSince: false,
  leftOut: undefined,
  ...told,
})
const there = (told: Partial<RackInRollout> = {}): RackInRollout =>
  rack({ current: '20', isThere: true, soakedMinutes: 30, attempt: attempt({ outcome: 'proved' }), ...told })
const returned = attempt({ outcome: 'returned', finishedAt: 7, step: 'settling', message: 'status 502' })
const ill = {
  state: 'unhealthy' as const,
  since: 9,
  checks: [],
}

const word = (progress: Progress): string => {
  if (progress.is === 'failed')
    return `failed ${progress.failure.cause}${progress.failure.isDataLoss ? ' !' : ''}`
  if (progress.is === 'left_out') return `left out: ${progress.why}`
  return progress.is === 'soaking' ? `soaking ${progress.soakedMinutes}` : progress.is
}

describe('a rack', () => {
  const rows: readonly [string, RackInRollout, string][] = [
    ['nothing has happened to waits', rack(), 'waiting'],
    ['with an attempt is under way', rack({ attempt: attempt() }), 'under_way'],
    ['that is there soaks', there({ soakedMinutes: 29 }), 'soaking 29'],
    ['that is there for its time has soaked', there(), 'soaked'],
    ['that came there by itself counts as much', there({ attempt: undefined }), 'soaked'],
    [
      'that is there before its attempt says so soaks',
      there({ attempt: attempt(), soakedMinutes: 1 }),
      'soaking 1',
    ],
    ['whose attempt went back has failed', rack({ attempt: returned }), 'failed settling: status #'],
    [
      'whose attempt is stuck has failed',
      rack({ attempt: { ...returned, outcome: 'stuck' } }),
      'failed settling: status #',
    ],
    ['that got there in the end has not', there({ attempt: returned }), 'soaked'],
    ['whose download failed tries again', rack({ attempt: attempt({ outcome: 'failed' }) }), 'waiting'],
    ['that was told to stop tries again', rack({ attempt: attempt({ outcome: 'aborted' }) }), 'waiting'],
    [
      'that lost data has failed, wherever it is now',
      there({
        attempt: attempt({ outcome: 'proved', hasLostData: true, step: 'migrate', message: 'rows 3' }),
      }),
      'failed migrate: rows # !',
    ],
    [
      'silent after its grant has failed',
      rack({ attempt: attempt(), silentMinutes: 61 }),
      `failed ${silenceCause}`,
    ],
    ['silent for just so long has not', rack({ attempt: attempt(), silentMinutes: 60 }), 'under_way'],
    ['silent once it was there has failed as well', there({ silentMinutes: 61 }), `failed ${silenceCause}`],
    [
      'silent after it was told to stop is only silent',
      rack({ attempt: attempt({ outcome: 'aborted' }), silentMinutes: 61 }),
      'left out: silent',
    ],
    ['silent before any grant is left out', rack({ silentMinutes: 61 }), 'left out: silent'],
    ['that was never heard is left out', rack({ lastSeenAt: undefined }), 'left out: silent'],
    ['that somebody keeps is left out', rack({ leftOut: 'pinned' }), 'left out: pinned'],
    ['that somebody keeps, but is there, counts', there({ leftOut: 'pinned' }), 'soaked'],
    [
      'that proved it and runs another has gone back',
      rack({ attempt: attempt({ outcome: 'proved' }) }),
      `failed ${wentBackCause}`,
    ],
    [
      'that was taken back, and proved what it runs, has not',
      rack({ attempt: attempt({ outcome: 'proved' }), hasProvedSince: true }),
      'waiting',
    ],
    [
      'that went back by an order has not',
      rack({ attempt: attempt({ outcome: 'proved' }), hasProvedSince: true, leftOut: 'rolled_back' }),
      'left out: rolled_back',
    ],
    [
      'that went back by itself, and is barred as if by an order, has failed',
      rack({ attempt: attempt({ outcome: 'proved' }), leftOut: 'rolled_back' }),
      `failed ${wentBackCause}`,
    ],
    [
      'that was there when it was planned shows nothing',
      there({ attempt: undefined, wasThere: true }),
      'left out: there',
    ],
    [
      'that was there, and ill already, shows nothing',
      there({ attempt: undefined, wasThere: true, health: { ...ill, since: 8 } }),
      'left out: there',
    ],
    [
      'that was there and falls ill now has failed',
      there({ attempt: undefined, wasThere: true, health: ill }),
      'failed health: ',
    ],
    ['that is there and ill has failed', there({ health: ill }), 'failed health: '],
    [
      'that was ill before it came there has not failed, and has not soaked',
      there({ health: ill, attempt: attempt({ outcome: 'proved', finishedAt: 10 }) }),
      'soaking 0',
    ],
    [
      'that became ill after it came there has failed',
      there({ health: ill, attempt: attempt({ outcome: 'proved', finishedAt: 8 }) }),
      'failed health: ',
    ],
    ['that is ill before it moved is not judged', rack({ health: ill }), 'waiting'],
    ['whose health is not known soaks', there({ health: { ...ill, state: 'unknown' } }), 'soaked'],
    [
      'that failed and is kept has failed',
      rack({ attempt: returned, leftOut: 'pinned' }),
      'failed settling: status #',
    ],
  ]
  test.each(rows)('%s', (_what, told, expected) => {
    expect(word(progressOf(told, limits)).trim()).toBe(expected.trim())
  })
})

test('a failure says which rack, when, by what attempt and why', () => {
  expect(progressOf(rack({ attempt: returned }), limits)).toEqual({
    is: 'failed',
    failure: {
      rack: 'prod-1',
      at: 7,
      cause: 'settling: status #',
      message: 'status 502',
      attempt: 'A-1',
      isDataLoss: false,
    },
  })
  const silent = progressOf(rack({ attempt: attempt(), silentMinutes: 90 }), limits)
  expect(silent).toMatchObject({ failure: { at: now, message: 'not heard for 1h 30m after its grant' } })
  const gone = progressOf(rack({ attempt: attempt({ outcome: 'proved' }) }), limits)
  expect(gone).toMatchObject({ failure: { at: now, message: 'it proved the version and runs 10 now' } })
})
