/** Who may do what: the five roles, the two scopes, and the one table that says which act each of them allows. */

export const roles = ['viewer', 'rack', 'publisher', 'maintainer', 'admin'] as const
export type Role = (typeof roles)[number]

/** What a token may do beyond its role: `stop` halts, freezes and yanks; `override` passes a gate on the record. */
export const scopes = ['stop', 'override'] as const
export type Scope = (typeof scopes)[number]

const readers = ['viewer', 'publisher', 'maintainer', 'admin'] as const
const everybody = roles
const publishers = ['publisher', 'maintainer', 'admin'] as const
const maintainers = ['maintainer', 'admin'] as const
const admins = ['admin'] as const

/** Act → the roles that allow it, and the scope that allows it to any role. */
export const permissions = {
  read: { roles: readers },
  /** A rack reads its own app's pointer and downloads its artifacts. */
  readApp: { roles: everybody },
  checkAsRack: { roles: ['rack'] },
  askForRack: { roles: readers },
  publish: { roles: publishers },
  moveUnstable: { roles: publishers },
  import: { roles: maintainers },
  promote: { roles: maintainers },
  revert: { roles: maintainers },
  route: { roles: maintainers },
  addEvidence: { roles: publishers },
  object: { roles: everybody },
  /** Ticks, approvals, answers: the words of a second person. */
  attest: { roles: maintainers },
  nominate: { roles: maintainers },
  unyank: { roles: maintainers },
  signReview: { roles: maintainers },
  setPolicy: { roles: admins },
  closeBreakGlass: { roles: admins },
  yank: { roles: maintainers, scope: 'stop' },
  /** A yank that names where racks go (`--to`, `--remedy forward`) moves them, and stopping is not moving. */
  yankForward: { roles: maintainers },
  freeze: { roles: maintainers, scope: 'stop' },
  /** Halting and pausing. */
  haltRollout: { roles: maintainers, scope: 'stop' },
  /** Going on, trying again, letting a remedy go to all. */
  resumeRollout: { roles: maintainers },
  unfreeze: { roles: maintainers },
  enroll: { roles: maintainers },
  /** Racks that are known from elsewhere; a join token enrols what it speaks for, and makes nothing up. */
  importRacks: { roles: maintainers },
  forgetRack: { roles: maintainers },
  /** Pins, holds and labels, given from the registry. */
  orderRack: { roles: maintainers },
  closeAlarm: { roles: maintainers },
  /** In an app for rehearsals; the first run creates it, which is an admin's. */
  rehearse: { roles: maintainers },
  createJoinToken: { roles: maintainers },
  createApp: { roles: admins },
  createChannel: { roles: admins },
  manageTokens: { roles: admins },
  /** Erasing words of the ledger. */
  redact: { roles: admins },
} as const satisfies Record<string, { readonly roles: readonly Role[]; readonly scope?: Scope }>

export type Permission = keyof typeof permissions

/** What a credential is good for. A join token enrols racks and does nothing else. */
export interface Grant {
  readonly role: Role | 'join'
  readonly scopes: readonly Scope[]
  /** Undefined: every app. */
  readonly app?: string
  /** Undefined: every channel of its apps. */
  readonly channel?: string
}

export interface TokenState extends Grant {
  readonly id: string
  readonly name: string
  readonly sha256: string
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly revokedAt?: number
  /** For a join token: what the racks that it enrols are given. */
  readonly labels: Readonly<Record<string, string>>
}

/** When a token really ends or ended. One that it was made with is no link of its chain: tokens end by themselves. */
export function effectiveEndOf({ expiresAt, revokedAt }: Pick<TokenState, 'expiresAt' | 'revokedAt'>) {
  return revokedAt !== undefined && revokedAt < expiresAt
    ? ({ at: revokedAt, setBy: 'its revocation' } as const)
    : ({ at: expiresAt, setBy: 'its end' } as const)
}

/** Where an act takes place; a credential bound to one place may not act in another. */
export interface Place {
  readonly app?: string | undefined
  readonly channel?: string | undefined
}

/** Passing over a gate wants the scope beside the role that promotes: it allows nothing by itself. */
export function mayOverride(grant: Grant): boolean {
  return grant.scopes.includes('override')
}

export function mayDo(grant: Grant, act: Permission, place: Place = {}): boolean {
  if (grant.role === 'join') return act === 'enroll' && reaches(grant, place)
  const rule: { readonly roles: readonly Role[]; readonly scope?: Scope } = permissions[act]
  const isAllowed =
    rule.roles.includes(grant.role) || (rule.scope !== undefined && grant.scopes.includes(rule.scope))
  return isAllowed && reaches(grant, place)
}

/**
 * A credential of one app says nothing about the registry as a whole. One of a channel may ask about its app; which acts
 * touch other channels, and so are not its own, the server knows (`requirePermission`).
 */
function reaches(grant: Grant, place: Place): boolean {
  if (grant.app !== undefined && place.app !== grant.app) return false
  return grant.channel === undefined || place.channel === undefined || place.channel === grant.channel
}
