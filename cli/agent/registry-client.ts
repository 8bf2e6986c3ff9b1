/**
 * The rack's way to its registry: plain node:http, because a check must cost little more than the process it runs
 * in. What comes back is judged here: unreachable, unreadable, or a problem that the registry names.
 */
import { type Fields, protocol1, protocolHeader } from '../../shared/contract/protocol.ts'
import type {
  AttemptReportBody,
  DecisionBody,
  RackReport,
  StartAttemptBody,
} from '../../shared/contract/rack.ts'
import { day } from '../../shared/domain/instants.ts'
import { isProblemCode, Problem } from '../../shared/domain/problem.ts'
import type { Clock } from './clock.ts'
import { reasonOf } from './fetch-request.ts'
import { isDecision } from './judge-decision.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Answer, Send } from './send.ts'
import { bodyIn, otherProtocol, type SpokenProtocol } from './spoken-protocol.ts'

export interface RegistryPort {
  readonly url: string
  check(report: RackReport, options?: Patience & { readonly isTraced?: boolean }): Promise<DecisionBody>
  grant(asked: StartAttemptBody): Promise<void>
  reportAttempt(id: string, report: AttemptReportBody, options?: Patience): Promise<void>
  /** What the channel would say to a rack that runs `version`: whether that is withdrawn, among others. */
  decisionFor(version: string, options?: Patience): Promise<DecisionBody>
  switchChannel(channel: string, options: { readonly isDryRun: boolean }): Promise<void>
}

export interface Patience {
  /** For one answer; default 15 s. */
  readonly timeoutMs?: number
  /** A registry on this machine that is just starting is asked again for so long; default 0. */
  readonly startMs?: number
  /** Not even asked when it was just waited for in vain: telling it is a courtesy, and the rack comes first. */
  readonly unlessSilent?: boolean
}

export interface RegistryPlace {
  readonly url: string
  readonly app: string
  readonly channel: string
  readonly rack: string
  readonly token: string
  /** The command for a token that is not accepted; else the registry's own hint. */
  readonly enrolAgain?: string
  readonly clock: Clock
  readonly send: Send
  readonly spoken: SpokenProtocol
}

const usualTimeoutMs = 15_000
/** A refusal comes at once; who has waited so long has met silence. */
const longWaitMs = 1_000
const silentMs = 10_000

export function createRegistryClient(place: RegistryPlace): RegistryPort {
  const { url: base, app, channel, rack } = place
  const own = `/v1/racks/${encodeURIComponent(rack)}`
  const ofApp = `/v1/apps/${encodeURIComponent(app)}`

  let silentUntil = 0

  async function ask(
    method: string,
    path: string,
    body: unknown,
    patience?: Patience,
    fields: Fields = {},
  ): Promise<unknown> {
    const tried = place.spoken.present()
    try {
      return await askIn(tried, method, path, bodyIn(tried, body, fields), patience)
    } catch (error) {
      const other = otherProtocol(error, tried)
      if (other === undefined) throw error
      const answer = await askIn(other, method, path, bodyIn(other, body, fields), patience)
      place.spoken.learn(other)
      return answer
    }
  }

  async function askIn(
    protocol: number,
    method: string,
    path: string,
    body: unknown,
    { timeoutMs = usualTimeoutMs, startMs = 0, unlessSilent = false }: Patience = {},
  ): Promise<unknown> {
    if (unlessSilent && place.clock.monotonic() < silentUntil)
      throw unreachable(base, new Error('it did not answer just now'))
    const headers = {
      authorization: `Bearer ${place.token}`,
      [protocolHeader]: String(protocol),
      'content-type': 'application/json',
      'user-agent': 'headgate',
    }
    const request = { method, headers, body: body === undefined ? '' : JSON.stringify(body), timeoutMs }
    const askedAt = place.clock.monotonic()
    const until = askedAt + startMs
    for (;;) {
      try {
        const answer = await place.send(new URL(base + path), request)
        return readAnswer(answer, base, place.clock.now())
      } catch (error) {
        if (error instanceof Problem && error.code === 'not_signed_in')
          throw asTheRacks(error, place.enrolAgain)
        const mayBeStarting = isRefused(error) && isLoopback(base) && place.clock.monotonic() < until
        if (!mayBeStarting) {
          const now = place.clock.monotonic()
          if (now - askedAt >= longWaitMs) silentUntil = now + silentMs
          throw error instanceof Problem ? error : unreachable(base, error)
        }
        await place.clock.sleep(200)
      }
    }
  }

  async function decision(
    method: string,
    path: string,
    body: unknown,
    patience?: Patience,
    fields?: Fields,
  ): Promise<DecisionBody> {
    const answer = await ask(method, path, body, patience, fields)
    if (isDecision(answer)) return answer
    throw new Problem(
      'bad_answer',
      `${base} answered something that is not a decision; nothing is changed.`,
      {
        hint: `Is it a Headgate registry? curl ${base}/healthz`,
      },
    )
  }

  return {
    url: base,
    check: (report, options) =>
      decision(
        'POST',
        `${own}/check${options?.isTraced ? '?trace=true' : ''}`,
        report,
        options,
        protocol1.report,
      ),
    async grant(asked) {
      requireNamed(await ask('POST', `${own}/attempts`, asked, undefined, protocol1.grant), asked.id, base)
    },
    async reportAttempt(id, report, options) {
      const answer = await ask('PUT', `${own}/attempts/${id}`, report, options, protocol1.attemptReport)
      requireNamed(answer, id, base)
    },
    decisionFor: (version, options) =>
      decision(
        'GET',
        `${ofApp}/channels/${encodeURIComponent(channel)}/decision?current=${encodeURIComponent(version)}`,
        undefined,
        options,
      ),
    async switchChannel(to, { isDryRun }) {
      const query = isDryRun ? '?dryRun=true' : ''
      const path = `${ofApp}/racks/${encodeURIComponent(rack)}/channel${query}`
      await ask('POST', path, { channel: to }, undefined, { channel: true })
    },
  }
}

/** Whoever says yes to an attempt says to which: a 200 of something in between is no grant, and nothing was told. */
function requireNamed(answer: unknown, id: string, base: string): void {
  if (typeof answer === 'object' && answer !== null && 'id' in answer && answer.id === id) return
  throw new Problem('bad_answer', `${base} did not answer for the attempt ${id}; nothing is changed.`, {
    hint: `Is it a Headgate registry? curl ${base}/healthz`,
  })
}

function readAnswer(answer: Answer, base: string, now: number): unknown {
  const { status, text } = answer
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // A proxy in front of a registry that is gone or pressed says so with a page of its own.
    if (status >= 500 || status === 429) {
      const problem = unreachable(base, new Error(`the answer was ${status} and no JSON`))
      throw waiting(problem, answer, now)
    }
    throw new Problem('bad_answer', `${base} answered ${status} and no JSON; nothing is changed.`, {
      hint: `Is it a Headgate registry? curl ${base}/healthz`,
      numbers: { status },
    })
  }
  if (status >= 200 && status < 300) return body
  throw waiting(problemIn(body, status, base), answer, now)
}

/** With the time that the registry, or a proxy before it, wants to be left alone. */
function waiting(problem: Problem, { status, retryAfter }: Answer, now: number): Problem {
  const ms = status === 429 || status === 503 ? retryAfterMs(retryAfter, { now, mostMs: day }) : undefined
  if (ms === undefined) return problem
  const { code, message, hint, numbers } = problem
  return new Problem(code, message, {
    ...(hint !== undefined && { hint }),
    numbers: { ...numbers, retryAfterSeconds: Math.ceil(ms / 1_000) },
  })
}

/** The registry speaks to whoever holds a token in a variable; a rack's is in its directory, and is made by enrolling. */
function asTheRacks({ code, message, hint, numbers }: Problem, enrolAgain = hint): Problem {
  return new Problem(code, message, {
    ...(enrolAgain !== undefined && { hint: enrolAgain }),
    ...(numbers !== undefined && { numbers }),
  })
}

function problemIn(body: unknown, status: number, base: string): Problem {
  const read = (key: string): unknown =>
    typeof body === 'object' && body !== null ? Reflect.get(body, key) : undefined
  const [code, detail, hint, requestId] = ['code', 'detail', 'hint', 'requestId'].map(read)
  const said = typeof detail === 'string' ? detail : `${base} answered ${status}.`
  const known =
    typeof code === 'string' && isProblemCode(code)
      ? code
      : status >= 500
        ? 'registry_unreachable'
        : 'bad_answer'
  return new Problem(known, said, {
    ...(typeof hint === 'string' && { hint }),
    numbers: { status, requestId, answer: read('numbers') },
  })
}

function unreachable(base: string, error: unknown): Problem {
  return new Problem(
    'registry_unreachable',
    `The registry at ${base} cannot be reached: ${reasonOf(error)}. The rack keeps running what it runs.`,
    {
      hint: `curl ${base}/healthz`,
    },
  )
}

function isRefused(error: unknown): boolean {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && 'code' in first && first.code === 'ECONNREFUSED'
}

function isLoopback(base: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(new URL(base).hostname)
}
