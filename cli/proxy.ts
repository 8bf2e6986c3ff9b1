/** The network as this process sees it: directly, or through the proxy of the environment, which Node 20's fetch ignores. */
import { createDirectFetch } from './direct-fetch.ts'

const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const
// Nobody's proxy can reach it, and curl users forget to say so.
const loopback = 'localhost,127.0.0.1,[::1]'

/** undici is loaded with the first request, and only when a proxy is set: it costs as much as a process's start. */
export function fetchFor(env: Readonly<Record<string, string | undefined>>): typeof globalThis.fetch {
  if (!names.some((name) => env[name])) return createDirectFetch()
  let isReady: Promise<void> | undefined
  return async (input, init) => {
    isReady ??= useProxy(env.no_proxy ?? env.NO_PROXY ?? '')
    await isReady
    return globalThis.fetch(input, init)
  }
}

async function useProxy(exceptions: string): Promise<void> {
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici')
  setGlobalDispatcher(new EnvHttpProxyAgent({ noProxy: [exceptions, loopback].filter(Boolean).join(',') }))
}
