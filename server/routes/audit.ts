/** The ledger, read: who changed what and why, whether the chain holds, all of it to be kept elsewhere; and words erased. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  auditEntryBody,
  chainBody,
  type RedactionBody,
  redactBody,
  redactionBody,
} from '../../shared/contract/audit.ts'
import { instant, sha256 } from '../../shared/contract/shapes.ts'
import { currentVersions } from '../../shared/domain/events.ts'
import { checkPast, describeDuration, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { requirePermission } from '../access/credentials.ts'
import { type EntryFilter, readEntries } from '../ledger/entries.ts'
import { verifyStoredChain } from '../ledger/verify.ts'
import type { Registry } from '../registry.ts'
import { answers, body, listQuery, routes, writeQuery, writing } from './route.ts'

export const sequenceText = z.string().regex(/^\d{1,15}$/, 'expected a sequence')
const name = z.string().min(1).max(128).optional()

/** What events can be chosen by, here and in the stream of events. */
export const entryQuery = { app: name, type: name, actor: name, channel: name, version: name }

const listAudit = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['audit'],
  summary: 'Read the ledger',
  request: {
    query: listQuery.extend({
      after: sequenceText.optional(),
      ...entryQuery,
      since: instant.optional(),
      until: instant.optional(),
      order: z.enum(['newest', 'oldest']).default('newest'),
    }),
  },
  responses: answers(
    z.object({ entries: z.array(auditEntryBody), next: z.string().nullable() }),
    'A page of the ledger; with filters it may be short, or empty, and go on all the same',
  ),
})

const verify = createRoute({
  method: 'get',
  path: '/audit/verify',
  tags: ['audit'],
  summary: 'Verify the chain',
  request: { query: z.strictObject({ head: sha256.optional() }) },
  responses: answers(chainBody, 'Whether it holds, and where it does not'),
})

const redact = createRoute({
  method: 'post',
  path: '/audit/{sequence}/redact',
  tags: ['audit'],
  summary: 'Erase words of an event, on the record; the chain goes on holding',
  request: { params: z.object({ sequence: sequenceText }), query: writeQuery, body: body(redactBody) },
  responses: answers(redactionBody, 'What stands for the event now'),
})

export function auditRoutes({ store, ledger, clock }: Registry) {
  return routes()
    .openapi(listAudit, async (c) => {
      const { after, limit, order, since, until, ...named } = c.req.valid('query')
      requirePermission(c.get('credential'), 'read', { app: named.app })
      requireKnownType(named.type)
      const filter = { ...named, ...spanOf(since, until, clock()) }
      const from = after === undefined ? undefined : Number(after)
      const page = await readEntries(store.read, ledger.redactions, filter, { limit, order, from })
      return c.json({ entries: page.entries, next: page.next === null ? null : String(page.next) }, 200)
    })
    .openapi(verify, async (c) => {
      requirePermission(c.get('credential'), 'read')
      return c.json(await verifyStoredChain(store.read, c.req.valid('query').head), 200)
    })
    .openapi(redact, async (c) => {
      requirePermission(c.get('credential'), 'redact')
      const sequence = Number(c.req.valid('param').sequence)
      const asked = c.req.valid('json')
      const write = writing(c, { sequence, ...asked })
      const answer = await ledger.redact<RedactionBody>({
        ...asked,
        ...write,
        sequence,
        answer: ({ redaction, alsoIn }) => ({
          sequence,
          redaction: ledger.head.sequence + 1,
          type: redaction.replacement.type,
          app: redaction.app ?? null,
          fields: [...redaction.fields],
          event: { ...redaction.replacement },
          alsoIn: [...alsoIn],
          dryRun: write.isDryRun,
        }),
      })
      return c.json(answer, 200)
    })
}

/** A type that was never recorded is mistyped, and an empty answer would not say so. */
export function requireKnownType(type: string | undefined): void {
  if (type === undefined || Object.hasOwn(currentVersions, type)) return
  const known = Object.keys(currentVersions)
  const [noun = ''] = type.split('.')
  const near = known.filter((one) => one.startsWith(`${noun}.`))
  throw new Problem('invalid_input', `There is no type of event "${type}".`, {
    hint: `There are: ${(near.length > 0 ? near : known).join(', ')}`,
  })
}

function spanOf(
  since: string | undefined,
  until: string | undefined,
  now: number,
): Pick<EntryFilter, 'since' | 'until'> {
  const from = since === undefined ? undefined : checkPast('since', Date.parse(since), now)
  const to = until === undefined ? undefined : Date.parse(until)
  if (from !== undefined && to !== undefined && to <= from) {
    const by = to === from ? 'at the same time' : `${describeDuration(from - to)} before that`
    throw new Problem(
      'invalid_date',
      `Nothing lies between since (${toIso(from)}) and until (${toIso(to)}), which is ${by}.`,
      { numbers: { since: from, until: to } },
    )
  }
  return { since: from, until: to }
}
