/** What every resource's routes are made of: the app they chain on, their declarations, and how a write is asked for. */
import { createHash } from 'node:crypto'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { dryRunQuery, instant, pageQuery } from '../../shared/contract/shapes.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { IdempotentRequest } from '../ledger/kept-answers.ts'
import type { Env } from '../middleware/environment.ts'

/** Input that does not fit its schema is a problem that names the first field and counts the others. */
export function routes() {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw unfit(result.error, result.target)
    },
  })
}

/** The query of a route that is written by hand. */
export function queryOf<S extends z.ZodType>(schema: S, c: Context<Env>): z.output<S> {
  const read = schema.safeParse(c.req.query())
  if (!read.success) throw unfit(read.error, 'query')
  return read.data
}

function unfit({ issues }: Pick<z.ZodError, 'issues'>, target: string): Problem {
  const [first] = issues
  const where = first?.path.join('.') || `the ${target}`
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new Problem('invalid_input', `${where}: ${first?.message}${others}.`, {
    numbers: {
      issues: issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  })
}

/** The one good answer; problems are declared once for the whole document. */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return { 200: { description, content: { 'application/json': { schema } } } }
}

export function body<S extends z.ZodType>(schema: S) {
  return { content: { 'application/json': { schema } }, required: true }
}

/** Strict: `?dryrun=true` would otherwise be done for real. */
export const writeQuery = dryRunQuery.strict()
export const listQuery = pageQuery.strict()
/** The answer as of an earlier time. */
export const atQuery = z.strictObject({ at: instant.optional() })

export interface Writing {
  readonly actor: string
  readonly isDryRun: boolean
  readonly idempotent: IdempotentRequest | undefined
}

/** Who writes, whether for real, and the key under which the answer is kept. */
export function writing(
  c: Context<Env>,
  input: unknown,
  { isConditional = false }: { readonly isConditional?: boolean } = {},
): Writing {
  const { id, actor } = c.get('credential')
  // To pass over a condition would be to do what was to be left undone (RFC 9110, 13.1.1).
  if (!isConditional && c.req.header('If-Match') !== undefined) {
    throw new Problem(
      'invalid_input',
      'If-Match is understood where a channel moves (promote, revert), not here.',
    )
  }
  const isDryRun = c.req.query('dryRun') === 'true'
  return { actor, isDryRun, idempotent: isDryRun ? undefined : idempotentRequest(c, id, input) }
}

function idempotentRequest(
  c: Context<Env>,
  credentialId: string,
  input: unknown,
): IdempotentRequest | undefined {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new Problem('invalid_input', 'The Idempotency-Key is 1 to 200 printable characters without spaces.')
  }
  const requestHash = createHash('sha256')
    .update(JSON.stringify([c.req.method, c.req.path, input]))
    .digest('hex')
  return { credentialId, key, requestHash }
}

/** The channel's revision that the caller looked at: by `If-Match`, by `ifRevision`, or both if they agree. */
export function revisionAsked(c: Context<Env>, inBody: number | undefined): number | undefined {
  const header = c.req.header('If-Match')?.trim()
  if (header === undefined || header === '*') return inBody
  const [, digits] = /^"(\d{1,15})"$/.exec(header) ?? []
  if (digits === undefined) {
    throw new Problem(
      'invalid_input',
      `If-Match is ${header.slice(0, 80)}; expected the revision in quotes, such as "7".`,
    )
  }
  if (inBody === undefined || inBody === Number(digits)) return Number(digits)
  throw new Problem('invalid_input', `If-Match says revision ${digits}, ifRevision says ${inBody}.`)
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** A page of a list in memory: what follows the item whose key is `after`. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { after, limit }: { after?: string | undefined; limit: number },
): Page<Item> {
  const from = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1
  if (after !== undefined && from === 0)
    throw new Problem('invalid_input', `There is nothing named "${after}" in this list to go on after.`)
  const page = items.slice(from, from + limit)
  const last = page.at(-1)
  return { items: page, next: last !== undefined && from + limit < items.length ? keyOf(last) : null }
}
