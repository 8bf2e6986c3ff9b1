/** Answers that are text and not JSON, a part at a time as they come: exports, streams of events. */

import { Problem } from '../shared/domain/problem.ts'
import { requireGood } from './answer.ts'
import type { Registry } from './api.ts'

export interface TextAsked {
  readonly headers?: Readonly<Record<string, string>>
  /** What the answer has to be, such as `text/event-stream`. */
  readonly type: string
  /** Ends it early, without an error. */
  readonly signal?: AbortSignal
}

/** Raises the Problem of a refusal, and `registry_unreachable` for an answer that breaks off. */
export async function* textAnswer(
  { send, url }: Registry,
  path: string,
  { headers, type, signal }: TextAsked,
): AsyncGenerator<string> {
  const response = await send(path, { timeoutSeconds: null, ...(headers && { headers }) })
  if (!response.ok || !response.headers.get('content-type')?.startsWith(type)) {
    await requireGood(response, `${url}${path}`)
    throw new Problem('bad_answer', `${url}${path} did not answer with ${type}.`)
  }
  const reader = response.body?.getReader()
  if (!reader) return
  const decoder = new TextDecoder()
  const cut = (): void => {
    reader.cancel().catch(() => undefined)
  }
  signal?.addEventListener('abort', cut)
  try {
    for (;;) {
      const { done, value } = signal?.aborted ? { done: true, value: undefined } : await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Problem('registry_unreachable', `The answer of ${url}${path} broke off: ${why}.`)
  } finally {
    signal?.removeEventListener('abort', cut)
    cut()
  }
}
