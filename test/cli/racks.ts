/** Racks for a desk: enrolled as racks are, asking and reporting by the protocol, with no disk of their own. */
import { digestOfToken, mintToken } from '../../shared/trust/token.ts'
import type { Desk } from './registry-shell.ts'

export interface FakeRack {
  /** Asks what to do, saying what it runs. */
  readonly check: (orders?: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>
  /** Tries to get to a version, and says how it ended. */
  readonly tries: (target: string, outcome: 'proved' | 'returned', message?: string) => Promise<void>
}

let racks = 0
let attempts = 0

export async function aRack(
  desk: Desk,
  rack: string,
  channel: string,
  current: string | null,
): Promise<FakeRack> {
  const { fetch, url, adminToken, now } = desk
  const token = mintToken('rack', new Uint8Array(32).fill(++racks))
  let runs = current

  async function ask(
    method: string,
    path: string,
    body: unknown,
    by = token,
  ): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${by}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}/v1${path}`, { method, headers, body: JSON.stringify(body) })
    const answer: Record<string, unknown> = JSON.parse(await response.text())
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer
  }

  const report = (orders: Readonly<Record<string, unknown>> = {}) => ({
    protocol: 1,
    agent: 'headgate test',
    current: runs,
    platform: 'any',
    proved: [],
    failures: [],
    seen: { revision: 0, ledgerSequence: 0 },
    ...orders,
  })

  const enrolment = { rack, channel, platform: 'any', current, tokenSha256: digestOfToken(token) }
  await ask('POST', '/apps/rack/racks', enrolment, adminToken)
  return {
    check: (orders) => ask('POST', `/racks/${rack}/check?trace=true`, report(orders)),
    async tries(target, outcome, message) {
      const id = `00000000-0000-4000-8000-${String(++attempts).padStart(12, '0')}`
      const from = runs
      const at = new Date(now()).toISOString()
      await ask('PUT', `/racks/${rack}/attempts/${id}`, {
        from,
        target,
        action: 'update',
        motive: 'rollout',
        reason: 'offered',
        startedAt: at,
        events: [{ index: 0, at, state: outcome, detail: '' }],
        outcome,
        ...(outcome === 'returned' && { step: 'settling', message: message ?? 'unhealthy' }),
      })
      if (outcome === 'proved') runs = target
      await ask('POST', `/racks/${rack}/check`, report())
    },
  }
}
