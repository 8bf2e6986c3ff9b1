/**
 * Requests to a registry: who asks, the key that makes a repetition harmless, and what is tried again. A registry
 * that is just starting is waited for; a broken connection is tried once more with the same key.
 */
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { checkToken, isLoopback, readTokenFile, type TokenSource } from './profile.ts'

export interface RegistryAccess {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: TokenSource
}

export type TransportDeps = Pick<Deps, 'fetch' | 'clock' | 'random'>

/** What is asked. A body that can be read only once is made anew for every try. */
export interface RegistryRequest {
  readonly method?: string
  readonly headers?: NonNullable<RequestInit['headers']>
  readonly body?: () => NonNullable<RequestInit['body']>
  /** Null: as long as it moves; for transfers of bytes. */
  readonly timeoutSeconds?: number | null
  /** A body that is a stream (fetch wants to be told). */
  readonly isStream?: boolean
}

export type Send = (url: string, request: RegistryRequest) => Promise<Response>

const patienceMilliseconds = 10_000
const pauseMilliseconds = 200
const defaultTimeoutSeconds = 60

/** Raises `registry_unreachable` with the address and the cause, and `not_signed_in` when there is no token. */
export function createTransport(
  deps: TransportDeps,
  access: RegistryAccess,
  say: (text: string) => void = () => undefined,
): Send {
  const patience = createPatience(deps, say)
  return async (url, request) => {
    const method = request.method ?? 'GET'
    const headers = new Headers(request.headers)
    const token = await findToken(access, patience)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    if (method !== 'GET' && method !== 'HEAD') headers.set('idempotency-key', deps.random.uuid())
    let breaks = 0
    for (;;) {
      try {
        return await deps.fetch(url, initOf(request, method, headers))
      } catch (error) {
        // What the body of an upload met, such as a file that cannot be read.
        const problem = [error, fieldOf(error, 'cause')].find((one) => one instanceof Problem)
        if (problem) throw problem
        const cause = causeOf(error)
        const isStarting = cause.isRefused && isLoopback(access.url)
        if (isStarting && (await patience(`${access.url} does not answer yet`))) continue
        if (cause.isBroken && breaks++ === 0) continue
        throw unreachable(access.url, cause)
      }
    }
  }
}

function initOf(request: RegistryRequest, method: string, headers: Headers): RequestInit {
  const { body, isStream, timeoutSeconds = defaultTimeoutSeconds } = request
  return {
    method,
    headers,
    // A redirection could carry the token elsewhere.
    redirect: 'error',
    ...(body && { body: body() }),
    ...(isStream && { duplex: 'half' }),
    ...(timeoutSeconds !== null && { signal: AbortSignal.timeout(timeoutSeconds * 1000) }),
  }
}

type Patience = (what: string) => Promise<boolean>

/** One budget for everything that a starting server may not have done yet: its file, its port. */
function createPatience({ clock }: TransportDeps, say: (text: string) => void): Patience {
  let startedAt: number | undefined
  return async (what) => {
    if (startedAt === undefined) {
      startedAt = clock.monotonic()
      say(`${what}; waiting for up to ${patienceMilliseconds / 1000} s …`)
    }
    if (clock.monotonic() - startedAt >= patienceMilliseconds) return false
    await clock.sleep(pauseMilliseconds)
    return true
  }
}

async function findToken({ token, url }: RegistryAccess, patience: Patience): Promise<string | null> {
  if (token.kind === 'none') return null
  if (token.kind === 'value') return checkToken(token.value.trim(), token.from)
  for (;;) {
    const found = readTokenFile(token)
    if (found !== null) return found
    if (!(await patience(`${token.path} is not there yet`))) break
  }
  throw new Problem(
    'not_signed_in',
    `There is no token in ${token.path} (${token.from}), and none came within ${patienceMilliseconds / 1000} s.`,
    {
      hint: isLoopback(url) ? 'headgate serve --data ./registry' : 'export HEADGATE_TOKEN_FILE=path/to/token',
    },
  )
}

interface Cause {
  readonly words: string
  /** Nothing listens there, so nothing was done. */
  readonly isRefused: boolean
  /** It broke on the way: it may have been done. */
  readonly isBroken: boolean
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name service does not answer',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  TimeoutError: 'it did not answer in time',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
}
const broken = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

// fetch throws "fetch failed" and hides what happened in the cause, several of them when a name has many addresses.
function causeOf(error: unknown): Cause {
  const chain = [error, fieldOf(error, 'cause')]
  const code = chain.flatMap((one) => [fieldOf(one, 'name'), fieldOf(one, 'code')]).findLast(isKnownCause)
  const message = chain
    .map((one) => fieldOf(one, 'message'))
    .findLast((text) => typeof text === 'string' && text !== '')
  return {
    words: code === undefined ? String(message ?? error) : `${causes[code]} (${code})`,
    isRefused: code === 'ECONNREFUSED',
    isBroken: code !== undefined && broken.includes(code),
  }
}

function isKnownCause(code: unknown): code is string {
  return typeof code === 'string' && Object.hasOwn(causes, code)
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function unreachable(url: string, cause: Cause): Problem {
  return new Problem('registry_unreachable', `The registry at ${url} cannot be reached: ${cause.words}.`, {
    hint: isLoopback(url) ? 'headgate serve --data ./registry' : `curl -i ${url}/healthz`,
    numbers: { url },
  })
}
