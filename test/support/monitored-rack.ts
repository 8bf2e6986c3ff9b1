/** A rack whose one check asks a web application, on which nothing is left to do: for what an agent costs meanwhile. */
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { aYard, type Yard, type YardRack } from './campaign-yard.ts'

export interface MonitoredRack {
  readonly yard: Yard
  readonly rack: YardRack
  /** How often the application was asked. */
  asked(): number
}

const toml = (url: string, more: string) => `
[driver]
kind = "directory"

[[check]]
name = "healthz"
kind = "http"
url = "${url}"
versionPointer = "/version"
healthyCount = 2
intervalSeconds = 0.2
${more}

[settle]
graceSeconds = 0
`

/** To be called inside a test. `ofCheck` are further lines of its table. */
export async function aMonitoredRack(ofCheck = ''): Promise<MonitoredRack> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end('{"version":"10"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/healthz`
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml: toml(url, ofCheck) })
  await yard.serves('10')
  await rack.does('update', '--yes')
  return { yard, rack, asked: () => asked }
}
