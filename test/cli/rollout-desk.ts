/** A desk with a fleet: racks that do what they are told, and a registry that looks at its rollouts when it is asked to. */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { minute } from '../../shared/domain/instants.ts'
import { digestOfToken, mintToken } from '../../shared/trust/token.ts'
import { type LightRack, lightRack } from '../support/light-rack.ts'
import { aDesk, type Desk } from './registry-shell.ts'
import type { Ran, Shell } from './shell.ts'

export const [base, head, newest] = ['20160816140022', '20160816160115', '20160818013241']
export const app = ['--app', 'rack']
export const toStable = [...app, '--to', 'stable']

/** Two racks prove it for ten minutes, then all; a tenth of them may fail. */
export const twoWaves = `onFail = "halt"
silentMinutes = 60

[[waves]]
name = "canary"
share = 2
soakMinutes = 10

[[waves]]
name = "rest"
share = "rest"
soakMinutes = 10
failures = { maxFailed = 0, percent = 10 }
`

export interface RolloutDesk extends Desk {
  /** As the first admin; refuses to fail. */
  readonly does: Shell
  /** A second person, a maintainer. */
  readonly bea: Shell
  readonly racks: readonly LightRack[]
  readonly file: (name: string, content: string) => void
  /** The racks ask and do what they are told, once. */
  readonly round: (racks?: readonly LightRack[]) => Promise<void>
  /** So many minutes go by, in steps of five: the racks ask each time, and the registry looks at its rollouts. */
  readonly pass: (minutes: number, racks?: readonly LightRack[]) => Promise<void>
}

/** So many racks on the base of stable; the next two are published. `waves.toml` is there. */
export async function aRolloutDesk(racks: number): Promise<RolloutDesk> {
  const desk = await aDesk()
  const { headgate, folder, shell, url, fetch, adminToken, now, clock, registry } = desk
  const must =
    (who: Shell): Shell =>
    async (...words): Promise<Ran> => {
      const ran = await who(...words)
      expect(ran.code, `${words.join(' ')}\n${ran.stderr}`).toBe(0)
      return ran
    }
  const does = must(headgate)
  const file = (name: string, content: string) => writeFileSync(join(folder, name), content)
  file('waves.toml', twoWaves)
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('token', 'create', 'bea', '--role', 'maintainer', '--out', 'bea.token')
  for (const version of [base, head, newest]) await does('release', 'publish', version, ...app)
  await does('promote', base, ...toStable)

  async function send(method: string, path: string, token: string, json: unknown) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(json) })
    return { status: response.status, text: await response.text() }
  }

  const fleet: LightRack[] = []
  for (let number = 1; number <= racks; number += 1) {
    const name = `prod-${number}`
    const token = mintToken('rack', new Uint8Array(32).fill(number))
    const enrolment = { rack: name, channel: 'stable', platform: 'linux/amd64', current: base }
    const { status } = await send('POST', '/v1/apps/rack/racks', adminToken, {
      ...enrolment,
      tokenSha256: digestOfToken(token),
    })
    expect(status).toBe(200)
    const rack = lightRack({ name, token, current: base, now, newId: randomUUID, send })
    await rack.check()
    fleet.push(rack)
  }
  const round = async (some: readonly LightRack[] = fleet) => {
    for (const rack of some) await rack.round()
  }
  const env = { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: join(folder, 'bea.token') }
  return {
    ...desk,
    does,
    bea: must(shell({ env })),
    racks: fleet,
    file,
    round,
    async pass(minutes, some = fleet) {
      for (let left = minutes; left > 0; left -= 5) {
        await clock.sleep(Math.min(5, left) * minute)
        await round(some)
        // What a rack has reported counts when it was seen to be so.
        for (const rack of some) await rack.check()
        await registry.rollouts.tick()
      }
    },
  }
}
