// Creating apps and channels: what is recorded, what is the same again, and what is refused.
import { describe, expect, test } from 'vitest'
import { createApp, createChannel } from '../../../shared/domain/commands/app.ts'
import { aRegistry, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const recorded = { v: 1, at: storyStart, actor: 'token:ada' }

describe('an app', () => {
  test('comes with unstable, which takes every build, and stable, which unstable feeds', () => {
    const { state, context } = aRegistry()
    expect(createApp(state, { app: 'rack', scheme: 'timestamp' }, context)).toEqual([
      { ...recorded, type: 'app.created', app: 'rack', scheme: 'timestamp' },
      {
        ...recorded,
        v: 2,
        type: 'channel.created',
        app: 'rack',
        channel: 'unstable',
        policy: { promoteOnPublish: true, checkSeconds: 60, gates: {} },
      },
      {
        ...recorded,
        v: 2,
        type: 'channel.created',
        app: 'rack',
        channel: 'stable',
        from: 'unstable',
        policy: { promoteOnPublish: false, checkSeconds: 300, gates: {} },
      },
    ])
  })

  test('the same again is success and records nothing', () => {
    const { state, context } = aRegistry().withApp('rack', 'semver')
    expect(createApp(state, { app: 'rack', scheme: 'semver' }, context)).toEqual([])
  })

  test('whatever its channels have become', () => {
    const { state, context } = aRegistry().withApp('rack').withChannel('canary').serves('10')
    expect(createApp(state, { app: 'rack', scheme: 'timestamp' }, context)).toEqual([])
  })
})

describe('a channel', () => {
  test('has the usual policy, and what is said differently', () => {
    const { state, context } = aRegistry().withApp('rack')
    expect(
      createChannel(
        state,
        { app: 'rack', channel: 'canary', from: 'unstable', policy: { checkSeconds: 30 } },
        context,
      ),
    ).toEqual([
      {
        ...recorded,
        v: 2,
        type: 'channel.created',
        app: 'rack',
        channel: 'canary',
        from: 'unstable',
        policy: { promoteOnPublish: false, checkSeconds: 30, gates: {} },
      },
    ])
    expect(
      createChannel(state, { app: 'rack', channel: 'nightly', policy: { promoteOnPublish: true } }, context),
    ).toEqual([
      {
        ...recorded,
        v: 2,
        type: 'channel.created',
        app: 'rack',
        channel: 'nightly',
        policy: { promoteOnPublish: true, checkSeconds: 300, gates: {} },
      },
    ])
  })

  test('the same again is success and records nothing', () => {
    const { state, context } = aRegistry()
      .withApp('rack')
      .withChannel('canary', { from: 'unstable', policy: { checkSeconds: 30 } })
    expect(
      createChannel(
        state,
        { app: 'rack', channel: 'canary', from: 'unstable', policy: { checkSeconds: 30 } },
        context,
      ),
    ).toEqual([])
    expect(createChannel(state, { app: 'rack', channel: 'stable', from: 'unstable' }, context)).toEqual([])
  })
})

describe('refused', () => {
  const registry = () =>
    aRegistry()
      .withApp('rack')
      .withChannel('nightly', { policy: { promoteOnPublish: true } })

  testRefusals('app.ts', [
    {
      when: 'a name that is none',
      code: 'invalid_input',
      says: '"My App" is not a name for an app: 1 to 63 of a-z, 0-9, "." and "-", starting and ending with a letter or digit, not only digits, not "constructor".',
      registry,
      act: ({ state, context }) => createApp(state, { app: 'My App', scheme: 'semver' }, context),
    },
    {
      when: 'an app that exists with the other scheme',
      code: 'name_taken',
      says: 'The app rack exists with the scheme timestamp; a scheme cannot be changed.',
      hint: 'headgate channel list --app rack',
      registry,
      act: ({ state, context }) => createApp(state, { app: 'rack', scheme: 'semver' }, context),
    },
    {
      when: 'a channel of an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: ({ state, context }) => createChannel(state, { app: 'rock', channel: 'beta' }, context),
    },
    {
      when: 'a channel with a name that is none',
      code: 'invalid_input',
      says: '"1" is not a name for a channel: 1 to 63 of a-z, 0-9, "." and "-", starting and ending with a letter or digit, not only digits, not "constructor".',
      registry,
      act: ({ state, context }) => createChannel(state, { app: 'rack', channel: '1' }, context),
    },
    {
      when: 'a feeder that does not exist, such as itself',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable, nightly.',
      hint: 'headgate channel list --app rack',
      registry,
      act: ({ state, context }) =>
        createChannel(state, { app: 'rack', channel: 'beta', from: 'beta' }, context),
    },
    {
      when: 'a channel that is fed and takes every build as well',
      code: 'invalid_input',
      says: 'beta cannot both be fed by unstable and take every build as it is published.',
      registry,
      act: ({ state, context }) =>
        createChannel(
          state,
          { app: 'rack', channel: 'beta', from: 'unstable', policy: { promoteOnPublish: true } },
          context,
        ),
    },
    {
      when: 'a channel that exists with another feeder',
      code: 'name_taken',
      says: 'The channel stable of rack exists, fed by unstable.',
      hint: 'headgate channel show stable --app rack',
      registry,
      act: ({ state, context }) =>
        createChannel(state, { app: 'rack', channel: 'stable', from: 'nightly' }, context),
    },
    {
      when: 'a channel that exists with another policy',
      code: 'name_taken',
      says: 'The channel nightly of rack exists.',
      hint: 'headgate channel show nightly --app rack',
      registry,
      act: ({ state, context }) => createChannel(state, { app: 'rack', channel: 'nightly' }, context),
    },
  ])
})
