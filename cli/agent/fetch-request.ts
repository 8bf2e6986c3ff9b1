/**
 * Asks for an artifact's bytes, the rest of them where possible, and reads the answer with suspicion: what it claims
 * about its length and range must agree with what was announced, and the token goes to the registry's origin only.
 */

import { Problem, type ProblemCode } from '../../shared/domain/problem.ts'
import type { HttpAnswer, HttpGet } from './http-get.ts'
import { retryAfterMs } from './retry-after.ts'

export interface ArtifactSource {
  readonly url: string
  /** 64 hex digits, lower case. */
  readonly sha256: string
  readonly size: number
}

export interface Credential {
  /** Of the registry, such as "https://headgate.example.com". */
  readonly origin: string
  readonly token: string
}

export interface BytesAnswer {
  /** Where in the file the body begins: 0, or where we wanted to go on. */
  readonly from: number
  /** The strong ETag to go on with, if there is one. */
  readonly tag: string | null
  readonly body: AsyncIterable<unknown>
  discard(): void
}

/** No bytes, or no more of them: worth another try. */
export class Cut extends Error {
  readonly waitMs: number | null
  /** What we have is of no use for the next try. */
  readonly startOver: boolean

  constructor(
    message: string,
    details: { readonly waitMs?: number | null; readonly startOver?: boolean } = {},
  ) {
    super(message)
    this.name = 'Cut'
    this.waitMs = details.waitMs ?? null
    this.startOver = details.startOver ?? false
  }
}

const mostRedirects = 5
const longestWaitMs = 60_000

export function mismatch(source: ArtifactSource, expected: string, got: string): Problem {
  return new Problem(
    'digest_mismatch',
    `${source.url} is not what was announced: expected ${expected}, got ${got}. What was received is removed.`,
    { hint: 'if it happens again, tell whoever publishes it', numbers: { expected, got } },
  )
}

/** The weather: it may well be there, and another try may bring it. */
export function unreachable(source: ArtifactSource, why: string, numbers = {}): Problem {
  return notFetched('artifact_unreachable', source, why, numbers)
}

function unavailable(source: ArtifactSource, why: string, numbers = {}): Problem {
  return notFetched('artifact_unavailable', source, why, numbers)
}

function notFetched(code: ProblemCode, source: ArtifactSource, why: string, numbers: object): Problem {
  return new Problem(code, `${source.url} cannot be fetched: ${why}.`, {
    hint: 'run the same command again: a download goes on where it stopped',
    numbers: { size: source.size, ...numbers },
  })
}

/** What went wrong, in words: Node reports a refusal on several addresses as one error without any. */
export function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}

function nextAddress(source: ArtifactSource, from: URL, answer: HttpAnswer): URL {
  const location = answer.headers.location
  if (location === undefined || !URL.canParse(location, from.href))
    throw unavailable(source, 'it redirects nowhere')
  const to = new URL(location, from)
  const isWeaker = from.protocol === 'https:' && to.protocol !== 'https:'
  if (isWeaker || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw unavailable(source, `it redirects from ${from.origin} to ${to.protocol}//${to.host}`)
  }
  return to
}

function refusalOf(source: ArtifactSource, answer: HttpAnswer, signedIn: boolean): Problem {
  const { status } = answer
  if (signedIn && (status === 401 || status === 403)) {
    return new Problem(
      status === 401 ? 'not_signed_in' : 'not_allowed',
      `The registry answered ${status} for ${source.url}: this rack's token is not accepted there.`,
    )
  }
  const why = status === 404 || status === 410 ? `it is not there (${status})` : `the answer was ${status}`
  return unavailable(source, why, { status })
}

/** Judges an answer that carries bytes; throws a `Cut` or a `Problem` when they are not the right ones. */
function bytesIn(
  source: ArtifactSource,
  answer: HttpAnswer,
  resume: { readonly from: number; readonly tag: string } | null,
): BytesAnswer {
  const { headers } = answer
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw unavailable(source, `it came encoded as ${encoding}`)
  const etag = headers.etag
  const tag = etag !== undefined && /^"[^"\r\n]*"$/.test(etag) ? etag : null
  const found = { tag, body: answer.body, discard: answer.discard }
  const length = headers['content-length']
  if (answer.status === 200) {
    if (length !== undefined && Number(length) !== source.size) {
      throw mismatch(source, `${source.size} bytes`, `${length} bytes announced`)
    }
    return { from: 0, ...found }
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  if (resume === null || range === null)
    throw new Cut('it answered with a part nobody asked for', { startOver: true })
  const [, first, last, total] = range
  if (total !== '*' && Number(total) !== source.size) {
    throw mismatch(source, `${source.size} bytes`, `${total} bytes announced`)
  }
  const isOurs = Number(first) === resume.from && Number(last) < source.size
  if (!isOurs || (etag !== undefined && etag !== resume.tag)) {
    throw new Cut('it answered with another part than was asked for', { startOver: true })
  }
  return { from: resume.from, ...found }
}

export async function askForBytes(
  source: ArtifactSource,
  resume: { readonly from: number; readonly tag: string } | null,
  credential: Credential | null,
  get: HttpGet,
  now: number,
  signal: AbortSignal,
): Promise<BytesAnswer> {
  let url = new URL(source.url)
  let signedIn = credential !== null
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    // Once the way has left the registry, it does not get the token back, wherever it is led.
    signedIn &&= url.origin === credential?.origin
    const headers: Record<string, string> = { 'user-agent': 'headgate', 'accept-encoding': 'identity' }
    if (signedIn && credential !== null) headers.authorization = `Bearer ${credential.token}`
    if (resume !== null) {
      headers.range = `bytes=${resume.from}-`
      headers['if-range'] = resume.tag
    }
    const answer = await get(url, headers, signal).catch((error: unknown) => {
      throw new Cut(reasonOf(error))
    })
    try {
      if (answer.status === 200 || answer.status === 206) return bytesIn(source, answer, resume)
      if (answer.status === 416)
        throw new Cut('the rest that was asked for does not exist', { startOver: true })
      if ([408, 425, 429].includes(answer.status) || answer.status >= 500) {
        const waitMs = retryAfterMs(answer.headers['retry-after'], { now, mostMs: longestWaitMs }) ?? null
        throw new Cut(`the answer was ${answer.status}`, { waitMs })
      }
      if (![301, 302, 303, 307, 308].includes(answer.status)) throw refusalOf(source, answer, signedIn)
      url = nextAddress(source, url, answer)
    } catch (error) {
      answer.discard()
      throw error
    }
    answer.discard()
  }
  throw unavailable(source, `it redirects more than ${mostRedirects} times`)
}
