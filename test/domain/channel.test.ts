// A channel's history, told as stories: what it falls back to, what a revert leaves, and whom a recall calls.
import { describe, expect, test } from 'vitest'
import { type HistoryEntry, historyOf } from '../../shared/domain/channel.ts'
import { minute } from '../../shared/domain/instants.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { aRegistry, type RegistryStory, storyStart } from '../support/builders.ts'

const history = (registry: RegistryStory, channel?: string): string[] =>
  [...historyOf(registry.channel(channel))].map(
    ({ movement, version }) => `${movement} ${version ?? 'nothing'}`,
  )

const head = (registry: RegistryStory, channel?: string): string | undefined => registry.channel(channel).head

const key = (version: string): string => orderKey('timestamp', version)

describe('a channel', () => {
  test('keeps who moved it, when, why, and what was before', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10')
      .later(1)
      .serves('20')
      .later(1)
      .as('token:ben')
      .reverts('10')
    const [reverted, promoted, first] = [...historyOf(registry.channel())]
    const entry = (one: HistoryEntry | undefined) => one && { ...one, previous: undefined, older: undefined }
    expect(entry(reverted)).toEqual({
      revision: 3,
      movement: 'reverted',
      version: '10',
      at: storyStart + 2 * minute,
      actor: 'token:ben',
      reason: 'it is broken',
      previous: undefined,
      older: undefined,
    })
    expect(entry(promoted)).toEqual({
      revision: 2,
      movement: 'promoted',
      via: 'promote',
      version: '20',
      at: storyStart + minute,
      actor: 'token:ada',
      previous: undefined,
      older: undefined,
    })
    expect(promoted?.older).toBe(first)
    expect(first?.older).toBeUndefined()
    expect(registry.channel().revision).toBe(3)
  })

  test('its new head is its base, until there are rollouts', () => {
    const { head: served, base } = aRegistry().withApp('rack').serves('10', '20').channel()
    expect([served, base]).toEqual(['20', '20'])
  })

  test('is told how its builds came', () => {
    const registry = aRegistry().withApp('rack').serves('10')
    expect(registry.channel('unstable').top?.via).toBe('publish')
    expect(registry.channel('stable').top?.via).toBe('promote')
  })
})

describe('what a channel falls back to when its head is yanked', () => {
  test('what it served before', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30').yanks('30')
    expect(head(registry)).toBe('20')
    expect(history(registry)).toEqual(['fell_back 20', 'promoted 30', 'promoted 20', 'promoted 10'])
  })

  test('past all that are yanked, to the one before', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30').yanks('20..30')
    expect(head(registry)).toBe('10')
    expect(history(registry)[0]).toBe('fell_back 10')
  })

  test('step by step', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30').yanks('30').yanks('20')
    expect(head(registry)).toBe('10')
    expect(history(registry).slice(0, 2)).toEqual(['fell_back 10', 'fell_back 20'])
  })

  test('nothing, when nothing is left; and it can be promoted to again', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20').yanks('10..20')
    expect([head(registry), registry.channel().base]).toEqual([undefined, undefined])
    expect(history(registry)[0]).toBe('fell_back nothing')
    expect(registry.channel().revision).toBe(3)
    registry.serves('30')
    expect(head(registry)).toBe('30')
    registry.yanks('30')
    expect(head(registry)).toBeUndefined()
  })

  test('not what a revert left', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10', '20', '30')
      .reverts('10')
      .serves('40')
      .yanks('40')
    expect(head(registry)).toBe('10')
    registry.yanks('10')
    expect(head(registry)).toBeUndefined()
  })

  test('what was left and then promoted again: that version is clean', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10', '20')
      .reverts('10')
      .promotes('20')
      .serves('30')
      .yanks('30')
    expect(head(registry)).toBe('20')
    registry.yanks('20')
    expect(head(registry)).toBe('10')
  })

  test('not what an earlier revert left, although a later one went back into it', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10', '20', '30')
      .reverts('10')
      .serves('40')
      .reverts('30')
    registry.yanks('30')
    expect(head(registry)).toBe('10')
  })

  test('what stood before a revert went back into what an earlier one left', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10')
      .publishes('20')
      .serves('30')
      .reverts('10')
      .publishes('40')
    registry.promotes('20').promotes('40').reverts('30').yanks('30')
    expect(head(registry)).toBe('20')
  })

  test('only its own head counts: a yank deeper in the history moves nothing', () => {
    const registry = aRegistry().withApp('rack').serves('10', '20', '30').yanks('20')
    expect(head(registry)).toBe('30')
    expect(registry.channel().revision).toBe(3)
    registry.reverts('10')
    expect(head(registry)).toBe('10')
  })

  test('every channel by itself', () => {
    const registry = aRegistry().withApp('rack').serves('10').publishes('20').publishes('30').yanks('20..30')
    expect(head(registry, 'unstable')).toBe('10')
    expect(head(registry, 'stable')).toBe('10')
    expect(registry.channel('stable').revision).toBe(1)
    expect(registry.channel('unstable').revision).toBe(4)
  })
})

describe('a recall', () => {
  const served = () => aRegistry().withApp('rack').serves('10', '20', '30', '40')

  test('calls the racks above the new head, up to what was left', () => {
    expect(served().reverts('20', { recall: true, reason: 'it leaks' }).channel().recall).toEqual({
      aboveKey: key('20'),
      upToKey: key('40'),
      reason: 'it leaks',
      rollout: 'R-1',
    })
  })

  test('is not in a revert without it', () => {
    expect(served().reverts('20').channel().recall).toBeUndefined()
  })

  test('holds while the channel serves what lies in it, and lapses with something newer', () => {
    const registry = served().reverts('20', { recall: true }).promotes('30')
    expect(registry.channel().recall?.upToKey).toBe(key('40'))
    registry.promotes('40')
    expect(registry.channel().recall?.upToKey).toBe(key('40'))
    registry.serves('50')
    expect(registry.channel().recall).toBeUndefined()
  })

  test('stays when a revert without one goes further back', () => {
    const registry = served().reverts('20', { recall: true }).reverts('10')
    expect(registry.channel().recall).toEqual({
      aboveKey: key('20'),
      upToKey: key('40'),
      reason: 'it is broken',
      rollout: 'R-1',
    })
  })

  test('grows when another goes further back: whoever was called stays called', () => {
    const registry = served().reverts('20', { recall: true }).reverts('10', { recall: true, reason: 'worse' })
    expect(registry.channel().recall).toEqual({
      aboveKey: key('10'),
      upToKey: key('40'),
      reason: 'worse',
      rollout: 'R-2',
    })
    expect(registry.app.rollouts.get('R-1')?.state).toBe('superseded')
    const other = served().reverts('10', { recall: true }).promotes('30').reverts('20', { recall: true })
    expect(other.channel().recall).toMatchObject({ aboveKey: key('10'), upToKey: key('40') })
  })
})
