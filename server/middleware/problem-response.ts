/** Problems as RFC 9457 bodies. Anything that is thrown and is no Problem is a bug: 500, the request's id, no more. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import type { ProblemBody } from '../../shared/contract/shapes.ts'
import { Problem, problems } from '../../shared/domain/problem.ts'
import type { Env } from './environment.ts'

export function problemBodyOf(problem: Problem, requestId: string): ProblemBody {
  const { code, message, hint, numbers, face } = problem
  return {
    type: `urn:headgate:problem:${code}`,
    title: face.title,
    status: face.status,
    code,
    detail: message,
    requestId,
    ...(hint !== undefined && { hint }),
    ...(numbers !== undefined && { numbers }),
  }
}

/** What an error tells its caller. A bug is logged with the request's id, and told without more. */
export function describeErrors(log: Logger): (error: Error, requestId: string) => ProblemBody {
  return (error, requestId) => {
    const problem = asProblem(error)
    if (problem) return problemBodyOf(problem, requestId)
    log.error({ requestId, err: error }, 'a bug answered a request')
    return {
      type: 'urn:headgate:problem:bug',
      title: 'A bug',
      status: 500,
      code: 'bug',
      detail: 'The registry met something that it does not expect. Nothing is known to have changed.',
      hint: `Report it with the request id ${requestId}, which the registry's log explains.`,
      requestId,
    }
  }
}

export function problemResponse(log: Logger) {
  const describe = describeErrors(log)
  return (error: Error, c: Context<Env>): Response =>
    bodyResponse(describe(error, c.get('requestId') ?? 'none'))
}

export function bodyResponse(body: ProblemBody): Response {
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' }
  return new Response(JSON.stringify(body), { status: body.status, headers })
}

/** What the framework throws by itself is the caller's to mend as well. */
function asProblem(error: Error): Problem | undefined {
  if (error instanceof Problem) return error
  if (!(error instanceof HTTPException)) return undefined
  if (error.status === problems.body_too_large.status)
    return new Problem('body_too_large', 'The body is larger than this address takes.')
  if (error.status === problems.unsupported_media_type.status)
    return new Problem('unsupported_media_type', 'The body is not of a content type that is read here.')
  return new Problem('invalid_input', error.message || 'The request is not understood.')
}
