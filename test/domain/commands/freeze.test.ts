// Freezing, one person and one second; and lifting it.
import { describe, expect, test } from 'vitest'
import { liftFreeze, type SetFreeze, setFreeze } from '../../../shared/domain/commands/freeze.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import { freezeOn } from '../../../shared/domain/freeze.ts'
import { day } from '../../../shared/domain/instants.ts'
import { aRegistry, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const recorded = { v: 1, at: storyStart, actor: 'token:ada' }
const freezing = ({ state, context }: RegistryStory, more: Partial<SetFreeze> = {}): LedgerEvent[] =>
  setFreeze(state, { all: false, reason: 'we look into it', ...more }, context)
const lifting = ({ state, context }: RegistryStory, scope = {}): LedgerEvent[] =>
  liftFreeze(state, scope, context)

describe('a freeze', () => {
  test('lies on the registry, on an app or on a channel', () => {
    const registry = aRegistry().withApp('rack')
    const frozen = { ...recorded, type: 'freeze.set', reason: 'we look into it' }
    expect(freezing(registry)).toEqual([{ ...frozen, scope: 'registry', all: false }])
    expect(freezing(registry, { app: 'rack', all: true })).toEqual([
      { ...frozen, scope: 'app', app: 'rack', all: true },
    ])
    expect(freezing(registry, { app: 'rack', channel: 'stable', until: storyStart + 1 })).toEqual([
      { ...frozen, scope: 'channel', app: 'rack', channel: 'stable', all: false, until: storyStart + 1 },
    ])
  })

  test('the same again is success and records nothing; anything different is recorded', () => {
    const until = storyStart + day
    const registry = aRegistry().withApp('rack').freezes({ app: 'rack', until })
    expect(freezing(registry, { app: 'rack', until })).toEqual([])
    const others: Partial<SetFreeze>[] = [
      { until, all: true },
      { until: until + 1 },
      {},
      { until, reason: 'another' },
    ]
    for (const other of others) expect(freezing(registry, { app: 'rack', ...other })).toHaveLength(1)
    expect(freezing(registry, { until })).toHaveLength(1)
  })

  test('that is over can be set again', () => {
    const registry = aRegistry()
      .withApp('rack')
      .freezes({ until: storyStart + 60_000 })
      .later(1)
    expect(freezing(registry)).toHaveLength(1)
    registry.freezes().unfreezes()
    expect(freezing(registry)).toHaveLength(1)
  })

  test('is lifted, with a reason or without', () => {
    const registry = aRegistry().withApp('rack').freezes().freezes({ app: 'rack', channel: 'stable' })
    expect(lifting(registry)).toEqual([{ ...recorded, type: 'freeze.lifted', scope: 'registry' }])
    expect(lifting(registry, { app: 'rack', channel: 'stable', reason: 'we know' })).toEqual([
      {
        ...recorded,
        type: 'freeze.lifted',
        scope: 'channel',
        app: 'rack',
        channel: 'stable',
        reason: 'we know',
      },
    ])
  })
})

describe('what holds a channel', () => {
  const on = (registry: RegistryStory, channel = 'stable', at = registry.now): string | undefined => {
    const freeze = freezeOn(registry.state, registry.app, channel, at)
    return freeze && `${freeze.scope}${freeze.all ? ' all' : ''}`
  }

  test('nothing', () => {
    expect(on(aRegistry().withApp('rack'))).toBeUndefined()
    expect(on(aRegistry().withApp('site').freezes({ app: 'site' }).withApp('rack'))).toBeUndefined()
  })

  test('the widest, unless another stops everything', () => {
    const registry = aRegistry().withApp('rack').freezes({ app: 'rack', channel: 'stable', all: true })
    expect(on(registry)).toBe('channel all')
    expect(on(registry, 'unstable')).toBeUndefined()
    registry.freezes({ app: 'rack' })
    expect(on(registry)).toBe('channel all')
    expect(on(registry, 'unstable')).toBe('app')
    registry.freezes()
    expect(on(registry, 'unstable')).toBe('registry')
    registry.freezes({ app: 'rack', all: true })
    expect(on(registry, 'unstable')).toBe('app all')
    registry.unfreezes({ app: 'rack' }).unfreezes()
    expect(on(registry, 'unstable')).toBeUndefined()
    expect(on(registry)).toBe('channel all')
  })

  test('until its end, and not at it', () => {
    const registry = aRegistry()
      .withApp('rack')
      .freezes({ until: storyStart + 1000 })
    expect(on(registry, 'stable', storyStart + 999)).toBe('registry')
    expect(on(registry, 'stable', storyStart + 1000)).toBeUndefined()
  })
})

describe('refused', () => {
  const registry = () => aRegistry().withApp('rack')

  testRefusals('freeze.ts', [
    {
      when: 'a channel of no app',
      code: 'invalid_input',
      says: 'The channel stable is of which app?',
      hint: 'Add: --app APP',
      registry,
      act: (story) => freezing(story, { channel: 'stable' }),
    },
    {
      when: 'an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: (story) => freezing(story, { app: 'rock' }),
    },
    {
      when: 'a channel that does not exist',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable.',
      hint: 'headgate channel list --app rack',
      registry,
      act: (story) => freezing(story, { app: 'rack', channel: 'beta' }),
    },
    {
      when: 'until now',
      code: 'invalid_date',
      says: 'The end of the freeze (2016-08-16T16:00:15.000Z) is not in the future: it is 0s before now (2016-08-16T16:00:15.000Z).',
      registry,
      act: (story) => freezing(story, { until: storyStart }),
    },
    {
      when: 'for more than a year',
      code: 'invalid_date',
      says: 'The end of the freeze is 367 days ahead; at most 366 days are taken.',
      registry,
      act: (story) => freezing(story, { until: storyStart + 367 * day }),
    },
    {
      when: 'lifting where nothing is frozen at all',
      code: 'freeze_not_found',
      says: 'Not frozen is the whole registry; frozen is nothing.',
      registry: () =>
        registry()
          .freezes({ app: 'rack', until: storyStart + 1000 })
          .later(1),
      act: (story) => lifting(story),
    },
    {
      when: 'lifting elsewhere than where it lies',
      code: 'freeze_not_found',
      says: 'Not frozen is app rack; frozen are: the whole registry, channel stable of rack.',
      registry: () => registry().freezes().freezes({ app: 'rack', channel: 'stable' }),
      act: (story) => lifting(story, { app: 'rack' }),
    },
    {
      when: 'lifting twice',
      code: 'freeze_not_found',
      says: 'Not frozen is the whole registry; frozen are: app rack.',
      registry: () => registry().freezes().freezes({ app: 'rack' }).unfreezes(),
      act: (story) => lifting(story),
    },
  ])
})
