// Withdrawing releases: the yank and the falls of the channels as one, twice is once, and what is refused.
import { describe, expect, test } from 'vitest'
import { releasesToYank, type YankReleases, yankReleases } from '../../../shared/domain/commands/yank.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import { parseRange } from '../../../shared/domain/range.ts'
import { rolloutKeyOf } from '../../../shared/domain/rollout.ts'
import { remedyAtOnce, remedyPolicy } from '../../../shared/domain/rollout-policy.ts'
import { aRegistry, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const recorded = { v: 1, at: storyStart, actor: 'token:ada' }

const yanking = (registry: RegistryStory, range: string, more: Partial<YankReleases> = {}): LedgerEvent[] =>
  yankReleases(
    registry.state,
    { app: registry.app.name, range, severity: 'moderate', remedy: 'rollback', reason: 'it leaks', ...more },
    registry.context,
  )

describe('a yank', () => {
  test('and the fall of every channel whose head it takes', () => {
    const registry = aRegistry().withApp('rack').withChannel('canary', { from: 'unstable' })
    registry.serves('10').publishes('20').publishes('30').promotes('30', { to: 'canary' })
    expect(yanking(registry, '20..30', { severity: 'critical', to: '10' })).toEqual([
      {
        ...recorded,
        type: 'release.yanked',
        app: 'rack',
        yank: 'ADV-1',
        range: '20..30',
        severity: 'critical',
        remedy: 'rollback',
        to: '10',
        reason: 'it leaks',
        rollout: {
          rollout: 'R-1',
          key: rolloutKeyOf(registry.state.registryId, 'rack', 'R-1'),
          policy: remedyPolicy,
        },
      },
      {
        ...recorded,
        type: 'channel.fell_back',
        app: 'rack',
        channel: 'unstable',
        yank: 'ADV-1',
        version: '10',
      },
      { ...recorded, type: 'channel.fell_back', app: 'rack', channel: 'canary', yank: 'ADV-1' },
    ])
  })

  test('orders the remedy as a rollout of its own: in waves, or at once, and none where racks stay', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20')
    const ordered = (more: Partial<YankReleases>) => {
      const [event] = yanking(registry, '20', more)
      return event?.type === 'release.yanked' ? event.rollout?.policy : 'no yank'
    }
    expect(ordered({})).toEqual(remedyPolicy)
    expect(ordered({ remedy: 'forward' })).toEqual(remedyPolicy)
    expect(ordered({ allAtOnce: true })).toEqual(remedyAtOnce)
    expect(ordered({ remedy: 'stay' })).toBeUndefined()
    expect(ordered({ remedy: 'stay', allAtOnce: true })).toBeUndefined()
  })

  test('of what no channel serves moves none', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30')
    expect(yanking(registry, '20').map(({ type }) => type)).toEqual(['release.yanked'])
  })

  test('may name versions that nobody has seen', () => {
    const registry = aRegistry().withApp('rack').serves('10')
    expect(yanking(registry, '>=50 <60', { remedy: 'stay' })).toEqual([
      {
        ...recorded,
        type: 'release.yanked',
        app: 'rack',
        yank: 'ADV-1',
        range: '>=50 <60',
        severity: 'moderate',
        remedy: 'stay',
        reason: 'it leaks',
      },
    ])
  })

  test('asked twice withdraws once; anything different is another', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30')
    registry.records(yanking(registry, '30', { to: '10' }))
    expect(yanking(registry, '30', { to: '10' })).toEqual([])
    const others: Partial<YankReleases>[] = [
      { to: '10', severity: 'critical' },
      { to: '10', remedy: 'forward' },
      { to: '20' },
      {},
      { to: '10', reason: 'it burns' },
    ]
    for (const other of others) expect(yanking(registry, '30', other)[0]).toMatchObject({ yank: 'ADV-2' })
    expect(yanking(registry, '>=30', { to: '10' })[0]).toMatchObject({ yank: 'ADV-2' })
  })

  test('is numbered by app', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').yanks('20').withApp('site').serves('10')
    expect(yanking(registry, '10')[0]).toMatchObject({ app: 'site', yank: 'ADV-1' })
  })

  test('in a freeze of everything, as well: stopping takes one person', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').freezes({ all: true })
    expect(yanking(registry, '20').map(({ type }) => type)).toEqual([
      'release.yanked',
      'channel.fell_back',
      'channel.fell_back',
    ])
  })

  test('would withdraw the releases in the range', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30')
    const inRange = releasesToYank(registry.app, parseRange('timestamp', '15..30'))
    expect(inRange.map(({ version }) => version)).toEqual(['20', '30'])
  })
})

describe('refused', () => {
  const registry = () => aRegistry().withApp('rack').serves('10', '20').publishes('30').yanks('10')

  testRefusals('yank.ts', [
    {
      when: 'in an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: (story) => yanking(story, '10', { app: 'rock' }),
    },
    {
      when: 'a range that is none',
      code: 'invalid_range',
      says: '"20..10" is not a range of versions: it starts at 20, which comes after its end 10.',
      hint: 'Write one version, a list A,B, a span A..B, or comparators such as ">=A <B".',
      registry,
      act: (story) => yanking(story, '20..10'),
    },
    {
      when: 'sent somewhere although they stay',
      code: 'invalid_input',
      says: 'With the remedy "stay" no rack moves, so there is nowhere to send it.',
      registry,
      act: (story) => yanking(story, '30', { remedy: 'stay', to: '20' }),
    },
    {
      when: 'sent to a release that does not exist',
      code: 'release_not_found',
      says: 'The app rack has no release 99.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => yanking(story, '30', { to: '99' }),
    },
    {
      when: 'sent into the range itself',
      code: 'yanked',
      says: '20 lies in the range that is being withdrawn.',
      registry,
      act: (story) => yanking(story, '20..30', { to: '20' }),
    },
    {
      when: 'sent to what is withdrawn already',
      code: 'yanked',
      says: '10 was withdrawn by ADV-1.',
      registry,
      act: (story) => yanking(story, '20', { to: '10' }),
    },
    {
      when: 'sent to what no channel served',
      code: 'never_served',
      says: 'No channel of rack ever served 15, so no rack can be sent there.',
      registry: () => registry().publishes('15'),
      act: (story) => yanking(story, '20', { to: '15' }),
    },
  ])
})
