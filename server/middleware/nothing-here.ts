/** What no route answers: an address that nobody knows, or one that answers other methods (RFC 9110, 15.5.6). */
import type { Context, Hono } from 'hono'
import { Problem } from '../../shared/domain/problem.ts'
import type { Env } from './environment.ts'
import { bodyResponse, problemBodyOf } from './problem-response.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function nothingHere(app: Pick<Hono<Env>, 'router'>) {
  return (c: Context<Env>): Response => {
    const { method, path } = c.req
    const answered = methods.filter((one) =>
      // Middleware stands for all methods, and answers none.
      app.router.match(one, path)[0].some(([[, route]]) => route.method !== 'ALL'),
    )
    if (answered.length === 0) {
      throw new Problem('not_found', `Nothing answers ${method} ${path} here.`, {
        hint: 'GET /openapi.json lists what does.',
      })
    }
    const problem = new Problem('method_not_allowed', `${path} does not answer ${method}.`, {
      hint: `It answers ${answered.join(', ')}; GET /openapi.json lists what does.`,
      numbers: { allowed: answered },
    })
    const response = bodyResponse(problemBodyOf(problem, c.get('requestId') ?? 'none'))
    response.headers.set('Allow', answered.join(', '))
    return response
  }
}
