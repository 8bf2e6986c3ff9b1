/**
 * A load balancer that ends TLS, and those who come to it. Which certificate it shows stands in its live settings, a
 * file that the deployment writes and that a person in the console writes as well; it is read at every handshake.
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestOptions, request } from 'node:https'
import { createSecureContext } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from '../support/certificates.ts'

export interface Endpoint {
  readonly name: string
  readonly port: number
}

/**
 * To be called inside a test. `settings`: JSON with the id of a certificate as `Certificate`; `store`: what the
 * provider's certificate manager has, by id.
 */
export async function aLoadBalancer(
  name: string,
  settings: string,
  store: Readonly<Record<string, Certificate>>,
): Promise<Endpoint> {
  const shown = () => {
    const { Certificate: id }: { Certificate: string } = JSON.parse(readFileSync(settings, 'utf8'))
    const certificate = store[id]
    if (certificate === undefined) throw new Error(`there is no certificate ${id}`)
    return createSecureContext({ key: certificate.key, cert: certificate.cert })
  }
  const server = createServer(
    { SNICallback: (_name, answer) => answer(null, shown()) },
    (_request, response) => response.end('[{"version": "the page as it was in 2017"}]'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { name, port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

/** `200`, or why there is none. */
function get({ name, port }: Endpoint, trust: RequestOptions): Promise<string> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      servername: name,
      headers: { host: name },
      agent: false,
      ...trust,
    }
    request(options, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end()
  })
}

/** A program that reads the API: it takes no certificate that does not hold, and nobody can talk it into one. */
export function aScraper(authority: Certificate) {
  return { reads: (endpoint: Endpoint) => get(endpoint, { ca: authority.cert }) }
}

/** A browser, and the person before it: once the warning was clicked away for good, there is none for that name. */
export function aBrowser(authority: Certificate) {
  const exceptions = new Set<string>()
  return {
    neverWarnsAgainAbout: ({ name }: Endpoint) => void exceptions.add(name),
    async shows(endpoint: Endpoint): Promise<'the page' | 'a warning'> {
      const isExcepted = exceptions.has(endpoint.name)
      const answer = await get(endpoint, isExcepted ? { rejectUnauthorized: false } : { ca: authority.cert })
      return answer === '200' ? 'the page' : 'a warning'
    },
  }
}
