/** The network as this process sees it: directly, or through the proxy of the environment, which Node 20's fetch ignores. */
import { type Environment, type ProxySettings, proxySettings } from './agent/proxy-settings.ts'
import { createDirectFetch } from './direct-fetch.ts'

/** undici is loaded with the first request, and only when a proxy is set: it costs as much as a process's start. */
export function fetchFor(env: Environment): typeof globalThis.fetch {
  const settings = proxySettings(env)
  if (!settings) return createDirectFetch()
  let isReady: Promise<void> | undefined
  return async (input, init) => {
    isReady ??= useProxy(settings)
    await isReady
    return globalThis.fetch(input, init)
  }
}

async function useProxy(settings: ProxySettings): Promise<void> {
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici')
  setGlobalDispatcher(new EnvHttpProxyAgent({ ...settings }))
}
