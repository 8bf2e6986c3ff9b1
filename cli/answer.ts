/** What a registry answered: good, or the Problem that it names. Anything else is not a registry's answer. */
import { isProblemCode, Problem, type ProblemCode, type ProblemDetails } from '../shared/domain/problem.ts'

/** A Problem that came over the wire: the registry's log has more under its request id. */
export class RegistryProblem extends Problem {
  readonly requestId: string

  constructor(code: ProblemCode, detail: string, requestId: string, details: ProblemDetails = {}) {
    super(code, detail, details)
    this.name = 'RegistryProblem'
    this.requestId = requestId
  }
}

/** The registry failed in a way that no caller can mend: a fault of its own, to be reported with the request id. */
export class RegistryFault extends Error {
  readonly requestId: string

  constructor(detail: string, requestId: string) {
    super(detail)
    this.name = 'RegistryFault'
    this.requestId = requestId
  }
}

/** A good answer, unread. Raises the Problem of a refusal, and `bad_answer` for what is no answer of a registry. */
export async function requireGood(response: Response, asked: string): Promise<Response> {
  const type = response.headers.get('content-type') ?? 'no content type'
  if (!/\bjson\b/.test(type))
    throw badAnswer(response, asked, `${type}, expected JSON`, await textOf(response, asked))
  if (response.ok) return response
  const text = await textOf(response, asked)
  throw problemOf(response, asked, text, parsed(text))
}

/** What a reader of a body met, as a Problem: broken off on the way, or not JSON at all. */
export function unreadable(error: unknown, asked: string): Problem {
  const why = error instanceof Error ? error.message : String(error)
  return error instanceof SyntaxError
    ? new Problem('bad_answer', `${asked} answered with JSON that is cut or broken: ${why}.`)
    : new Problem('registry_unreachable', `The answer of ${asked} broke off: ${why}.`)
}

function problemOf(response: Response, asked: string, text: string, body: unknown): Error {
  const field = (name: string) =>
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  const [code, detail, hint] = [field('code'), field('detail'), field('hint')]
  const requestId = String(field('requestId') ?? response.headers.get('x-request-id') ?? 'unknown')
  if (typeof code !== 'string' || typeof detail !== 'string') {
    return badAnswer(response, asked, 'an error that is no problem of a registry', text)
  }
  const numbers = asRecord(field('numbers'))
  const details = { ...(typeof hint === 'string' && { hint }), ...(numbers && { numbers }) }
  if (isProblemCode(code)) return new RegistryProblem(code, detail, requestId, details)
  if (response.status >= 500) return new RegistryFault(detail, requestId)
  return new RegistryProblem(nearestCode(response.status), `${detail} (${code})`, requestId, details)
}

// A newer registry may refuse for reasons that this program has no name for.
function nearestCode(status: number): ProblemCode {
  const known: Readonly<Record<number, ProblemCode>> = {
    401: 'not_signed_in',
    403: 'not_allowed',
    404: 'not_found',
    409: 'decision_moved',
    429: 'too_many_requests',
  }
  return known[status] ?? 'invalid_input'
}

async function textOf(response: Response, asked: string): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw unreadable(error, asked)
  }
}

function badAnswer(response: Response, asked: string, what: string, text: string): Problem {
  const begin = text.replace(/\s+/g, ' ').trim().slice(0, 120)
  return new Problem(
    'bad_answer',
    `${asked} answered ${response.status} with ${what}: is that a Headgate registry? It begins: ${begin || '(nothing)'}`,
    { hint: `curl -i ${new URL(asked).origin}/healthz`, numbers: { status: response.status } },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined
}
