/** Reviews: what went past the rules on the record, and who has looked at it since. */
import { createRoute, z } from '@hono/zod-openapi'
import { answerBody, reviewBody } from '../../shared/contract/gates.ts'
import { signReview } from '../../shared/domain/commands/review.ts'
import { requirePermission } from '../access/credentials.ts'
import type { Registry } from '../registry.ts'
import { reviewBodyOf } from './gate-bodies.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const listReviews = createRoute({
  method: 'get',
  path: '/reviews',
  tags: ['reviews'],
  summary: 'List the reviews, newest first; without `all` those that are not signed',
  request: { query: z.strictObject({ all: z.enum(['true', 'false']).optional() }) },
  responses: answers(z.object({ reviews: z.array(reviewBody) }), 'The reviews'),
})

const sign = createRoute({
  method: 'post',
  path: '/reviews/{review}/sign',
  tags: ['reviews'],
  summary: 'Sign a review as a second person',
  request: {
    params: z.object({ review: z.string().min(1).max(64) }),
    query: writeQuery,
    body: body(answerBody),
  },
  responses: answers(reviewBody, 'The review'),
})

export function reviewRoutes({ ledger, breakGlass, clock }: Registry) {
  return routes()
    .openapi(listReviews, (c) => {
      const credential = c.get('credential')
      const { app } = credential
      requirePermission(credential, 'read', app === undefined ? {} : { app })
      const isAll = c.req.valid('query').all === 'true'
      const reviews = [...ledger.state.reviews.values()]
        .filter((review) => (isAll || !review.signed) && (app === undefined || review.app === app))
        .toReversed()
        .map((review) => reviewBodyOf(review, clock(), false))
      return c.json({ reviews }, 200)
    })
    .openapi(sign, async (c) => {
      const { review } = c.req.valid('param')
      // What happened in one app is looked at by somebody of that app; what happened to the registry, by nobody less.
      const { app, channel } = ledger.state.reviews.get(review) ?? {}
      requirePermission(c.get('credential'), 'signReview', { app, channel })
      const input = { review, ...c.req.valid('json') }
      // It may have been closed by the disk a moment ago.
      await breakGlass.look()
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => signReview(state, input, context),
        answer: (after) => {
          const found = after.reviews.get(review)
          if (!found) throw new Error(`The review ${review} was signed, and is not there.`)
          return reviewBodyOf(found, clock(), write.isDryRun)
        },
      })
      return c.json(answer, 200)
    })
}
