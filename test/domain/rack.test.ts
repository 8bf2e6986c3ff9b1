// Orders given on the rack and from the registry, side by side: which one is in force.
import { describe, expect, test } from 'vitest'
import { day, hour } from '../../shared/domain/instants.ts'
import {
  acceptsAdvisory,
  type Hold,
  holdInForce,
  type Ordered,
  type Pin,
  pinInForce,
} from '../../shared/domain/rack.ts'

const now = Date.UTC(2016, 7, 16, 12)
const pin = (origin: Pin['origin'], version: string, given: Partial<Pin> = {}): Pin => ({
  version,
  owner: 'ada',
  reason: 'x',
  origin,
  ...given,
})
const hold = (origin: Hold['origin'], until: number): Hold => ({ until, owner: 'ada', reason: 'x', origin })
const ordered = (given: Partial<Ordered>): Ordered => ({ current: '1', pins: [], holds: [], ...given })

describe('of two pins', () => {
  const table: readonly (readonly [string, readonly Pin[], Pin | undefined])[] = [
    ['none, none', [], undefined],
    ['the only one', [pin('registry', '2')], pin('registry', '2')],
    ['staying before moving: ordered', [pin('rack', '2'), pin('registry', '1')], pin('registry', '1')],
    ['staying before moving: local', [pin('registry', '2'), pin('rack', '1')], pin('rack', '1')],
    ['of two that move, the rack’s own', [pin('registry', '3'), pin('rack', '2')], pin('rack', '2')],
    [
      'one that is over counts no longer',
      [pin('rack', '1', { until: now }), pin('registry', '2')],
      pin('registry', '2'),
    ],
    [
      'both over',
      [pin('rack', '1', { until: now - 1 }), pin('registry', '2', { until: now - day })],
      undefined,
    ],
    [
      'one that is not over yet counts',
      [pin('rack', '1', { until: now + 1 })],
      pin('rack', '1', { until: now + 1 }),
    ],
  ]
  test.each(table)('%s', (_, pins, inForce) => {
    expect(pinInForce(ordered({ pins }), now)).toEqual(inForce)
  })
})

test('of two holds the longer one, wherever it was given', () => {
  const [short, long] = [hold('rack', now + hour), hold('registry', now + day)]
  expect(holdInForce({ holds: [short, long] }, now)).toBe(long)
  expect(holdInForce({ holds: [long, short] }, now)).toBe(long)
  expect(holdInForce({ holds: [short, long] }, now + hour)).toBe(long)
  expect(holdInForce({ holds: [short, long] }, now + day)).toBeUndefined()
})

test('an advisory is accepted by whoever pinned to what runs and named it', () => {
  const accepting = { acceptedAdvisory: 'ADV-1' }
  const accepted = (...pins: readonly Pin[]) => acceptsAdvisory(ordered({ pins }), 'ADV-1', now)
  expect(accepted(pin('rack', '1'), pin('registry', '1', accepting))).toBe(true)
  expect(accepted(pin('rack', '1', accepting), pin('registry', '1'))).toBe(true)
  expect(accepted(pin('rack', '1'), pin('registry', '1'))).toBe(false)
  expect(accepted(pin('registry', '2', accepting))).toBe(false)
  expect(accepted(pin('registry', '1', { acceptedAdvisory: 'ADV-2' }))).toBe(false)
  expect(accepted(pin('registry', '1', { ...accepting, until: now }))).toBe(false)
})
