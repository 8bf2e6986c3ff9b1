/** The proxy that an environment asks for, read in one way by everything that leaves this machine. */

export type Environment = Readonly<Record<string, string | undefined>>

export interface ProxySettings {
  readonly httpProxy?: string
  readonly httpsProxy?: string
  readonly noProxy: string
}

// Nobody's proxy can reach it, and people forget to say so.
const loopback = 'localhost,127.0.0.1,[::1]'

/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY as everywhere, lower case first; undefined without a proxy. */
export function proxySettings(env: Environment): ProxySettings | undefined {
  const read = (name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined
  const [httpProxy, httpsProxy, noProxy] = [read('http_proxy'), read('https_proxy'), read('no_proxy')]
  if (httpProxy === undefined && httpsProxy === undefined) return undefined
  return {
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    noProxy: [noProxy, loopback].filter(Boolean).join(','),
  }
}
