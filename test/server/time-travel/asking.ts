/** Then and now asked the same: what an answer about then may differ in, and racks that say afterwards what real ones remember. */
import type { RackReport } from '../../../shared/contract/rack.ts'
import { toIso } from '../../../shared/domain/instants.ts'
import type { Answer } from '../../support/test-registry.ts'
import type { FleetWorld, RackClient } from '../fleet/fleet-world.ts'

export type Json = Answer['json']

export async function askAt({ ask }: FleetWorld, path: string, at?: number): Promise<Json> {
  const query = at === undefined ? '' : `?at=${encodeURIComponent(toIso(at))}`
  return (await ask('GET', `${path}${query}`)).json
}

/** What an answer of then may differ in: gates that ask the racks, and that it says how old it is. */
export function comparable({ past: _past, requestId: _id, ...answer }: Json): unknown {
  if (answer.code !== undefined) return answer.code
  const fleetGates = ['artifacts', 'coverage', 'soak', 'failures']
  return JSON.parse(JSON.stringify(answer), (key, value) =>
    key === 'verdicts' ? value.filter(({ gate }: { gate: string }) => !fleetGates.includes(gate)) : value,
  )
}

export interface RememberingRack {
  goes(from: string, to: string, outcome?: 'proved' | 'returned'): Promise<void>
  /** Again what it said last. */
  check(): Promise<void>
}

/** Moves a rack and lets it say afterwards what a real one remembers. */
export function remembering({ clock }: FleetWorld, rack: RackClient, current: string): RememberingRack {
  let said: Partial<RackReport> = { current }
  let proved: RackReport['proved'] = []
  let failures: RackReport['failures'] = []
  return {
    async goes(from, to, outcome = 'proved') {
      await rack.goes(from, to, outcome, outcome === 'returned' ? 'settling' : undefined)
      const at = toIso(clock.now())
      if (outcome === 'proved') {
        const others = proved.filter(({ version }) => version !== to)
        proved = [{ version: to, at, parametersHold: true }, ...others]
        failures = failures.filter(({ target }) => target !== to)
      } else failures = [{ target: to, count: 1, lastAt: at }]
      said = { current: outcome === 'proved' ? to : from, proved, failures }
      await rack.check(said)
    },
    async check() {
      await rack.check(said)
    },
  }
}
