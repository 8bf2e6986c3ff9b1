// Credentials' metadata: made, revoked, and never two where one is meant.
import { describe, expect, test } from 'vitest'
import { type CreateToken, createToken, revokeToken } from '../../../shared/domain/commands/token.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import { day } from '../../../shared/domain/instants.ts'
import { aRegistry, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const recorded = { v: 1, at: storyStart, actor: 'token:ada' }
const digest = (n: number): string => String(n).repeat(64)

const making = (
  { state, now, context }: RegistryStory,
  n: number,
  more: Partial<CreateToken> = {},
): LedgerEvent[] =>
  createToken(
    state,
    {
      token: `t${n}`,
      name: `name-${n}`,
      role: 'admin',
      scopes: [],
      labels: {},
      sha256: digest(n),
      expiresAt: now + day,
      ...more,
    },
    context,
  )
const made = (registry: RegistryStory, n: number, more: Partial<CreateToken> = {}): RegistryStory =>
  registry.records(making(registry, n, more))
const revoking = ({ state, context }: RegistryStory, token: string, reason?: string): LedgerEvent[] =>
  revokeToken(state, { token, ...(reason !== undefined && { reason }) }, context)
const revoked = (token: string) => ({ ...recorded, type: 'token.revoked', token })

describe('a token', () => {
  test('is recorded by its digest, with its role, reach and end', () => {
    const whole = { role: 'publisher', scopes: ['stop'], labels: { region: 'eu' } } as const
    expect(making(aRegistry().withApp('rack'), 1, { ...whole, app: 'rack', channel: 'stable' })).toEqual([
      {
        ...recorded,
        ...whole,
        type: 'token.created',
        token: 't1',
        name: 'name-1',
        sha256: digest(1),
        expiresAt: storyStart + day,
        app: 'rack',
        channel: 'stable',
      },
    ])
    expect(making(aRegistry(), 1)[0]).not.toHaveProperty('app')
  })

  test('may bear the name of one that ended or was revoked', () => {
    const registry = made(made(aRegistry(), 1), 2, { name: 'ci' })
    expect(making(registry.records(revoking(registry, 't2')), 3, { name: 'ci' })).toHaveLength(1)
    const ended = made(aRegistry(), 1, { name: 'ci' }).later(24 * 60)
    expect(making(ended, 3, { name: 'ci' })).toHaveLength(1)
  })
})

describe('revoking', () => {
  const registry = () => made(made(aRegistry(), 1), 2, { name: 'ci', role: 'publisher' })

  test('by name or by id, with a reason or without', () => {
    expect(revoking(registry(), 'ci')).toEqual([revoked('t2')])
    expect(revoking(registry(), 't2', 'rotated')).toEqual([{ ...revoked('t2'), reason: 'rotated' }])
  })

  test('the same again is success and records nothing', () => {
    const story = registry()
    story.records(revoking(story, 'ci'))
    expect(revoking(story, 'ci')).toEqual([])
    expect(revoking(story, 't2')).toEqual([])
  })

  test('by a name that an ended or a revoked one bears too takes the one in use', () => {
    const story = made(registry().later(24 * 60), 3)
    expect(revoking(made(story, 4, { name: 'ci', role: 'viewer' }), 'ci')).toMatchObject([{ token: 't4' }])
    const other = registry()
    other.records(revoking(other, 'ci'))
    expect(revoking(made(other, 4, { name: 'ci', role: 'viewer' }), 'ci')).toMatchObject([{ token: 't4' }])
    expect(revoking(registry().later(24 * 60), 'ci')).toMatchObject([{ token: 't2' }])
    const afterRevoked = registry()
    afterRevoked.records(revoking(afterRevoked, 'ci'))
    made(afterRevoked, 4, { name: 'ci', role: 'viewer' }).later(24 * 60)
    expect(revoking(afterRevoked, 'ci')).toMatchObject([{ token: 't4' }])
  })

  test('by an id takes that one, though another bears the id as its name', () => {
    const story = made(registry(), 3, { name: 't2', role: 'viewer' })
    expect(revoking(story, 't2')).toEqual([revoked('t2')])
    const reverse = made(made(made(aRegistry(), 1), 5, { name: 't6', role: 'viewer' }), 6, { role: 'viewer' })
    expect(revoking(reverse, 't6')).toEqual([revoked('t6')])
  })

  test('an admin, while there is another', () => {
    expect(revoking(made(registry(), 3), 'name-1')).toEqual([revoked('t1')])
  })
})

describe('refused', () => {
  const registry = () => made(made(aRegistry().withApp('rack'), 1), 2, { name: 'ci', role: 'publisher' })
  const lastAdmin = {
    code: 'not_allowed',
    says: 'name-1 is the last admin token; without it nobody could make another.',
    hint: 'headgate token create NAME --role admin',
  } as const

  testRefusals('token.ts', [
    {
      when: 'a name that is none',
      code: 'invalid_input',
      says: '"CI" is not a name for a token: 1 to 63 of a-z, 0-9, "." and "-", starting and ending with a letter or digit, not only digits, not "constructor".',
      registry,
      act: (story) => making(story, 3, { name: 'CI' }),
    },
    {
      when: 'an end that is over',
      code: 'invalid_date',
      says: 'The end of the token (2016-08-16T16:00:15.000Z) is not in the future: it is 0s before now (2016-08-16T16:00:15.000Z).',
      registry,
      act: (story) => making(story, 3, { expiresAt: storyStart }),
    },
    {
      when: 'an end too far away',
      code: 'invalid_date',
      says: 'The end of the token is 401 days ahead; at most 400 days are taken.',
      registry,
      act: (story) => making(story, 3, { expiresAt: storyStart + 401 * day }),
    },
    {
      when: 'an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: (story) => making(story, 3, { app: 'rock' }),
    },
    {
      when: 'a channel that does not exist',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable.',
      hint: 'headgate channel list --app rack',
      registry,
      act: (story) => making(story, 3, { app: 'rack', channel: 'beta' }),
    },
    {
      when: 'a channel of no app',
      code: 'invalid_input',
      says: 'The channel stable is of which app?',
      hint: 'Add: --app APP',
      registry,
      act: (story) => making(story, 3, { channel: 'stable' }),
    },
    {
      when: 'a token of a rack, by hand',
      code: 'invalid_input',
      says: "A rack's token is made when it enrols, not by hand.",
      hint: 'headgate enroll --help',
      registry,
      act: (story) => making(story, 3, { role: 'rack' }),
    },
    {
      when: 'a name in use',
      code: 'name_taken',
      says: 'A token named ci is in use (t2, publisher).',
      hint: 'headgate token revoke ci',
      registry,
      act: (story) => making(story, 3, { name: 'ci' }),
    },
    {
      when: 'the digest of another token, even of one that was revoked',
      code: 'name_taken',
      says: 'That digest belongs to another token already (t2).',
      hint: 'Make a new token and send its digest.',
      registry: () => {
        const story = registry()
        return story.records(revoking(story, 't2'))
      },
      act: (story) => making(story, 3, { sha256: digest(2) }),
    },
    {
      when: 'revoking what does not exist',
      code: 'token_not_found',
      says: 'There is no token "bob".',
      hint: 'headgate token list',
      registry,
      act: (story) => revoking(story, 'bob'),
    },
    { ...lastAdmin, when: 'revoking the only admin', registry, act: (story) => revoking(story, 'name-1') },
    {
      ...lastAdmin,
      when: 'revoking the last admin: others were revoked or have ended',
      registry: () => {
        const story = made(made(aRegistry(), 1, { expiresAt: storyStart + 2 * day }), 2)
        made(story, 3)
        return story.records(revoking(story, 't3')).later(24 * 60)
      },
      act: (story) => revoking(story, 't1'),
    },
  ])
})
