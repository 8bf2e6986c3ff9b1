// The closed words of a decision: metrics, docs and `explain` are made from these lists.
import { expect, test } from 'vitest'
import { gateNames } from '../../shared/domain/gates/verdict.ts'
import { cells, matrix } from '../../shared/domain/movement.ts'
import { actions, motives, rackReasons, reasons } from '../../shared/domain/reasons.ts'
import { remedies, severities } from '../../shared/domain/yank.ts'

test('actions, motives in their order, cells in theirs, and the words of a yank', () => {
  expect(actions).toEqual(['update', 'rollback', 'abort', 'wait', 'none'])
  expect(motives).toEqual([
    'attempt',
    'remedy_critical',
    'pin',
    'remedy_moderate',
    'recall',
    'bootstrap',
    'rollout',
  ])
  expect(cells).toEqual([
    'freeze',
    'freeze_all',
    'hold',
    'dwell',
    'rollout',
    'window',
    'backoff',
    'slot',
    'grant',
  ])
  expect(severities).toEqual(['moderate', 'critical'])
  expect(remedies).toEqual(['rollback', 'forward', 'stay'])
  expect(gateNames).toEqual([
    'path',
    'artifacts',
    'coverage',
    'soak',
    'failures',
    'evidence',
    'checklist',
    'parameters',
    'objections',
    'lifetime',
    'approvals',
  ])
})

test('the rack adds eight reasons of its own', () => {
  expect(Object.keys(rackReasons)).toEqual([
    'stale_answer',
    'bad_answer',
    'metadata_expired',
    'registry_unreachable',
    'registry_disagrees',
    'preflight_failed',
    'drifted',
    'masked_value',
  ])
})

test('each reason tells a person something, and no two tell the same', () => {
  const sentences = [...Object.values(reasons), ...Object.values(rackReasons)]
  for (const sentence of sentences) expect(sentence).toMatch(/^[a-z][a-z' ]{10,80}[a-z]$/)
  expect(new Set(sentences).size).toBe(sentences.length)
  for (const reason of [...Object.keys(reasons), ...Object.keys(rackReasons)])
    expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/)
})

test('nothing keeps a rack from stopping', () => {
  expect(new Set(Object.values(matrix.attempt))).toEqual(new Set(['ignored']))
})
