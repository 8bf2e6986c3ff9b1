/** Freezes and tokens, as they cross the wire. */
import { z } from 'zod'
import { roles, scopes } from '../domain/access.ts'
import { concernedBody } from './concerned.ts'
import { instant, reasonText, sha256 } from './shapes.ts'

const freezeScope = { app: z.string().max(64).optional(), channel: z.string().max(64).optional() }

export const setFreezeBody = z
  .object({ ...freezeScope, all: z.boolean().default(false), reason: reasonText, until: instant.optional() })
  .strict()
export const liftFreezeBody = z.object({ ...freezeScope, reason: reasonText.optional() }).strict()

export const freezeBody = z
  .object({
    scope: z.enum(['registry', 'app', 'channel']),
    app: z.string().nullable(),
    channel: z.string().nullable(),
    all: z.boolean(),
    reason: z.string(),
    actor: z.string(),
    at: instant,
    until: instant.nullable(),
    dryRun: z.boolean(),
  })
  .meta({ id: 'Freeze' })
export type FreezeBody = z.infer<typeof freezeBody>

/** Set or lifted, with whom that concerns. */
export const frozenBody = freezeBody.extend({ concerned: concernedBody }).meta({ id: 'FreezeAct' })

const tokenRole = z.enum([...roles, 'join'])

export const createTokenBody = z
  .object({
    name: z.string().max(64),
    role: tokenRole,
    scopes: z.array(z.enum(scopes)).default([]),
    ...freezeScope,
    labels: z.record(z.string().max(64), z.string().max(200)).default({}),
    expiresAt: instant,
    /** Digest of the token that the caller made: the registry never sees it before its first use. */
    sha256,
  })
  .strict()

export const tokenBody = z
  .object({
    id: z.string(),
    name: z.string(),
    role: tokenRole,
    scopes: z.array(z.enum(scopes)),
    app: z.string().nullable(),
    channel: z.string().nullable(),
    createdAt: instant,
    createdBy: z.string(),
    expiresAt: instant,
    revokedAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
    state: z.enum(['in use', 'expired', 'revoked']),
    /** When it really ends or ended, and what sets that: its own end, or that it was revoked before. */
    effective: z.object({ endsAt: instant, setBy: z.enum(['its end', 'its revocation']) }),
  })
  .meta({ id: 'Token' })
export type TokenBody = z.infer<typeof tokenBody>

export const whoBody = z
  .object({
    name: z.string(),
    role: tokenRole,
    scopes: z.array(z.enum(scopes)),
    app: z.string().nullable(),
    channel: z.string().nullable(),
    expiresAt: instant,
    registryId: z.string(),
  })
  .meta({ id: 'Who' })
