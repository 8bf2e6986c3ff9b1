// What each event does to the state, told as stories; and forks, which are folded further without their base's knowing.
import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { applyEvent, foldEvents } from '../../shared/domain/fold.ts'
import { inForce } from '../../shared/domain/freeze.ts'
import { day, minute } from '../../shared/domain/instants.ts'
import { emptyRecord } from '../../shared/domain/release-record.ts'
import {
  emptyState,
  findApp,
  findChannel,
  findRelease,
  forkState,
  writableApp,
} from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { aRegistry, problemOf, type RegistryStory, storyStart } from '../support/builders.ts'
import { plainState } from './plain-state.ts'

const head = (registry: RegistryStory, channel?: string): string | undefined => registry.channel(channel).head

const key = (version: string): string => orderKey('timestamp', version)

describe('a new app', () => {
  const registry = aRegistry().withApp('rack', 'semver')

  test('has its scheme and nothing published', () => {
    const { owner, name, scheme, createdAt, releases, stones, floors } = registry.app
    expect(owner).toBe(registry.state)
    expect({ name, scheme, createdAt, releases: releases.size, stones, floors }).toEqual({
      name: 'rack',
      scheme: 'semver',
      createdAt: storyStart,
      releases: 0,
      stones: [],
      floors: [],
    })
  })

  test('has two channels that serve nothing', () => {
    expect([...registry.app.channels.values()]).toEqual([
      {
        name: 'unstable',
        app: 'rack',
        from: undefined,
        policy: { promoteOnPublish: true, checkSeconds: 60, gates: {} },
        policyRevision: 1,
        revision: 0,
        createdAt: storyStart,
        top: undefined,
        head: undefined,
        base: undefined,
      },
      {
        name: 'stable',
        app: 'rack',
        from: 'unstable',
        policy: { promoteOnPublish: false, checkSeconds: 300, gates: {} },
        policyRevision: 1,
        revision: 0,
        createdAt: storyStart,
        top: undefined,
        head: undefined,
        base: undefined,
      },
    ])
  })
})

describe('a release', () => {
  test('is remembered with who published it and when, and where it was served since when', () => {
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', { notes: 'first' })
      .later(5)
      .promotes('10')
      .later(5)
    expect(registry.release('10')).toEqual({
      version: '10',
      key: key('10'),
      content: { artifacts: [], notes: 'first' },
      recordedAt: storyStart,
      recordedBy: 'token:ada',
      routing: {},
      requires: [],
      headOn: { unstable: storyStart, stable: storyStart + 5 * minute },
      servedOn: { unstable: storyStart, stable: storyStart + 5 * minute },
      awaitedOn: [],
      record: emptyRecord,
    })
    expect(registry.app.versionOfKey.get(key('10'))).toBe('10')
  })

  test('keeps the time when it was served first, however often it comes back', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').later(5).reverts('10').promotes('20')
    expect(registry.release('20').servedOn.stable).toBe(storyStart)
    expect(registry.release('10').servedOn.stable).toBe(storyStart)
  })

  test('shares its contract with others of the same digest', () => {
    const parameters = { Key: { masked: true } }
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', { parameters })
      .publishes('20', { parameters })
    const digest = registry.release('10').content.contract ?? ''
    expect(registry.app.contracts.size).toBe(1)
    expect(registry.app.contracts.get(digest)).toEqual(parameters)
    expect(registry.release('20').content.contract).toBe(digest)
    expect(registry.events.filter(({ type }) => type === 'contract.declared')).toHaveLength(1)
  })

  test('has its routing facts with the ranges parsed, and the lists of stones and floors follow', () => {
    const registry = aRegistry().withApp('site').withApp('rack').serves('10', '20', '30')
    registry.routes('30', { required: true, floor: '20', requiresFrom: '>=10', requires: { site: '1..2' } })
    registry.routes('20', { required: true }).later(1)
    const { routing, floorKey, reachableFrom, requires } = registry.release('30')
    expect(routing).toEqual({ required: true, floor: '20', requiresFrom: '>=10', requires: { site: '1..2' } })
    expect(floorKey).toBe(key('20'))
    expect(reachableFrom?.intervals).toEqual([{ from: { key: key('10'), isInclusive: true } }])
    expect(requires).toEqual([
      {
        app: 'site',
        range: {
          text: '1..2',
          intervals: [
            { from: { key: key('1'), isInclusive: true }, to: { key: key('2'), isInclusive: true } },
          ],
        },
      },
    ])
    expect(registry.app.stones.map(({ version }) => version)).toEqual(['20', '30'])
    expect(registry.app.floors.map(({ version }) => version)).toEqual(['30'])
    registry.routes('30', { required: false })
    expect(registry.app.stones.map(({ version }) => version)).toEqual(['20'])
    expect(registry.release('30').floorKey).toBe(key('20'))
  })

  test('the ranges of what it requires are read by the scheme of the other app', () => {
    const registry = aRegistry().withApp('site', 'semver').withApp('rack').serves('10')
    registry.routes('10', { requires: { site: '>=1.2.0' } })
    expect(registry.release('10').requires[0]?.range.intervals).toEqual([
      { from: { key: orderKey('semver', '1.2.0'), isInclusive: true } },
    ])
  })

  test('is a stone on the channels that admitted it, since then', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20').promotes('20').later(7)
    registry.routes('10', { required: true }, ['stable'])
    expect(registry.release('10').servedOn).toEqual({ unstable: storyStart, stable: storyStart + 7 * minute })
    registry.later(1).routes('10', { floor: '5' })
    expect(registry.release('10').servedOn.stable).toBe(storyStart + 7 * minute)
    expect(head(registry)).toBe('20')
    expect(registry.channel().revision).toBe(1)
  })

  test('that is routed again keeps the time when a channel admitted it', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20').promotes('20')
    registry.routes('10', { required: true }, ['stable']).later(9).routes('10', { floor: '5' }, ['stable'])
    expect(registry.release('10').servedOn.stable).toBe(storyStart)
  })

  test('published into a withdrawn range is withdrawn from the start, or the fix', () => {
    const registry = aRegistry()
      .withApp('rack')
      .yanks('10..20')
      .publishes('11', { yanked: true })
      .publishes('12', { fixes: 'ADV-1' })
    const standing = ['11', '12']
      .map((version) => registry.release(version))
      .map(({ yank, fixes }) => ({ yank, fixes }))
    expect(standing).toEqual([
      { yank: 'ADV-1', fixes: undefined },
      { yank: undefined, fixes: 'ADV-1' },
    ])
  })

  test('is awaited no more on a channel that came to serve it', () => {
    const registry = aRegistry().withApp('rack').withChannel('canary', { from: 'stable' }).publishes('10')
    registry.routes('10', { required: true }, ['stable', 'canary'])
    expect(registry.release('10').awaitedOn).toEqual(['canary'])
    registry.promotes('10')
    registry.promotes('10', { to: 'canary' })
    expect(registry.release('10').awaitedOn).toEqual([])
    registry.withChannel('late', { from: 'canary' }).withChannel('later', { from: 'late' }).publishes('20')
    registry.routes('20', { required: true }, ['canary', 'late']).routes('20', {}, ['later'])
    expect(registry.release('20').awaitedOn).toEqual(['canary', 'late', 'later'])
    registry.promotes('20').promotes('20', { to: 'canary' })
    expect(registry.release('20').awaitedOn).toEqual(['late', 'later'])
  })
})

describe('a yank', () => {
  test('is a tombstone: what it covers stays, and says by what it was withdrawn', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30').later(3)
    registry.yanks('20..25', { severity: 'critical', remedy: 'rollback', to: '10', reason: 'it stores ****' })
    const { range, ...yank } = registry.app.yanks.get('ADV-1') ?? {}
    expect(yank).toEqual({
      id: 'ADV-1',
      severity: 'critical',
      remedy: 'rollback',
      to: '10',
      reason: 'it stores ****',
      at: storyStart + 3 * minute,
      actor: 'token:ada',
      rollout: 'R-1',
    })
    expect(range?.text).toBe('20..25')
    const yanks = [...registry.app.releases.values()].map(({ version, yank: by }) => [version, by])
    expect(yanks).toEqual([
      ['10', undefined],
      ['20', 'ADV-1'],
      ['30', undefined],
    ])
  })

  test('of two that cover a release the critical one speaks; of two alike the newer', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20')
    registry.yanks('20', { reason: 'first' })
    expect(registry.release('20').yank).toBe('ADV-1')
    registry.yanks('20', { reason: 'second' })
    expect(registry.release('20').yank).toBe('ADV-2')
    registry.yanks('20', { severity: 'critical', reason: 'third' })
    registry.yanks('20', { reason: 'fourth' })
    expect(registry.release('20').yank).toBe('ADV-3')
    registry.yanks('20', { severity: 'critical', reason: 'fifth' })
    expect(registry.release('20').yank).toBe('ADV-5')
  })

  test('leaves stones and floors in their lists, withdrawn', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10', '20', '30')
      .routes('20', { required: true, floor: '10' })
    registry.yanks('20')
    expect(registry.app.stones.map(({ version, yank }) => [version, yank])).toEqual([['20', 'ADV-1']])
    expect(registry.app.floors.map(({ version, yank }) => [version, yank])).toEqual([['20', 'ADV-1']])
  })
})

describe('freezes and tokens', () => {
  test('a freeze is remembered with who, why and until when; lifted, it is over', () => {
    const registry = aRegistry().withApp('rack')
    const until = storyStart + day
    registry
      .freezes({ all: true, reason: 'what is this' })
      .freezes({ app: 'rack', until })
      .freezes({ app: 'rack', channel: 'stable' })
    const common = { reason: 'we look into it', actor: 'token:ada', at: storyStart, all: false }
    expect([...registry.state.freezes.values()]).toEqual([
      { ...common, scope: 'registry', all: true, reason: 'what is this' },
      { ...common, scope: 'app', app: 'rack', until },
      { ...common, scope: 'channel', app: 'rack', channel: 'stable' },
    ])
    registry.unfreezes({ app: 'rack' })
    expect(
      [...registry.state.freezes.values()].map((one) => (inForce(one, registry.now) ? one.scope : 'lifted')),
    ).toEqual(['registry', 'lifted', 'channel'])
  })

  test('a token that is revoked keeps its metadata; one that is not known is passed over', () => {
    const registry = aRegistry().withApp('rack')
    const made = {
      token: 't1',
      name: 'ci',
      role: 'publisher',
      scopes: ['stop'],
      labels: { a: 'b' },
      sha256: 'f'.repeat(64),
      expiresAt: 9,
    } as const
    const created: LedgerEvent = {
      type: 'token.created',
      v: 1,
      at: 1,
      actor: 'system',
      app: 'rack',
      channel: 'stable',
      ...made,
    }
    registry.records([created])
    const state = {
      id: 't1',
      name: 'ci',
      role: 'publisher',
      scopes: ['stop'],
      labels: { a: 'b' },
      sha256: 'f'.repeat(64),
      expiresAt: 9,
      createdAt: 1,
      createdBy: 'system',
      app: 'rack',
      channel: 'stable',
    }
    expect(registry.state.tokens.get('t1')).toEqual(state)
    expect(registry.state.tokenOfSha256.get('f'.repeat(64))).toBe('t1')
    registry.records([{ type: 'token.revoked', v: 1, at: 5, actor: 'system', token: 't1' }])
    expect(registry.state.tokens.get('t1')).toEqual({ ...state, revokedAt: 5 })
    registry.records([{ type: 'token.revoked', v: 1, at: 5, actor: 'system', token: 't2' }])
    expect(registry.state.tokens.size).toBe(1)
  })
})

describe('a fork', () => {
  test('may be folded further, and what it was forked from does not hear of it', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20')
    const before = plainState(registry.state)
    const yanked: LedgerEvent = {
      type: 'release.yanked',
      v: 1,
      at: 9,
      actor: 'a',
      app: 'rack',
      yank: 'ADV-1',
      range: '20',
      severity: 'moderate',
      remedy: 'stay',
    }
    const fork = foldEvents(forkState(registry.state), [
      yanked,
      { type: 'app.created', v: 1, at: 9, actor: 'a', app: 'site', scheme: 'semver' },
      { type: 'freeze.set', v: 1, at: 9, actor: 'a', scope: 'registry', all: true },
      { type: 'registry.initialized', v: 1, at: 9, actor: 'a', registryId: 'other' },
    ])
    expect(plainState(registry.state)).toEqual(before)
    expect(findChannel(findApp(fork, 'rack'), 'stable').head).toBe('10')
    expect(findRelease(findApp(fork, 'rack'), '20').yank).toBe('ADV-1')
    expect([fork.apps.size, fork.freezes.size, fork.registryId]).toEqual([2, 1, 'other'])
    expect(findApp(fork, 'rack').owner).toBe(fork)
    applyEvent(registry.state, { ...yanked, range: '10' })
    expect(registry.channel().head).toBe('20')
  })

  test('is taken of an app when it is first written to, and then is its own', () => {
    const { state } = aRegistry().withApp('rack').serves('10')
    expect(writableApp(state, 'rack')).toBe(findApp(state, 'rack'))
    const fork = forkState(state)
    expect(findApp(fork, 'rack')).toBe(findApp(state, 'rack'))
    const own = writableApp(fork, 'rack')
    expect(own).not.toBe(findApp(state, 'rack'))
    expect(writableApp(fork, 'rack')).toBe(own)
    expect(findApp(fork, 'rack')).toBe(own)
  })

  test('knows the registry by its id', () => {
    expect(emptyState().registryId).toBe('')
    const state = foldEvents(emptyState(), [
      { type: 'registry.initialized', v: 1, at: 0, actor: 'system', registryId: 'r1' },
    ])
    expect(forkState(state).registryId).toBe('r1')
  })
})

describe('what is not there', () => {
  const registry = aRegistry().withApp('rack').withApp('site').publishes('10')

  test('is named, with what there is', () => {
    const app = problemOf(() => findApp(registry.state, 'rock'))
    expect([app.code, app.message, app.hint]).toEqual([
      'app_not_found',
      'There is no app "rock" here.',
      'headgate app create rock --scheme semver',
    ])
    const channel = problemOf(() => findChannel(registry.app, 'beta'))
    expect([channel.code, channel.message, channel.hint]).toEqual([
      'channel_not_found',
      'The app site has no channel "beta"; it has: unstable, stable.',
      'headgate channel list --app site',
    ])
    const release = problemOf(() => findRelease(registry.app, '20'))
    expect([release.code, release.message, release.hint]).toEqual([
      'release_not_found',
      'The app site has no release 20.',
      'headgate release list --app site',
    ])
  })

  test('an app may have no channels at all', () => {
    const state = foldEvents(emptyState(), [
      { type: 'app.created', v: 1, at: 0, actor: 'a', app: 'bare', scheme: 'semver' },
    ])
    expect(problemOf(() => findChannel(findApp(state, 'bare'), 'stable')).message).toContain('it has: none.')
  })
})
