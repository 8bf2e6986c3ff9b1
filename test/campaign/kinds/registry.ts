/** A registry that goes away, or says what it should not: at each of its questions, once or from then on. */
import type { ServerResponse } from 'node:http'
import { type Interception, silence } from '../../support/campaign-registry.ts'
import { freePort } from '../../support/real-registry.ts'
import type { Fault, Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'

/** What becomes of a request; true: it was dealt with. */
const ways: Readonly<Record<string, (passOn: Interception) => Interception>> = {
  /** It never arrives. */
  cut: () => silence,
  /** It was done, and the answer never arrives. */
  unheard: (passOn) => (request, response) => {
    response.write = () => true
    response.end = (() => {
      request.socket.destroy()
      return response
    }) as ServerResponse['end']
    return passOn(request, response)
  },
  /** A proxy in front of a registry that is gone. */
  gone: () => saying(503, '<h1>Service Unavailable</h1>'),
  nonsense: () => saying(200, '{"action":"update","target":{"version":"66"}}'),
  torn: () => saying(200, '{"action":"none","reas'),
  forbidden: () => saying(403, '{"code":"not_allowed","detail":"no"}'),
}

export const registryVanishes: Kind = {
  tells: 'a request is cut, its answer lost, or answered with 503, 403 or nonsense: once, or from then on',
  isReal: false,
  async faults(scene, every) {
    const requests = await requestsOf(scene)
    const numbers = Array.from({ length: requests }, (_, index) => index + 1)
    const at = numbers.flatMap((request) =>
      Object.keys(ways).flatMap((way) =>
        [false, true].map((stays) => interrupted(scene, request, way, stays)),
      ),
    )
    return [...at.filter((_, index) => index % every === 0), refused(scene)]
  },
}

function interrupted(scene: Scene, at: number, way: string, stays: boolean): Fault {
  return {
    mark: `${way}-${at}${stays ? '-on' : ''}`,
    words: `${way} at request ${at}${stays ? ' and all that follow' : ''}`,
    mayEnd: ['failed'],
    async happen(rack) {
      const { yard, story } = scene
      let asked = 0
      const meet = ways[way]?.((request, response) => {
        yard.passOn(request, response)
        return true
      })
      yard.intercept((request, response) => {
        asked += 1
        return (stays ? asked >= at : asked === at) && meet !== undefined && meet(request, response)
      })
      await rack.with({})(...story.words)
      yard.intercept(undefined)
      return asked >= at
    },
  }
}

/** Nothing listens at its address, from before the command until after it. */
function refused({ yard, story }: Scene): Fault {
  return {
    mark: 'refused',
    words: 'nothing listens at the registry',
    async happen(rack) {
      const config = rack.read('rack.toml') ?? ''
      rack.write('rack.toml', config.replace(yard.url, `http://127.0.0.1:${await freePort()}`))
      await rack.headgate(...story.words)
      rack.write('rack.toml', config)
      return true
    },
  }
}

function saying(status: number, text: string): Interception {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    return true
  }
}

async function requestsOf(scene: Scene): Promise<number> {
  const rack = scene.copy('counting')
  const before = scene.yard.asked.length
  await rack.headgate(...scene.story.words)
  scene.dispose(rack)
  return scene.yard.asked.length - before
}
