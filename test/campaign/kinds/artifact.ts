/** An artifact that is not what was announced, or does not come whole. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { artifactOf } from '../../support/campaign-yard.ts'
import type { Fault, Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'

interface Spoilt {
  readonly bytes: Buffer
  /** What its header says; default: what is sent. */
  readonly announced?: number
}

type Spoil = (good: Buffer, share: number) => Spoilt

const shares = [0, 0.25, 0.5, 0.9]

const ways: Readonly<Record<string, Spoil>> = {
  /** It ends early and says so. */
  shorter: (good, share) => ({ bytes: good.subarray(0, Math.floor(good.length * share)) }),
  /** The connection breaks in the middle. */
  truncated: (good, share) => ({
    bytes: good.subarray(0, Math.floor(good.length * share)),
    announced: good.length,
  }),
  altered: (good, share) => {
    const bytes = Buffer.from(good)
    const at = Math.floor(good.length * share)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return { bytes }
  },
  longer: (good, share) => ({ bytes: Buffer.concat([good, Buffer.alloc(1 + Math.floor(share * 1000))]) }),
  another: (_, share) => ({ bytes: artifactOf('66', { bytes: Math.floor(share * 1000) }) }),
}

export const artifactSpoilt: Kind = {
  tells: 'the artifact comes truncated, altered, longer, or is another one: once, or each time',
  isReal: false,
  async faults(scene, every) {
    const all = Object.entries(ways).flatMap(([way, spoil]) =>
      shares.flatMap((share) => [false, true].map((always) => spoiling(scene, way, spoil, share, always))),
    )
    return all.filter((_, index) => index % every === 0)
  },
}

function spoiling({ yard, story }: Scene, way: string, spoil: Spoil, share: number, always: boolean): Fault {
  return {
    mark: `${way}-${share * 100}${always ? '-always' : ''}`,
    words: `the artifact is ${way} at ${share * 100} %${always ? ', however often it is fetched' : ''}`,
    mayEnd: ['failed'],
    async happen(rack) {
      const good = yard.artifacts.get(story.to) ?? Buffer.alloc(0)
      let fetched = 0
      yard.intercept((request, response) => {
        if (!request.url?.startsWith('/v1/artifacts/') || (fetched > 0 && !always)) return false
        fetched += 1
        send(spoil(good, share), request, response)
        return true
      })
      await rack.headgate(...story.words)
      yard.intercept(undefined)
      return fetched > 0
    },
  }
}

function send(
  { bytes, announced = bytes.length }: Spoilt,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-length': announced, etag: '"spoilt"' })
  if (announced === bytes.length) response.end(bytes)
  else response.write(bytes, () => setTimeout(() => request.socket.destroy(), 5))
}
