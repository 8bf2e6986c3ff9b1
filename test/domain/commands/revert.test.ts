// Moving a channel back, on the record.
import { describe, expect, test } from 'vitest'
import { type RevertChannel, revertChannel } from '../../../shared/domain/commands/revert.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import { rolloutKeyOf } from '../../../shared/domain/rollout.ts'
import { remedyPolicy, rolloutPresets } from '../../../shared/domain/rollout-policy.ts'
import { aRegistry, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const reverting = (registry: RegistryStory, more: Partial<RevertChannel> = {}): LedgerEvent[] =>
  revertChannel(
    registry.state,
    { app: 'rack', channel: 'stable', recall: false, reason: 'it leaks', ...more },
    registry.context,
  )

const reverted = {
  type: 'channel.reverted',
  v: 1,
  at: storyStart,
  actor: 'token:ada',
  app: 'rack',
  channel: 'stable',
  reason: 'it leaks',
}

const recalling = {
  rollout: 'R-1',
  key: rolloutKeyOf('', 'rack', 'R-1'),
  policy: remedyPolicy,
}

describe('a revert', () => {
  const registry = () => aRegistry().withApp('rack').serves('10', '20', '30')

  test('goes to what is named, with a recall or without', () => {
    expect(reverting(registry(), { to: '10' })).toEqual([{ ...reverted, version: '10', recall: false }])
    expect(reverting(registry(), { to: '10', recall: true })).toEqual([
      { ...reverted, version: '10', recall: true, rollout: recalling },
    ])
  })

  test('goes to what was served before, if nothing is named', () => {
    expect(reverting(registry())).toEqual([{ ...reverted, version: '20', recall: false }])
    expect(reverting(registry().yanks('20'))).toMatchObject([{ version: '10' }])
    expect(reverting(registry().yanks('30'))).toMatchObject([{ version: '10' }])
    expect(reverting(registry().reverts('20'))).toMatchObject([{ version: '10' }])
  })

  test('to the head is success and records nothing', () => {
    expect(reverting(registry(), { to: '30' })).toEqual([])
    expect(reverting(registry().reverts('10'), { to: '10' })).toEqual([])
  })

  test('goes back into what an earlier one left, if that is named and older than the head', () => {
    expect(reverting(registry().reverts('10').serves('40'), { to: '20' })).toMatchObject([{ version: '20' }])
  })

  test('is not stopped by a freeze of everything', () => {
    expect(reverting(registry().freezes({ all: true }))).toHaveLength(1)
  })
})

describe('refused', () => {
  const registry = () => aRegistry().withApp('rack').serves('10', '20').publishes('15').publishes('30')

  testRefusals('revert.ts', [
    {
      when: 'on a channel that does not exist',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable.',
      hint: 'headgate channel list --app rack',
      registry,
      act: (story) => reverting(story, { channel: 'beta' }),
    },
    {
      when: 'on a channel that serves nothing',
      code: 'channel_empty',
      says: 'stable serves nothing, so there is nothing to go back from.',
      registry: () => aRegistry().withApp('rack').publishes('10'),
      act: (story) => reverting(story, { to: '10' }),
    },
    {
      when: 'from the first that was served',
      code: 'channel_empty',
      says: 'stable served nothing before 20 that is not withdrawn.',
      hint: 'headgate channel history stable --app rack',
      registry: () => registry().yanks('10'),
      act: (story) => reverting(story),
    },
    {
      when: 'to a release that does not exist',
      code: 'release_not_found',
      says: 'The app rack has no release 99.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => reverting(story, { to: '99' }),
    },
    {
      when: 'to what is withdrawn',
      code: 'yanked',
      says: '10 was withdrawn by ADV-1.',
      registry: () => registry().yanks('10'),
      act: (story) => reverting(story, { to: '10' }),
    },
    {
      when: 'to what the channel never served',
      code: 'never_served',
      says: 'stable never served 15.',
      hint: 'headgate channel history stable --app rack',
      registry,
      act: (story) => reverting(story, { to: '15' }),
    },
    {
      when: 'to what was halted on its way and overtaken',
      code: 'never_completed',
      says: '20 never reached every rack of stable: its rollout was stopped or overtaken.',
      hint: 'headgate channel history stable --app rack',
      registry: () =>
        aRegistry()
          .withApp('rack')
          .serves('10')
          .publishes('20')
          .promotes('20', { rollout: rolloutPresets.canary })
          .halts('R-1')
          .publishes('30')
          .promotes('30'),
      act: (story) => reverting(story, { to: '20' }),
    },
    {
      when: 'to what is newer than the head',
      code: 'not_forward',
      says: '20 is newer than 10; forward is a promotion.',
      hint: 'headgate promote 20 --app rack --to stable',
      registry: () => registry().reverts('10'),
      act: (story) => reverting(story, { to: '20' }),
    },
  ])
})
