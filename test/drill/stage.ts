/** A chapter's stage: a registry, a fleet on its base, and a rollout that is played against the oracle, look by look. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { RolloutBody } from '../../shared/contract/rollout.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { RolloutPolicy } from '../../shared/domain/rollout-policy.ts'
import {
  app,
  type DrillFleet,
  enrolFleet,
  type Shares,
  sickAfterMinutes,
  stepMinutes,
} from './drill-fleet.ts'
import { createOracle, type Oracle, type OracleRack, type OracleWave } from './oracle.ts'
import { type DrillRegistry, startDrillRegistry } from './registry-process.ts'

export const [base, bad, fix] = ['20160815151110', '20160816160115', '20160818013241'] as const

const silentMinutes = 60
/** In one step; the registry looks after each. */
const mostBatches = 40
const mostSteps = 80

export interface StageOptions {
  readonly program: string
  readonly folder: string
  readonly seed: number
  readonly size: number
  readonly shares: Shares
}

export interface Stage {
  readonly registry: DrillRegistry
  readonly fleet: DrillFleet
  /** What was not as it had to be. */
  readonly complaints: string[]
  promote(version: string): Promise<void>
  /** The newest one, or the one that is named. */
  rollout(id?: string): Promise<RolloutBody>
  oracleOf(rollout: RolloutBody, waves: readonly OracleWave[], racks?: readonly OracleRack[]): Oracle
  /** Every rack asks once, in batches; the registry looks after each, and so does the oracle. */
  step(playing: Playing): Promise<void>
  /** Steps until the oracle says that it is over, or `isEnough`. */
  play(playing: Playing, isEnough?: () => boolean): Promise<RolloutBody>
  /** Ends the registry. The attempts as its database has them, read by SQL that is none of the product's. */
  attempts(): Promise<StoredAttempt[]>
}

export interface Playing {
  readonly id: string
  readonly oracle: Oracle
  /** In the middle of a batch: the registry may be killed. */
  readonly amid?: (batch: readonly OracleRack[]) => Promise<void>
  /** A kill takes rack-time that was not stored: waves may open later than the oracle says, and never sooner. */
  readonly mayBeLate?: boolean
}

export interface StoredAttempt {
  readonly rack: string
  readonly id: string
  readonly target: string
  readonly rollout: string | null
  readonly outcome: string | null
}

/** A failing share of three or four in a hundred passes the second wave and cannot pass the third. */
export const waves: readonly OracleWave[] = [
  { share: 1, soakMinutes: 30, toleratedPercent: 0 },
  { share: '5%', soakMinutes: 30, toleratedPercent: 10 },
  { share: '40%', soakMinutes: 30, toleratedPercent: 1 },
  { share: 'rest', soakMinutes: 30, toleratedPercent: 1 },
]

export async function openStage({ program, folder, seed, size, shares }: StageOptions): Promise<Stage> {
  const dataDir = join(folder, 'registry')
  const startAt = Date.UTC(2016, 7, 16, 16)
  const registry = await startDrillRegistry({ program, dataDir, seed: String(seed), startAt })
  const channel = `/v1/apps/${app}/channels/stable`
  await registry.call('POST', '/v1/apps', { app, scheme: 'timestamp' })
  for (const version of [base, bad, fix]) await registry.call('POST', `/v1/apps/${app}/releases`, { version })
  await registry.call('POST', `${channel}/promote`, { version: base })
  const policy = {
    promoteOnPublish: false,
    checkSeconds: stepMinutes * 60,
    gates: {},
    rollout: policyOf(waves),
  }
  await registry.call('PUT', `${channel}/policy`, { policy, reason: 'a drill' })
  const fleet = await enrolFleet(registry, { size, seed, shares, current: base, bad })
  const complaints: string[] = []

  async function rollout(id?: string): Promise<RolloutBody> {
    const page = await registry.call('GET', `/v1/apps/${app}/rollouts`)
    const { rollouts }: { rollouts: RolloutBody[] } = JSON.parse(JSON.stringify(page))
    const found = rollouts.find((one) => id === undefined || one.id === id)
    if (!found) throw new Error(`There is no rollout ${id ?? ''}.`)
    return found
  }

  async function look({ id, oracle, mayBeLate = false }: Playing): Promise<void> {
    const before = describe(oracle)
    await registry.look()
    const seen = await rollout(id)
    const at = registry.now()
    oracle.looks(at, mayBeLate && seen.state === 'running' ? seen.wave : undefined)
    const foretold = describe(oracle)
    const happened = describeRollout(seen)
    if (foretold === happened) return
    const why = seen.evidence ? `: ${JSON.stringify(seen.evidence)}` : ''
    complaints.push(`after "${before}" ${id} was ${happened}, and had to be ${foretold}${why}`)
    throw new Error(complaints.at(-1))
  }

  async function step(playing: Playing): Promise<void> {
    const { oracle, amid } = playing
    for (const batch of fleet.batches(Math.min(mostBatches, Math.ceil(fleet.racks.length / 60)))) {
      const asking = fleet.ask(batch)
      await amid?.(batch)
      await asking
      for (const { name } of batch) oracle.asks(name, registry.now())
      await look(playing)
    }
    await registry.moveClock(stepMinutes * minute)
  }

  return {
    registry,
    fleet,
    complaints,
    rollout,
    step,
    async promote(version) {
      await registry.call('POST', `${channel}/promote`, { version })
    },
    oracleOf: ({ key: rolloutKey }, shown, racks = fleet.racks) =>
      createOracle({ racks, rolloutKey, waves: shown, silentMinutes, sickAfterMinutes }),
    async play(playing, isEnough = () => false) {
      const { oracle, id } = playing
      for (let steps = 0; !oracle.halt && !oracle.isComplete && !isEnough(); steps += 1) {
        if (steps === mostSteps)
          throw new Error(`${id} is not over after ${steps} steps: ${describe(oracle)}`)
        await step(playing)
      }
      return rollout(id)
    },
    async attempts() {
      await registry.stop()
      const database = new Database(join(dataDir, 'registry.sqlite'), { readonly: true })
      const rows = database.prepare('select rack, id, target, rollout, outcome from attempts').all()
      database.close()
      return JSON.parse(JSON.stringify(rows))
    },
  }
}

export function describe({ halt, isComplete, open }: Oracle): string {
  if (halt) return `halted in wave ${halt.wave + 1} at ${halt.failures}`
  return isComplete ? 'completed' : `running in wave ${open + 1}`
}

export function describeRollout({ state, wave, evidence }: RolloutBody): string {
  if (state === 'halted') return `halted in wave ${(evidence?.wave ?? -2) + 1} at ${evidence?.numbers.failed}`
  return state === 'completed' ? 'completed' : `${state} in wave ${wave + 1}`
}

function policyOf(shown: readonly OracleWave[]): RolloutPolicy {
  return {
    waves: shown.map(({ share, soakMinutes, toleratedPercent: percent }) => ({
      share,
      soakMinutes,
      failures: { maxFailed: 0, percent },
    })),
    onFail: 'halt',
    silentMinutes,
  }
}
