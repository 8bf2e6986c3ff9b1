/** From an Authorization header to who is asking: a token of the ledger, or a rack with its own. */
import { hash } from 'node:crypto'
import {
  type Grant,
  mayDo,
  type Permission,
  type Place,
  scopes,
  type TokenState,
} from '../../shared/domain/access.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { State } from '../../shared/domain/state.ts'
import { isWellFormedToken } from '../../shared/trust/token.ts'
import type { FleetIndex, KnownRack } from '../fleet/fleet-index.ts'
import type { BreakGlassDesk } from './break-glass.ts'

export interface Credential extends Grant {
  readonly id: string
  /** As the ledger names it: `token:NAME` or `rack:APP/NAME`. */
  readonly actor: string
  readonly expiresAt: number
  /** Set when a rack asks for itself. */
  readonly rack?: KnownRack
  readonly labels: Readonly<Record<string, string>>
}

export interface Credentials {
  /** Raises `not_signed_in`. */
  authenticate(header: string | undefined): Credential
  /** When a token was last used, as far as this process saw; by token id. */
  lastUsedAt(id: string): number | undefined
}

export interface CredentialsDeps {
  readonly state: State
  readonly fleet: FleetIndex
  readonly breakGlass: Pick<BreakGlassDesk, 'find' | 'noteUse'>
  readonly clock: () => number
}

export function createCredentials({ state, fleet, breakGlass, clock }: CredentialsDeps): Credentials {
  const used = new Map<string, number>()
  return {
    authenticate(header) {
      const sha256 = digestOfHeader(header)
      const now = clock()
      const rack = fleet.byToken(sha256)
      if (rack) return credentialOfRack(rack, now)
      if (header?.startsWith(breakGlassHeader)) return credentialOfBreakGlass(breakGlass, sha256, now)
      const credential = credentialOfToken(state, sha256, now, header)
      used.set(credential.id, now)
      return credential
    },
    lastUsedAt: (id) => used.get(id),
  }
}

/** Raises `not_allowed`, naming the act, what the credential is and where it reaches. */
export function requirePermission(credential: Credential, act: Permission, place: Place = {}): void {
  if (mayDo(credential, act, place) && !reachesBeyond(credential, act, place)) return
  const reach = [
    credential.app && `app ${credential.app}`,
    credential.channel && `channel ${credential.channel}`,
  ].filter(Boolean)
  const where = [place.app && `app ${place.app}`, place.channel && `channel ${place.channel}`].filter(Boolean)
  throw new Problem(
    'not_allowed',
    `${credential.actor} has the role ${credential.role}${reach.length > 0 ? ` for ${reach.join(', ')}` : ''}, which does not allow "${act}"${where.length > 0 ? ` on ${where.join(', ')}` : ''}.`,
    {
      hint: 'An admin lists the tokens and their roles with: headgate token list',
      numbers: { act, role: credential.role },
    },
  )
}

/**
 * What a credential of one channel may ask of its app; the channels of a publication or an enrolment are asked for one by
 * one. An objection moves nothing, and anybody may see what is wrong.
 */
const harmlessToOthers: readonly Permission[] = [
  'read',
  'readApp',
  'askForRack',
  'publish',
  'enroll',
  'importRacks',
  'object',
]

/** A yank, an import, a routing fact or a token touches every channel of the app, and one channel's credential does not. */
function reachesBeyond({ channel }: Credential, act: Permission, place: Place): boolean {
  return channel !== undefined && place.channel === undefined && !harmlessToOthers.includes(act)
}

/** The digest of a bearer token. Anything else than one bearer token is no credential. */
function digestOfHeader(header: string | undefined): string {
  const token = header?.startsWith('Bearer ') ? header.slice(7) : undefined
  if (!token || token.length > 200) {
    throw new Problem(
      'not_signed_in',
      header ? 'The Authorization header is not "Bearer TOKEN".' : 'This needs a token.',
      {
        hint: 'Set HEADGATE_TOKEN_FILE to a file with a token, readable only by you.',
      },
    )
  }
  return hash('sha256', token)
}

function credentialOfRack(rack: KnownRack, now: number): Credential {
  const { app, channel, name, tokenId, tokenExpiresAt } = rack.row
  refuseExpired(
    `The token of the rack ${name}`,
    tokenExpiresAt,
    now,
    `headgate enroll --dir DIR --app ${app} --channel ${channel} --name ${name}   # again, with a join or maintainer token`,
  )
  return {
    id: tokenId,
    actor: `rack:${app}/${name}`,
    role: 'rack',
    scopes: [],
    app,
    rack,
    expiresAt: tokenExpiresAt,
    labels: {},
  }
}

const breakGlassHeader = 'Bearer hg_break_'

/** Everything that can be done, for as long as it is open, in a name that everybody sees. */
function credentialOfBreakGlass(
  desk: CredentialsDeps['breakGlass'],
  sha256: string,
  now: number,
): Credential {
  const glass = desk.find(sha256)
  if (!glass || glass.closed) {
    const what = glass ? `was closed at ${toIso(glass.closed?.at ?? now)}` : 'was not opened at this registry'
    throw new Problem('not_signed_in', `That break-glass ${what}.`, {
      hint: 'On the server\'s own disk: headgate break-glass open --data DIR --reason "…"',
    })
  }
  refuseExpired(
    `Break-glass ${glass.id}`,
    glass.expiresAt,
    now,
    'headgate break-glass open --data DIR --reason "…"',
  )
  desk.noteUse(glass.id)
  const { id, expiresAt } = glass
  return { id, actor: `break-glass:${id}`, role: 'admin', scopes, expiresAt, labels: {} }
}

/** Whoever reads it cannot sign in, and perhaps nobody can. */
function anotherToken({ name, role }: Pick<TokenState, 'name' | 'role'>): string {
  return `headgate token create ${name} --role ${role}   # by an admin; if nobody can sign in, on the server's own disk: headgate break-glass open --data DIR --reason "…"`
}

function credentialOfToken(state: State, sha256: string, now: number, header = ''): Credential {
  const id = state.tokenOfSha256.get(sha256)
  const token = id === undefined ? undefined : state.tokens.get(id)
  if (!token) {
    throw new Problem('not_signed_in', 'This registry does not know that token.', {
      hint: isWellFormedToken(header.replace(/^Bearer /, ''))
        ? 'Is it the token of this registry? Check HEADGATE_URL and HEADGATE_TOKEN_FILE.'
        : 'It is cut or mistyped: its checksum does not fit. Check HEADGATE_TOKEN_FILE.',
    })
  }
  if (token.revokedAt !== undefined) {
    throw new Problem('not_signed_in', `The token ${token.name} was revoked at ${toIso(token.revokedAt)}.`, {
      hint: anotherToken(token),
    })
  }
  refuseExpired(`The token ${token.name}`, token.expiresAt, now, anotherToken(token))
  return { ...token, actor: `token:${token.name}` }
}

function refuseExpired(what: string, expiresAt: number, now: number, hint: string): void {
  if (now < expiresAt) return
  throw new Problem('not_signed_in', `${what} ended at ${toIso(expiresAt)}.`, { hint })
}
