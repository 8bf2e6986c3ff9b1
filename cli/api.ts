/** The registry's API as typed calls: every call answers with its value, or throws the Problem that the registry named. */
import { hc } from 'hono/client'
import type { Api } from '../server/app.ts'
import { Problem } from '../shared/domain/problem.ts'
import { requireGood, unreadable } from './answer.ts'
import { createTransport, type RegistryAccess, type Send, type TransportDeps } from './transport.ts'

export type ApiClient = ReturnType<typeof hc<Api>>

export interface Registry {
  readonly url: string
  readonly api: ApiClient
  /** For what the typed client cannot say: bytes up, bytes down. `path` begins with a slash. */
  readonly send: (path: string, request: Parameters<Send>[1]) => Promise<Response>
}

/** `say` is told when it waits for a registry that is just starting. */
export function openRegistry(
  deps: TransportDeps,
  access: RegistryAccess,
  say?: (text: string) => void,
): Registry {
  const send = createTransport(deps, access, say)
  const typedFetch: typeof fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    const { method, headers, body } = init ?? {}
    return requireGood(
      await send(url, {
        ...(method !== undefined && { method }),
        ...(headers !== undefined && { headers }),
        ...(body && { body: () => body }),
      }),
      url,
    )
  }
  return {
    url: access.url,
    api: hc<Api>(access.url, { fetch: typedFetch }),
    send: (path, request) => send(`${access.url}${path}`, request),
  }
}

/** The value of a good answer. `openRegistry` has thrown already for every other. */
export async function unwrap<T>(asked: Promise<{ readonly url: string; json(): Promise<T> }>): Promise<T> {
  const response = await asked
  try {
    return await response.json()
  } catch (error) {
    throw unreadable(error, response.url || 'the registry')
  }
}

/** Path parameters, made safe for an address: the typed client puts them in as they are. */
export function at<K extends string>(params: Readonly<Record<K, string>>): Record<K, string> {
  const safe: Record<K, string> = { ...params }
  for (const what in safe) {
    const value = safe[what]
    if (value === '' || value === '.' || value === '..') {
      throw new Problem(
        'invalid_input',
        `"${value}" is not the name of ${what === 'app' ? 'an app' : `a ${what}`}.`,
      )
    }
    safe[what] = encodeURIComponent(value)
  }
  return safe
}

/** The query of a write: `?dryRun=true` checks and shows everything, and records nothing. */
export function dryRunQuery(isDryRun: boolean | undefined): { dryRun?: 'true' } {
  return isDryRun ? { dryRun: 'true' } : {}
}
