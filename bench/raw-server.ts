/** What everything is measured against: plain node:http that reads the request and answers constant bytes. */
import { createServer, type Server } from 'node:http'

export function rawServer(body: string, headers: Readonly<Record<string, string>>): Server {
  return createServer((request, response) => {
    request.on('data', () => undefined)
    request.on('end', () => {
      response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) })
      response.end(body)
    })
  })
}
