/** The front of a group of hosts, as their load balancer is: whoever comes is answered by an attached host, in turn. */
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import type { HostGroup } from '../support/stand-ins/hosts.ts'

/** To be called inside a test. `hostsUrl`: where the hosts answer, `${hostsUrl}/HOST/healthz`. Returns its address. */
export async function aSite(group: HostGroup, hostsUrl: string): Promise<string> {
  let turns = 0
  const attached = () => group.table().flatMap((row) => (row.endsWith(' +') ? [row.split(' ')[0] ?? ''] : []))
  const server = createServer(async (_request, response) => {
    for (;;) {
      const hosts = attached()
      const host = hosts[turns++ % hosts.length]
      if (host === undefined) return response.writeHead(503).end()
      const answer = await fetch(`${hostsUrl}/${host}/healthz`).catch(() => null)
      // Who was taken out of service meanwhile answers nobody: a drained host would have ended this one first.
      if (answer === null || !attached().includes(host)) continue
      // Each visitor comes anew, and cannot be cut off on a connection that was just given up as idle.
      return response.writeHead(answer.status, { connection: 'close' }).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
}
