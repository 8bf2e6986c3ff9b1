// Publishing releases and setting their routing facts.
import { describe, expect, test } from 'vitest'
import {
  type PublishRelease,
  publishRelease,
  type RouteRelease,
  routeRelease,
} from '../../../shared/domain/commands/release.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import type { ReleaseContent } from '../../../shared/domain/release.ts'
import { anArtifact, aRegistry, problemOf, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const recorded = { v: 1, at: storyStart, actor: 'token:ada' }
const content: ReleaseContent = { artifacts: [] }

const publishing = (
  registry: RegistryStory,
  version: string,
  more: Partial<PublishRelease> = {},
): LedgerEvent[] =>
  publishRelease(
    registry.state,
    { app: registry.app.name, version, content, via: 'publish', ...more },
    registry.context,
  )

const routing = (registry: RegistryStory, version: string, more: Partial<RouteRelease> = {}): LedgerEvent[] =>
  routeRelease(
    registry.state,
    { app: registry.app.name, version, routing: {}, channels: [], reason: 'so it is', ...more },
    registry.context,
  )

describe('publishing', () => {
  test('records the release, and before it a contract that is new', () => {
    const contract = { digest: 'c1', parameters: { Key: {} } }
    const registry = aRegistry().withApp('rack')
    const events = publishing(registry, '10', { content: { ...content, contract: 'c1' }, contract })
    expect(events).toEqual([
      { ...recorded, type: 'contract.declared', app: 'rack', digest: 'c1', parameters: { Key: {} } },
      {
        ...recorded,
        type: 'release.published',
        app: 'rack',
        version: '10',
        content: { artifacts: [], contract: 'c1' },
        via: 'publish',
      },
    ])
    registry.records(events)
    const next = publishing(registry, '20', { content: { ...content, contract: 'c1' }, contract })
    expect(next.map(({ type }) => type)).toEqual(['release.published'])
  })

  test('the same again is success and records nothing, whatever became of it', () => {
    const whole: ReleaseContent = {
      artifacts: [anArtifact(), anArtifact({ platform: 'any' })],
      notes: 'first',
      source: { commit: 'abc' },
      contract: 'c1',
      publishedAt: 5,
      validUntil: storyStart + 1,
    }
    const registry = aRegistry().withApp('rack').publishes('10', whole).yanks('10').later(10)
    expect(publishing(registry, '10', { content: whole })).toEqual([])
    const inOtherOrder = { ...whole, artifacts: [...whole.artifacts].reverse() }
    expect(publishing(registry, '10', { content: inOtherOrder })).toEqual([])
  })

  test('an import reads names as they were written, a publication does not', () => {
    const registry = aRegistry().withApp('rack', 'semver')
    expect(publishing(registry, '3.24.9rc1', { via: 'import' })).toEqual([
      { ...recorded, type: 'release.published', app: 'rack', version: '3.24.9rc1', content, via: 'import' },
    ])
  })

  test('into a withdrawn range: as withdrawn, as the fix, or imported as withdrawn', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').yanks('15..30')
    expect(publishing(registry, '25', { yanked: true })[0]).toMatchObject({ version: '25', yank: 'ADV-1' })
    expect(publishing(registry, '25', { fixes: 'ADV-1' })[0]).toMatchObject({ version: '25', fixes: 'ADV-1' })
    expect(publishing(registry, '25', { fixes: 'ADV-1' })[0]).not.toHaveProperty('yank')
    expect(publishing(registry, '25', { via: 'import' })[0]).toMatchObject({ version: '25', yank: 'ADV-1' })
    expect(publishing(registry, '31', { fixes: 'ADV-1' })[0]).toEqual({
      ...recorded,
      type: 'release.published',
      app: 'rack',
      version: '31',
      content,
      via: 'publish',
    })
  })

  test('as withdrawn, outside of every withdrawn range, is refused: it would be live', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').yanks('15..30')
    expect(problemOf(() => publishing(registry, '31', { yanked: true }))).toMatchObject({
      code: 'invalid_input',
      message: '31 lies in no withdrawn range, so it cannot be published as withdrawn: it would be live.',
    })
  })

  test('into two withdrawn ranges: the worst of them speaks', () => {
    const registry = aRegistry().withApp('rack').serves('10')
    registry.yanks('20..30', { severity: 'critical' }).yanks('20..40')
    expect(publishing(registry, '25', { yanked: true })[0]).toMatchObject({ yank: 'ADV-1' })
    expect(publishing(registry, '35', { yanked: true })[0]).toMatchObject({ yank: 'ADV-2' })
  })
})

describe('publishing is refused', () => {
  const registry = () =>
    aRegistry()
      .withApp('rack')
      .publishes('10', { notes: 'first', artifacts: [anArtifact()] })
      .yanks('20..30')
  const differs = (more: Partial<ReleaseContent>) => (story: RegistryStory) =>
    publishing(story, '10', { content: { notes: 'first', artifacts: [anArtifact()], ...more } })
  const other = 'b'.repeat(64)

  testRefusals('release.ts', [
    {
      when: 'to an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: (story) => publishing(story, '10', { app: 'rock' }),
    },
    {
      when: 'of what is no version',
      code: 'invalid_version',
      says: '"latest" is not a version of the scheme timestamp: expected digits with an optional -suffix, such as 20160816140022, at most 128 characters.',
      registry,
      act: (story) => publishing(story, 'latest'),
    },
    {
      when: 'of an untidy name',
      code: 'invalid_version',
      says: '"1.0.0rc1" is not a version of the scheme semver: expected MAJOR.MINOR.PATCH[-PRERELEASE], such as 3.24.9 or 3.24.9-rc.1, at most 128 characters.',
      registry: () => aRegistry().withApp('site', 'semver'),
      act: (story) => publishing(story, '1.0.0rc1'),
    },
    {
      when: 'of other notes under the same version',
      code: 'release_differs',
      says: '10 was published before with other content (notes: "first" is not "second"). A release never changes.',
      hint: 'Publish the new content under a new version.',
      numbers: { different: ['notes'] },
      registry,
      act: differs({ notes: 'second' }),
    },
    {
      when: 'of another artifact, and of what was not said, under the same version',
      code: 'release_differs',
      says: `10 was published before with other content (artifacts: [{"platform":"linux/amd64","sha256":"${'a'.repeat(64)}","size":1000}] is not [{"platform":"linux/amd64","sha256":"${other}","size":1000}]; source: nothing is not {"commit":"abc"}; contract: nothing is not "c1"; publishedAt: nothing is not 5; validUntil: nothing is not 6). A release never changes.`,
      hint: 'Publish the new content under a new version.',
      registry,
      act: differs({
        artifacts: [anArtifact({ sha256: other })],
        source: { commit: 'abc' },
        contract: 'c1',
        publishedAt: 5,
        validUntil: 6,
      }),
    },
    {
      when: 'of long notes, which are shown short',
      code: 'release_differs',
      says: `10 was published before with other content (notes: "first" is not "${'x'.repeat(116)}…). A release never changes.`,
      hint: 'Publish the new content under a new version.',
      registry,
      act: differs({ notes: 'x'.repeat(119) }),
    },
    {
      when: 'of notes that just fit',
      code: 'release_differs',
      says: `10 was published before with other content (notes: "first" is not "${'x'.repeat(118)}"). A release never changes.`,
      hint: 'Publish the new content under a new version.',
      registry,
      act: differs({ notes: 'x'.repeat(118) }),
    },
    {
      when: 'of a second name for one version',
      code: 'same_order',
      says: '010 stands at the same place in the order as 10, which is published: nobody could say which is newer.',
      registry,
      act: (story) => publishing(story, '010'),
    },
    {
      when: 'with two artifacts for one platform',
      code: 'invalid_input',
      says: 'The platform linux/amd64 has more than one artifact.',
      registry,
      act: (story) =>
        publishing(story, '11', { content: { artifacts: [anArtifact(), anArtifact({ sha256: other })] } }),
    },
    {
      when: 'valid until a time that is over',
      code: 'invalid_date',
      says: 'validUntil (2016-08-16T16:00:15.000Z) has passed already.',
      registry,
      act: (story) => publishing(story, '11', { content: { artifacts: [], validUntil: storyStart } }),
    },
    {
      when: 'as the fix of an advisory that does not exist',
      code: 'advisory_not_found',
      says: 'The app rack has no advisory ADV-9.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => publishing(story, '11', { fixes: 'ADV-9' }),
    },
    {
      when: 'into a withdrawn range, without a word',
      code: 'inside_open_yank',
      says: '25 lies in 20..30, withdrawn by ADV-1: it is broken.',
      hint: 'headgate release publish 25 --app rack --fixes ADV-1   # or --yanked, if it is withdrawn as well',
      numbers: { advisory: 'ADV-1' },
      registry,
      act: (story) => publishing(story, '25'),
    },
    {
      when: 'into a withdrawn range, as the fix of another',
      code: 'inside_open_yank',
      says: '25 lies in 20..30, withdrawn by ADV-1: it is broken.',
      hint: 'headgate release publish 25 --app rack --fixes ADV-1   # or --yanked, if it is withdrawn as well',
      registry: () => registry().yanks('50'),
      act: (story) => publishing(story, '25', { fixes: 'ADV-2' }),
    },
    {
      when: 'routing: a release that does not exist',
      code: 'release_not_found',
      says: 'The app rack has no release 99.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => routing(story, '99', { routing: { required: true } }),
    },
    {
      when: 'routing: a floor above the release itself',
      code: 'invalid_input',
      says: 'The floor 11 is newer than 10 itself.',
      registry,
      act: (story) => routing(story, '10', { routing: { floor: '11' } }),
    },
    {
      when: 'routing: a range that is none',
      code: 'invalid_range',
      says: '"20..10" is not a range of versions: it starts at 20, which comes after its end 10.',
      hint: 'Write one version, a list A,B, a span A..B, or comparators such as ">=A <B".',
      registry,
      act: (story) => routing(story, '10', { routing: { requiresFrom: '20..10' } }),
    },
    {
      when: 'routing: another app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "site" here.',
      hint: 'headgate app create site --scheme semver',
      registry,
      act: (story) => routing(story, '10', { routing: { requires: { site: '1' } } }),
    },
    {
      when: 'routing: a range of another app, by its scheme',
      code: 'invalid_version',
      says: '"1" is not a version of the scheme semver: expected MAJOR.MINOR.PATCH[-PRERELEASE], such as 3.24.9 or 3.24.9-rc.1, at most 128 characters.',
      registry: () => aRegistry().withApp('site', 'semver').withApp('rack').publishes('10'),
      act: (story) => routing(story, '10', { routing: { requires: { site: '1' } } }),
    },
    {
      when: 'routing: a channel for what is no stone',
      code: 'invalid_input',
      says: '10 is not a required release, so no channel has to take it as a stone.',
      hint: 'headgate release route 10 --app rack --required --channel stable --reason "…"',
      registry,
      act: (story) => routing(story, '10', { channels: ['stable'] }),
    },
    {
      when: 'routing: a channel that does not exist',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable.',
      hint: 'headgate channel list --app rack',
      registry,
      act: (story) => routing(story, '10', { routing: { required: true }, channels: ['beta'] }),
    },
    {
      when: 'routing: a replacement for what is not withdrawn',
      code: 'invalid_input',
      says: '10 is not withdrawn, so nothing replaces it as a stone.',
      registry: () => registry().publishes('40'),
      act: (story) => routing(story, '10', { routing: { required: true, replacedBy: '40' } }),
    },
    {
      when: 'routing: a replacement that does not exist',
      code: 'release_not_found',
      says: 'The app rack has no release 40.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => routing(story, '10', { routing: { required: true, replacedBy: '40' } }),
    },
    {
      when: 'routing: a replacement that is withdrawn itself',
      code: 'yanked',
      says: '40 is withdrawn itself and cannot replace a stone.',
      registry: () => registry().publishes('40').yanks('10').yanks('40'),
      act: (story) => routing(story, '10', { routing: { required: true, replacedBy: '40' } }),
    },
  ])
})

describe('routing', () => {
  const route = (registry: RegistryStory, version: string, more: Partial<RouteRelease>): unknown =>
    routing(registry, version, more).map((event) => ({ ...event, v: 1 }))
  const routed = { ...recorded, type: 'release.routed', app: 'rack', reason: 'so it is' }

  test('sets the facts that are named and leaves the others', () => {
    const registry = aRegistry().withApp('rack').publishes('10').routes('10', { required: true, floor: '5' })
    expect(route(registry, '10', { routing: { floor: '6' } })).toEqual([
      { ...routed, version: '10', routing: { required: true, floor: '6' }, admittedOn: [], awaitedOn: [] },
    ])
    expect(route(registry, '10', { routing: { floor: '10' } })).toMatchObject([{ routing: { floor: '10' } }])
  })

  test('the same again is success and records nothing', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20').promotes('20')
    const facts = { required: true, requiresFrom: '>=5' }
    registry.routes('10', facts, ['stable'])
    expect(route(registry, '10', { routing: facts, channels: ['stable'] })).toEqual([])
    expect(route(registry, '10', { routing: { required: true } })).toEqual([])
    expect(route(registry, '10', {})).toEqual([])
  })

  test('an older release is admitted as a stone where its gates pass, without moving the head', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20').promotes('20')
    expect(route(registry, '10', { routing: { required: true }, channels: ['stable', 'stable'] })).toEqual([
      { ...routed, version: '10', routing: { required: true }, admittedOn: ['stable'], awaitedOn: [] },
    ])
  })

  test('a parameter change that the head has been through already needs no acknowledgement for an older stone', () => {
    const masked = { parameters: { Password: { masked: true } } }
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', { parameters: { Password: {} } })
      .promotes('10')
    registry.publishes('20', masked).publishes('30', masked)
    expect(route(registry, '20', { routing: { required: true }, channels: ['stable'] })).toMatchObject([
      { admittedOn: [], awaitedOn: ['stable'] },
    ])
    registry.promotes('20', { acknowledge: ['Password'], note: 'it is safe' })
    const other = aRegistry()
      .withApp('rack')
      .publishes('10', { parameters: { Password: {} } })
    other
      .publishes('20', masked)
      .publishes('30', { parameters: { Password: {} } })
      .promotes('30')
    expect(route(other, '20', { routing: { required: true }, channels: ['stable'] })).toMatchObject([
      { admittedOn: ['stable'], awaitedOn: [] },
    ])
  })

  test('where the gates do not pass it is awaited, until they do or it is a stone no more', () => {
    const registry = aRegistry().withApp('rack').withChannel('canary', { from: 'stable' }).publishes('10')
    registry.publishes('20').promotes('20').promotes('20', { to: 'canary' })
    registry.routes('10', { required: true }, ['canary'])
    expect(registry.release('10').awaitedOn).toEqual(['canary'])
    expect(route(registry, '10', { routing: { required: true } })).toEqual([])
    registry.routes('10', {}, ['stable'])
    expect(registry.release('10').awaitedOn).toEqual(['canary'])
    registry.routes('10', {})
    expect(registry.release('10').awaitedOn).toEqual([])
    expect(registry.release('10').servedOn.canary).toBe(storyStart)
    const other = aRegistry().withApp('rack').withChannel('canary', { from: 'stable' }).publishes('10')
    other.routes('10', { required: true }, ['canary'])
    expect(route(other, '10', { routing: { required: false } })).toEqual([
      { ...routed, version: '10', routing: { required: false }, admittedOn: [], awaitedOn: [] },
    ])
  })

  test('is no way around the feeder: what was never head of unstable becomes neither stone nor head', () => {
    const registry = aRegistry().withApp('rack').serves('10').publishes('30').publishes('20')
    registry.routes('20', { required: true }, ['unstable', 'stable'])
    expect(registry.release('20')).toMatchObject({
      awaitedOn: ['unstable', 'stable'],
      headOn: {},
      servedOn: {},
    })
    expect(problemOf(() => registry.promotes('20')).code).toBe('not_in_feeder')
  })

  test('a withdrawn stone is admitted nowhere', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20').promotes('20').yanks('10')
    expect(route(registry, '10', { routing: { required: true }, channels: ['stable'] })).toMatchObject([
      { admittedOn: [], awaitedOn: ['stable'] },
    ])
  })

  test('a withdrawn stone is replaced, and routed again when its replacement is withdrawn too', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10', '20', '30')
      .routes('20', { required: true })
      .yanks('20')
    registry.routes('20', { replacedBy: '30' }).yanks('30')
    expect(route(registry, '20', { routing: { skippable: true } })).toMatchObject([
      { routing: { required: true, replacedBy: '30', skippable: true } },
    ])
  })
})
