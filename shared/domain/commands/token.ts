/** Credentials' metadata: made, and revoked. The secret itself is never here; its digest is. */
import type { Grant } from '../access.ts'
import type { LedgerEvent } from '../events.ts'
import { checkUntil } from '../instants.ts'
import { checkName } from '../names.ts'
import { Problem } from '../problem.ts'
import { findApp, findChannel, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface CreateToken extends Grant {
  readonly token: string
  readonly name: string
  readonly sha256: string
  readonly expiresAt: number
  readonly labels: Readonly<Record<string, string>>
}

const maxTokenDays = 400

export function createToken(state: State, input: CreateToken, context: CommandContext): LedgerEvent[] {
  checkName('token', input.name)
  checkUntil('The end of the token', input.expiresAt, context.now, maxTokenDays)
  const { app, channel } = input
  if (app !== undefined && channel !== undefined) findChannel(findApp(state, app), channel)
  if (app !== undefined) findApp(state, app)
  if (app === undefined && channel !== undefined) {
    throw new Problem('invalid_input', `The channel ${channel} is of which app?`, { hint: 'Add: --app APP' })
  }
  if (input.role === 'rack') {
    throw new Problem('invalid_input', "A rack's token is made when it enrols, not by hand.", {
      hint: 'headgate enroll --help',
    })
  }
  const taken = [...state.tokens.values()].find(
    (token) => token.name === input.name && token.revokedAt === undefined && token.expiresAt > context.now,
  )
  if (taken) {
    throw new Problem('name_taken', `A token named ${input.name} is in use (${taken.id}, ${taken.role}).`, {
      hint: `headgate token revoke ${input.name}`,
    })
  }
  const sameDigest = state.tokenOfSha256.get(input.sha256)
  if (sameDigest !== undefined) {
    // The digest is public in the ledger: whoever may make a token could take another's place with it.
    throw new Problem('name_taken', `That digest belongs to another token already (${sameDigest}).`, {
      hint: 'Make a new token and send its digest.',
    })
  }
  const { token, name, role, scopes, labels, sha256, expiresAt } = input
  return [
    eventOf('token.created', context, {
      token,
      name,
      role,
      scopes,
      labels,
      sha256,
      expiresAt,
      ...(app !== undefined && { app }),
      ...(channel !== undefined && { channel }),
    }),
  ]
}

/** By id or by name; of several of one name the one in use, which an expired one must not stand in for. */
export function revokeToken(
  state: State,
  input: { token: string; reason?: string },
  context: CommandContext,
): LedgerEvent[] {
  const named = [...state.tokens.values()].filter(
    (token) => token.id === input.token || token.name === input.token,
  )
  const open = named.filter((one) => one.revokedAt === undefined)
  const token =
    open.find((one) => one.id === input.token) ??
    open.find((one) => one.expiresAt > context.now) ??
    open[0] ??
    named[0]
  if (!token)
    throw new Problem('token_not_found', `There is no token "${input.token}".`, {
      hint: 'headgate token list',
    })
  if (token.revokedAt !== undefined) return []
  const otherAdmins = [...state.tokens.values()].filter(
    (one) =>
      one.role === 'admin' &&
      one.id !== token.id &&
      one.revokedAt === undefined &&
      one.expiresAt > context.now,
  )
  if (token.role === 'admin' && otherAdmins.length === 0) {
    throw new Problem(
      'not_allowed',
      `${token.name} is the last admin token; without it nobody could make another.`,
      {
        hint: 'headgate token create NAME --role admin',
      },
    )
  }
  return [eventOf('token.revoked', context, { token: token.id }, input.reason)]
}
