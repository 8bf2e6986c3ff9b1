// Is there a way: stones that nobody jumps over, ranges to come from, floors to go back to, bars, platforms.
import { describe, expect, test } from 'vitest'
import { minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import {
  type Asking,
  anArtifact,
  aRack,
  aRegistry,
  type RegistryStory,
  storyStart,
} from '../support/builders.ts'

const serving = (...versions: string[]): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves(...versions)
const stone = { required: true }

/** `20 on the way to 40`, or why not. */
function way(
  registry: RegistryStory,
  current: string,
  rack: Partial<RackFacts> = {},
  asking?: Asking,
): string {
  const { target, destination, reason, detail } = aRack({ current, ...rack }).asks(registry, asking)
  if (!target || !destination) return `${reason}: ${detail}`
  return target === destination ? target.version : `${target.version} on the way to ${destination.version}`
}

/** Every version that a rack runs on its way, asking again after each step. */
function journey(registry: RegistryStory, from: string): string {
  const stops = [from]
  for (let current = from; stops.length < 20; ) {
    const { action, target } = aRack({ current }).asks(registry)
    if (action !== 'update' || !target) break
    stops.push(target.version)
    current = target.version
  }
  return stops.join(' → ')
}

describe('stones', () => {
  test('are stepped on, one after the other, by whoever is below them', () => {
    const registry = serving('10', '20', '30', '40').routes('20', stone).routes('30', stone)
    expect(journey(registry, '10')).toBe('10 → 20 → 30 → 40')
    expect(journey(registry, '20')).toBe('20 → 30 → 40')
    expect(journey(registry, '25')).toBe('25 → 30 → 40')
    expect(journey(registry, '30')).toBe('30 → 40')
    expect(way(registry, '10')).toBe('20 on the way to 40')
    expect(aRack({ current: '10' }).asks(registry).detail).toBe('10 → 20, on the way to 40')
  })

  test('may be the head itself, or lie beyond it', () => {
    expect(journey(serving('10', '20').routes('20', stone), '10')).toBe('10 → 20')
    expect(journey(serving('10', '20', '30').routes('30', stone).reverts('20'), '10')).toBe('10 → 20')
  })

  test('count on the channels that served them', () => {
    const registry = serving('10').publishes('20').publishes('30').promotes('30').routes('20', stone)
    expect(journey(registry, '10')).toBe('10 → 30')
    expect(way(registry, '10', {}, { on: 'unstable' })).toBe('20 on the way to 30')
  })

  test('are set later too: a forgotten one is admitted on the channel without moving its head', () => {
    const registry = serving('10')
      .publishes('20')
      .publishes('30')
      .promotes('30')
      .routes('20', stone, ['stable'])
    expect(journey(registry, '10')).toBe('10 → 20 → 30')
  })

  test('that the gates do not admit yet are waited for', () => {
    const registry = serving('10')
      .publishes('30')
      .publishes('20')
      .promotes('30')
      .routes('20', stone, ['stable'])
    expect(way(registry, '10')).toBe('no_path: 30: the required release 20 is not admitted on stable yet')
    expect(journey(registry, '20')).toBe('20 → 30')
    expect(way(registry, '10', {}, { on: 'unstable' })).toBe('30')
    expect(journey(registry.routes('20', { required: false }), '10')).toBe('10 → 30')
  })

  test('that were withdrawn stay required until they are replaced or may be skipped', () => {
    const registry = () => serving('10', '20', '30', '40').routes('20', stone).yanks('20', { remedy: 'stay' })
    expect(way(registry(), '10')).toBe(
      'no_path: 40: the required release 20 was withdrawn and nothing replaces it',
    )
    expect(journey(registry(), '20')).toBe('20 → 40')
    expect(journey(registry().routes('20', { skippable: true }), '10')).toBe('10 → 40')
    expect(journey(registry().routes('20', { replacedBy: '30' }), '10')).toBe('10 → 30 → 40')
    expect(way(registry().routes('20', { replacedBy: '30' }).yanks('30', { remedy: 'stay' }), '10')).toBe(
      'no_path: 40: the required release 20 was withdrawn and nothing replaces it',
    )
  })

  test('that are not withdrawn may not be skipped, whatever was said before', () => {
    expect(journey(serving('10', '20', '30').routes('20', { required: true, skippable: true }), '10')).toBe(
      '10 → 20 → 30',
    )
  })

  test('awaited, then withdrawn, then skippable: nobody waits any longer', () => {
    const registry = serving('10')
      .publishes('30')
      .publishes('20')
      .promotes('30')
      .routes('20', stone, ['stable'])
    registry.yanks('20')
    expect(way(registry, '10')).toBe(
      'no_path: 30: the required release 20 was withdrawn and nothing replaces it',
    )
    expect(journey(registry.routes('20', { skippable: true }), '10')).toBe('10 → 30')
  })

  test('a replacement that is older than the stone is stepped on in its place', () => {
    const registry = serving('10', '15', '20', '30')
      .routes('20', stone)
      .yanks('20', { remedy: 'stay' })
      .routes('20', { replacedBy: '15' })
    expect(journey(registry, '10')).toBe('10 → 15 → 30')
    expect(journey(registry, '15')).toBe('15 → 30')
    expect(journey(registry, '17')).toBe('17 → 30')
  })

  test('a replacement that lies beyond another stone leads nowhere: crossing either would jump over the other', () => {
    const registry = serving('10', '20', '25', '30', '40').routes('20', stone).routes('25', stone)
    registry.yanks('20', { remedy: 'stay' }).routes('20', { replacedBy: '30' })
    expect(way(registry, '10')).toBe('no_path: 40: 30, which replaces 20, lies beyond 25')
    expect(journey(registry, '20')).toBe('20 → 25 → 40')
    const near = serving('10', '20', '22', '25', '40').routes('20', stone).routes('25', stone)
    near.yanks('20', { remedy: 'stay' }).routes('20', { replacedBy: '22' })
    expect(journey(near, '10')).toBe('10 → 22 → 25 → 40')
  })

  test('a replacement comes before a stone that it is older than', () => {
    const registry = serving('10', '15', '20', '30', '40').routes('20', stone).routes('30', stone)
    registry.yanks('30', { remedy: 'stay' }).routes('30', { replacedBy: '15' })
    expect(journey(registry, '10')).toBe('10 → 15 → 20 → 40')
  })

  test('a replacement may be the destination, and beyond it there is no way', () => {
    const registry = serving('10', '20', '30').routes('20', stone).yanks('20', { remedy: 'stay' })
    expect(journey(registry.routes('20', { replacedBy: '30' }), '10')).toBe('10 → 30')
    registry.publishes('40').routes('20', { replacedBy: '40' })
    expect(way(registry, '10')).toBe('no_path: 30: 40, which replaces 20, lies beyond 30')
  })

  test('a stone in the way further on does not keep a rack from the step before it', () => {
    const registry = serving('10', '20', '30', '40')
      .routes('20', stone)
      .routes('30', stone)
      .yanks('30', { remedy: 'stay' })
    expect(journey(registry, '10')).toBe('10 → 20')
    expect(way(registry, '20')).toBe(
      'no_path: 40: the required release 30 was withdrawn and nothing replaces it',
    )
  })

  test('bind pins and remedies forward as well, and nobody who goes back', () => {
    const registry = serving('10', '20', '30').routes('20', stone)
    const pins: RackFacts['pins'] = [{ version: '30', owner: 'ada', reason: 'try', origin: 'rack' }]
    expect(way(registry, '10', { pins })).toBe('20 on the way to 30')
    expect(way(serving('10', '20', '30').routes('20', stone).reverts('10', { recall: true }), '30')).toBe(
      '10',
    )
    const remedy = serving('10', '20', '30').routes('20', stone).yanks('10', { remedy: 'forward' }).freezes()
    expect(way(remedy, '10')).toBe('20 on the way to 30')
  })
})

describe('ranges to come from', () => {
  test('lead over what the channel served', () => {
    const registry = serving('10', '20', '30').routes('30', { requiresFrom: '>=20' })
    expect(journey(registry, '10')).toBe('10 → 20 → 30')
    expect(journey(registry, '20')).toBe('20 → 30')
    expect(journey(registry, '25')).toBe('25 → 30')
  })

  test('lead over several, and over the newest that leads there', () => {
    const registry = serving('10', '20', '30', '40', '50', '60')
    registry
      .routes('60', { requiresFrom: '40..50' })
      .routes('50', { requiresFrom: '20..30' })
      .routes('40', { requiresFrom: '30' })
    expect(journey(registry, '10')).toBe('10 → 30 → 50 → 60')
  })

  test('a newer release that can be reached at once comes before one that cannot', () => {
    const registry = serving('10', '20', '30', '40', '50')
      .routes('50', { requiresFrom: '30..40' })
      .routes('40', { requiresFrom: '20' })
    expect(journey(registry, '10')).toBe('10 → 30 → 50')
  })

  test('never down: the way there only goes forward', () => {
    const registry = serving('10', '20', '30', '40')
    registry.routes('40', { requiresFrom: '20' }).routes('20', { requiresFrom: '30' })
    expect(way(registry, '10')).toBe('no_path: 40: 40 can be reached only from 20')
  })

  test('not over what was withdrawn, nor over what this channel never served', () => {
    const registry = serving('10')
      .publishes('20')
      .publishes('30')
      .promotes('30')
      .routes('30', { requiresFrom: '20' })
    expect(way(registry, '10')).toBe('no_path: 30: 30 can be reached only from 20')
    expect(way(registry, '10', {}, { on: 'unstable' })).toBe('20 on the way to 30')
    const yanked = serving('10', '20', '30')
      .routes('30', { requiresFrom: '20' })
      .yanks('20', { remedy: 'stay' })
    expect(way(yanked, '10')).toBe('no_path: 30: 30 can be reached only from 20')
  })

  test('lead past a withdrawn stone whose replacement was passed already', () => {
    const registry = serving('10', '15', '20', '25', '30').routes('20', stone).yanks('20', { remedy: 'stay' })
    registry.routes('20', { replacedBy: '15' }).routes('30', { requiresFrom: '25' })
    expect(journey(registry, '16')).toBe('16 → 25 → 30')
    expect(journey(registry, '10')).toBe('10 → 15 → 25 → 30')
  })

  test('of a stone, before the stone itself', () => {
    const registry = serving('10', '15', '20', '30').routes('20', { required: true, requiresFrom: '15' })
    expect(journey(registry, '10')).toBe('10 → 15 → 20 → 30')
  })

  test('of a replacement are come from before the stone that it replaces', () => {
    const registry = () => {
      const story = serving('10', '15', '20', '25', '30').routes('20', stone).yanks('20', { remedy: 'stay' })
      return story.routes('20', { replacedBy: '30' })
    }
    expect(way(registry().routes('30', { requiresFrom: '25' }), '10')).toBe(
      'no_path: 30: 30 can be reached only from 25',
    )
    expect(journey(registry().routes('30', { requiresFrom: '15..25' }), '10')).toBe('10 → 15 → 30')
  })

  test('on every release, with a rack below all of them: it is told at once that there is no way', () => {
    const versions = Array.from({ length: 60 }, (_, i) => String(100 + i))
    const registry = serving('10', ...versions)
    for (const version of versions) registry.routes(version, { requiresFrom: '>=100' })
    expect(way(registry, '10')).toBe('no_path: 159: 159 can be reached only from >=100')
    expect(journey(registry, '100')).toBe('100 → 159')
  })
})

describe('floors', () => {
  const recalled = (registry: RegistryStory, to: string) => registry.reverts(to, { recall: true })

  test('bind what leaves the release, and what crosses it', () => {
    const registry = () => recalled(serving('10', '20', '30', '40').routes('30', { floor: '20' }), '10')
    expect(way(registry(), '30')).toBe('below_floor: 30 goes back to 20 at the oldest, not to 10')
    expect(way(registry(), '40')).toBe('below_floor: 30 goes back to 20 at the oldest, not to 10')
    expect(way(registry(), '20')).toBe('10')
    expect(way(registry(), '29')).toBe('10')
  })

  test('the floor itself can be gone to, and so can what lies above it', () => {
    const registry = () => serving('10', '20', '25', '30').routes('30', { floor: '20' })
    expect(way(recalled(registry(), '20'), '30')).toBe('20')
    expect(way(recalled(registry(), '25'), '30')).toBe('25')
  })

  test('the highest of those on the way counts', () => {
    const registry = serving('10', '20', '30', '40')
      .routes('30', { floor: '20' })
      .routes('40', { floor: '15' })
    expect(way(recalled(registry, '10'), '40')).toBe(
      'below_floor: 30 goes back to 20 at the oldest, not to 10',
    )
    expect(way(recalled(serving('10', '20', '40').routes('20', { floor: '10' }), '10'), '40')).toBe('10')
  })

  test('of what the move goes to, or of what lies below, do not matter', () => {
    const registry = serving('10', '20', '30').routes('20', { floor: '20' }).routes('10', { floor: '10' })
    expect(way(recalled(registry, '20'), '30')).toBe('20')
  })

  test('bind a pin, and nobody who goes forward', () => {
    const registry = serving('10', '20', '30').routes('20', { floor: '20' })
    const pins: RackFacts['pins'] = [{ version: '10', owner: 'ada', reason: 'back', origin: 'rack' }]
    expect(way(registry, '30', { pins })).toBe('below_floor: 20 goes back to 20 at the oldest, not to 10')
    expect(way(registry, '10')).toBe('30')
  })
})

describe('what a rack does not take', () => {
  test('what lies between where a person went back from and to; what is newer is taken', () => {
    const bar = { above: '10', upTo: '30' }
    expect(way(serving('10', '20', '30'), '10', { bar })).toContain(
      'rolled_back_here: a person went back from 30 to 10',
    )
    expect(way(serving('10', '20'), '10', { bar })).toContain('rolled_back_here')
    expect(way(serving('10', '20', '30', '40'), '10', { bar })).toBe('40')
    expect(way(serving('10', '20', '30'), '5', { bar })).toContain('rolled_back_here')
    expect(way(serving('10'), '5', { bar })).toBe('10')
    expect(way(serving('10', '20', '30').reverts('20', { recall: true }), '30', { bar })).toBe('20')
    expect(way(serving('20'), '10', { current: undefined, bar })).toBe('20')
  })

  test('what lies outside of its own range, at any step', () => {
    expect(way(serving('10', '20'), '10', { within: '10..20' })).toBe('20')
    expect(way(serving('10', '20'), '10', { within: '10..19' })).toBe(
      'outside_constraint: 20 is outside of 10..19',
    )
    const registry = serving('10', '20', '30').routes('20', stone)
    expect(way(registry, '10', { within: '30' })).toBe('outside_constraint: 20 is outside of 30')
  })

  test('what its channel has not served long enough', () => {
    const registry = () => serving('10').publishes('20').later(60).promotes('20').later(10)
    const rack = { minAgeMinutes: 30 }
    expect(way(registry(), '10', rack)).toBe(
      'too_young: 20 is 10m old on stable and has to be 30m (2016-08-16T17:30:15.000Z)',
    )
    expect(way(registry().later(19), '10', rack)).toContain('too_young')
    expect(way(registry().later(20), '10', rack)).toBe('20')
    expect(way(registry(), '10', rack, { on: 'unstable' })).toBe('20')
    const pins: RackFacts['pins'] = [{ version: '30', owner: 'ada', reason: 'try', origin: 'rack' }]
    const pinned = aRack({ current: '10', pins, ...rack }).asks(registry().publishes('30'))
    expect([pinned.reason, pinned.until]).toEqual(['too_young', storyStart + 100 * minute])
  })

  test('what has no artifact for its platform; one for any fits, and none at all fits too', () => {
    const built = (...platforms: string[]) =>
      serving('10')
        .publishes('20', { artifacts: platforms.map((platform) => anArtifact({ platform })) })
        .promotes('20')
    expect(way(built('linux/arm64'), '10')).toBe(
      'unsupported_platform: 20 is built for linux/arm64, not for linux/amd64',
    )
    expect(way(built('linux/arm64', 'linux/amd64'), '10')).toBe('20')
    expect(way(built('linux/arm64', 'any'), '10')).toBe('20')
    expect(way(built(), '10')).toBe('20')
  })

  test('what the registry has lost; what lies elsewhere by its URL it has not', () => {
    const isArtifactMissing = (sha256: string): boolean => sha256 === 'a'.repeat(64)
    const asking: Asking = { conditions: { isArtifactMissing } }
    const holding = (...artifacts: Parameters<typeof anArtifact>[0][]) =>
      serving('10')
        .publishes('20', { artifacts: artifacts.map(anArtifact) })
        .promotes('20')
    expect(way(holding({}), '10', {}, asking)).toBe(
      'artifact_unavailable: the registry no longer has the artifact aaaaaaaaaaaa… of 20',
    )
    expect(way(holding({ sha256: 'b'.repeat(64) }), '10', {}, asking)).toBe('20')
    expect(way(holding({ url: 'https://example.com/20' }), '10', {}, asking)).toBe('20')
    expect(way(holding({ platform: 'any' }, { sha256: 'b'.repeat(64) }), '10', {}, asking)).toBe('20')
    expect(way(holding({ platform: 'any', sha256: 'b'.repeat(64) }, {}), '10', {}, asking)).toContain(
      'artifact_unavailable',
    )
    expect(way(holding({}), '10')).toBe('20')
    expect(way(serving('10', '20'), '10', {}, asking)).toBe('20')
  })

  test('what requires other apps in other versions', () => {
    const registry = aRegistry().withApp('site', 'semver').withApp('db').withApp('rack').serves('10', '20')
    registry.routes('20', { requires: { site: '^1.2.0', db: '>=3' } })
    expect(way(registry, '10')).toBe('requires: 20 requires site ^1.2.0; the rack runs none')
    expect(way(registry, '10', { apps: { site: '1.1.0', db: '3' } })).toBe(
      'requires: 20 requires site ^1.2.0; the rack runs 1.1.0',
    )
    expect(way(registry, '10', { apps: { site: '1.2.0', db: '2' } })).toBe(
      'requires: 20 requires db >=3; the rack runs 2',
    )
    expect(way(registry, '10', { apps: { site: '1.3.0', db: '3' } })).toBe('20')
  })

  test('the first objection is told: withdrawn, barred, range, age, platform, artifact, other apps, way', () => {
    const registry = aRegistry().withApp('site').withApp('rack').serves('10', '20')
    registry.publishes('30', { artifacts: [anArtifact({ platform: 'any' })] }).promotes('30')
    registry.routes('30', { requires: { site: '1' }, requiresFrom: '15' })
    const pins: RackFacts['pins'] = [{ version: '30', owner: 'ada', reason: 'try', origin: 'rack' }]
    const isArtifactMissing = (): boolean => true
    const rack: Partial<RackFacts> = {
      pins,
      bar: { above: '10', upTo: '30' },
      within: '<30',
      minAgeMinutes: 9,
      platform: 'plan9/mips',
    }
    const reasonFor = (facts: Partial<RackFacts>, story = registry, asking: Asking = {}): string =>
      aRack({ current: '10', ...rack, ...facts }).asks(story, asking).reason
    const free = { bar: { above: '10', upTo: '10' }, within: '>=1', minAgeMinutes: 0 }
    const missing: Asking = { conditions: { isArtifactMissing } }
    const told = [
      reasonFor({}),
      reasonFor({ bar: free.bar }),
      reasonFor({ bar: free.bar, within: free.within }),
      reasonFor(free, registry, missing),
      reasonFor(free),
      reasonFor({ ...free, apps: { site: '1' } }),
    ]
    expect(told).toEqual([
      'rolled_back_here',
      'outside_constraint',
      'too_young',
      'artifact_unavailable',
      'requires',
      'no_path',
    ])
    const onlyArm = serving('10')
      .publishes('20', { artifacts: [anArtifact({ platform: 'linux/arm64' })] })
      .promotes('20')
    onlyArm.routes('20', { requiresFrom: '15' })
    expect(reasonFor({ ...free, pins: [] }, onlyArm, missing)).toBe('unsupported_platform')
    expect(reasonFor({}, registry.yanks('30'))).toBe('yanked')
  })
})
