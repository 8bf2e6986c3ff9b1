/** Racks that stay on a version and say so every few minutes, and what the gates have counted of it. */
import type { RackReport } from '../../../shared/contract/rack.ts'
import type { GateName, Verdict } from '../../../shared/domain/gates/verdict.ts'
import { minute } from '../../../shared/domain/instants.ts'
import type { GatePolicy } from '../../../shared/domain/policy.ts'
import { findApp, findChannel } from '../../../shared/domain/state.ts'
import type { FleetWorld, RackClient } from './fleet-world.ts'

type Said = Partial<RackReport>

/** What it runs, proved when it came there. */
export function onVersion(fleet: FleetWorld, version: string, more: Said = {}): Said {
  const at = new Date(fleet.clock.now()).toISOString()
  return { current: version, proved: [{ version, at, parametersHold: true }], ...more }
}

export function health(fleet: FleetWorld, state: 'healthy' | 'unhealthy'): Pick<RackReport, 'health'> {
  return { health: { state, since: new Date(fleet.clock.now()).toISOString(), checks: [] } }
}

/** All of them say that they run it, now and every `every` minutes until `minutes` have passed. */
export async function run(
  fleet: FleetWorld,
  racks: readonly RackClient[],
  version: string,
  minutes: number,
  { every = 5, more = () => ({}) }: { every?: number; more?: () => Said } = {},
): Promise<void> {
  const say = () => Promise.all(racks.map((rack) => must(rack.check(onVersion(fleet, version, more())))))
  await say()
  for (let passed = 0; passed < minutes; passed += every) {
    fleet.clock.advance(Math.min(every, minutes - passed) * minute)
    await say()
  }
}

async function must(asked: ReturnType<RackClient['check']>): Promise<void> {
  const { status, text } = await asked
  if (status !== 200) throw new Error(text)
}

/** Healthy minutes of the racks of `unstable`, longest first, as the gate counts them. */
export async function soakedOn(fleet: FleetWorld, version: string): Promise<readonly number[]> {
  const { ledger, gather } = fleet.registry
  const { feeder } = await gather(findChannel(findApp(ledger.state, 'rack'), 'stable'), version)
  return (feeder?.soakedMinutes ?? []).map((minutes) => Math.round(minutes * 100) / 100)
}

export async function setGates(fleet: FleetWorld, gates: GatePolicy, channel = 'stable'): Promise<void> {
  const policy = { promoteOnPublish: false, checkSeconds: 300, gates }
  const json = { policy, reason: 'for this story' }
  await fleet.call('PUT', `/v1/apps/rack/channels/${channel}/policy`, { json })
}

export async function verdictOn(
  fleet: FleetWorld,
  version: string,
  gate: GateName,
): Promise<Partial<Verdict> | undefined> {
  const { promotions } = await fleet.call('GET', `/v1/apps/rack/releases/${version}`)
  const [first] = promotions as { verdicts: Verdict[] }[]
  return first?.verdicts.find((one) => one.gate === gate)
}
