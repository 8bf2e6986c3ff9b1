/** What the monitor keeps and tells: nothing that moves, nothing that is old, nothing that the registry would refuse. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CheckReport } from '../../../cli/agent/checks/check.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import {
  healthAfter,
  type KeptHealth,
  readHealth,
  reportedHealth,
  writeHealth,
} from '../../../cli/agent/health.ts'
import { rackReport } from '../../../shared/contract/rack.ts'
import { complaintsOf, healthOf } from '../../../shared/domain/health.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { fullDiskAfter } from '../../support/full-disk.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { aReport } from '../../support/test-registry.ts'

const start = Date.UTC(2016, 7, 16)

function answered(change: Partial<CheckReport> = {}): CheckReport {
  return {
    name: 'web',
    kind: 'http',
    severity: 'fail',
    state: 'healthy',
    attempts: 3,
    healthyInARow: 3,
    failedInARow: 0,
    detail: 'answered 200',
    numbers: { status: 200 },
    durationMs: 5,
    ...change,
  }
}

function next(before: KeptHealth | null, now: number, ...reports: readonly CheckReport[]): KeptHealth {
  const health = healthAfter(before, reports, { now, goodForMs: 10 * minute })
  if (health === null) throw new Error('there is no health')
  return health
}

describe('what checks add up to', () => {
  test.each([
    ['nothing that decides', [], 'healthy'],
    ['one of each', ['healthy', 'unknown', 'unhealthy'], 'unhealthy'],
    ['one unknown', ['healthy', 'unknown'], 'unknown'],
    ['all well', ['healthy', 'healthy'], 'healthy'],
  ] as const)('%s', (_, states, expected) => {
    const checks = states.map((state) => ({ severity: 'fail', state }) as const)
    expect(healthOf([...checks, { severity: 'warn', state: 'unhealthy' }])).toBe(expected)
  })
})

describe('what is kept', () => {
  test('holds its state while the counts decide nothing, and its since while the state holds', () => {
    const unknown = next(null, start, answered({ state: 'undecided', attempts: 0, detail: 'was not asked' }))
    expect(unknown).toMatchObject({ state: 'unknown', since: start })
    const healthy = next(unknown, start + 1, answered())
    expect(healthy).toMatchObject({
      state: 'healthy',
      since: start + 1,
      checks: [{ detail: 'answered 200' }],
    })
    const slip = next(healthy, start + 2, answered({ state: 'undecided', detail: 'answered 502' }))
    expect(slip).toBe(healthy)
    const bad = next(healthy, start + 3, answered({ state: 'unhealthy', detail: 'answered 502' }))
    expect(bad).toMatchObject({ state: 'unhealthy', since: start + 3, checks: [{ detail: 'answered 502' }] })
    expect(complaintsOf(bad)).toBe('web: answered 502')
    // From here on it is told again only when it has aged, and since stays.
    const later = next(bad, start + 4, answered({ state: 'unhealthy', detail: 'answered 503' }))
    expect(later).toBe(bad)
    const aged = next(bad, start + 6 * minute, answered({ state: 'unhealthy', detail: 'answered 503' }))
    expect(aged).toMatchObject({ since: start + 3, checks: [{ detail: 'answered 503' }] })
  })

  test('is the same text for an hour, though its numbers move with every answer', () => {
    let health = next(null, start, answered({ detail: '9000 bytes free', numbers: { freeBytes: 9_000 } }))
    const told = new Set<string>()
    for (let at = start; at < start + hour; at += minute) {
      const freeBytes = 9_000 - (at - start) / minute
      health = next(health, at, answered({ detail: `${freeBytes} bytes free`, numbers: { freeBytes } }))
      told.add(JSON.stringify(reportedHealth(health)))
    }
    expect(told.size).toBe(1)
    const renewed = next(health, start + hour, answered({ detail: 'none', numbers: { freeBytes: 0 } }))
    expect(renewed.checks[0]).toMatchObject({ detail: 'none', numbers: { freeBytes: 0 } })
  })

  test('follows the configuration: a check that is gone is gone, and a changed severity counts', () => {
    const two = next(null, start, answered(), answered({ name: 'db', state: 'unhealthy' }))
    expect(two.state).toBe('unhealthy')
    expect(next(two, start + 1, answered())).toMatchObject({ state: 'healthy', checks: [{ name: 'web' }] })
    const warns = next(
      two,
      start + 1,
      answered(),
      answered({ name: 'db', state: 'unhealthy', severity: 'warn' }),
    )
    expect(warns.state).toBe('healthy')
    expect(healthAfter(two, [], { now: start, goodForMs: hour })).toBeNull()
  })
})

describe('DIR/health.json', () => {
  test('counts until it is old; what is no health of ours is none', () => {
    const dir = scratchDirectory()
    expect(readHealth(dir, start, realFiles)).toBeNull()
    const health = next(null, start, answered())
    writeHealth(dir, health, realFiles)
    expect(readHealth(dir, start + 9 * minute, realFiles)).toEqual(health)
    expect(readHealth(dir, start + 10 * minute, realFiles)).toBeNull()
    for (const text of ['', '{', '[]', 'null', '{"v":2}']) {
      writeFileSync(join(dir, 'health.json'), text)
      expect(readHealth(dir, start, realFiles)).toBeNull()
    }
    writeHealth(dir, null, realFiles)
    writeHealth(dir, null, realFiles)
    expect(realFiles.read(join(dir, 'health.json'))).toBeNull()
  })

  test('a full disk keeps the monitor from nothing', () => {
    const dir = scratchDirectory()
    writeHealth(
      dir,
      next(null, start, answered()),
      fullDiskAfter(() => true),
    )
    expect(readHealth(dir, start, realFiles)).toBeNull()
  })
})

test('whatever checks find, the registry takes the report', () => {
  const numbers = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`number${index}`, index % 2 ? 'x'.repeat(5_000) : Number.NaN]),
  )
  const many = Array.from({ length: 60 }, (_, index) =>
    answered({
      name: `check ${index}`,
      detail: 'y'.repeat(5_000),
      numbers,
      state: index === 59 ? 'unhealthy' : 'healthy',
    }),
  )
  const report = { ...aReport(), health: reportedHealth(next(null, start, ...many)) }
  const crossed = rackReport.safeParse(JSON.parse(JSON.stringify(report)))
  expect(crossed.error).toBeUndefined()
  expect(crossed.data?.health?.checks[0]).toMatchObject({ name: 'check 59', state: 'unhealthy' })
  expect(JSON.stringify(report).length).toBeLessThan(100_000)
})
