/**
 * What a rollout costs: a decision while one is under way, in a small fleet and a large one, and planning one over all racks
 * while others ask. In one process; what a check waits for is the delay of its event loop.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openRegistry, type Registry } from '../server/registry.ts'
import type { RackRow } from '../server/store/racks.ts'
import { createApp, createChannel } from '../shared/domain/commands/app.ts'
import type { CommandContext } from '../shared/domain/commands/command.ts'
import { promoteRelease } from '../shared/domain/commands/promote.ts'
import { publishRelease } from '../shared/domain/commands/release.ts'
import type { LedgerEvent } from '../shared/domain/events.ts'
import { minute } from '../shared/domain/instants.ts'
import { rolloutPresets } from '../shared/domain/rollout-policy.ts'
import type { State } from '../shared/domain/state.ts'
import { rackRow } from './rack-row.ts'

export interface RolloutCost {
  readonly racks: number
  /** Of a decision without a trace, while wave 1 of 4 is open. */
  readonly decisionMicroseconds: number
  readonly planned: { readonly milliseconds: number; readonly cpuMilliseconds: number }
  /** What checks waited meanwhile. */
  readonly p99Milliseconds: number
  readonly mostMilliseconds: number
}

const app = 'rack'
const channel = 'gold'
const now = Date.UTC(2026, 5, 1, 12)
const asked = 200_000
const rounds = 5

export async function measureRollouts(racks: number): Promise<RolloutCost> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-bench-rollouts-'))
  const onCheckInFailure = (error: unknown): void => {
    throw error
  }
  const registry = await openRegistry({ dataDir, clock: () => now, random: randomBytes, onCheckInFailure })
  try {
    await registry.rollouts.stop()
    await tellHistory(registry)
    for (let index = 0; index < racks; index += 1) registry.fleet.index.put(rowOf(index))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    delay.enable()
    await registry.rollouts.tick()
    delay.disable()
    const { user, system } = process.cpuUsage(cpu)
    const planned = { milliseconds: performance.now() - began, cpuMilliseconds: (user + system) / 1000 }
    const { wave } = registry.ledger.state.apps.get(app)?.rollouts.get('R-1') ?? { wave: -1 }
    if (wave !== 0) throw new Error(`Wave ${wave} is open, and nothing is measured that way.`)
    return {
      racks,
      planned,
      decisionMicroseconds: costOfDecision(registry, racks),
      p99Milliseconds: delay.percentile(99) / 1e6,
      mostMilliseconds: delay.max / 1e6,
    }
  } finally {
    await registry.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** The best of some rounds: whatever else the machine does only makes it slower. */
function costOfDecision({ fleet, ledger }: Registry, racks: number): number {
  // A thousand of them, strewn over the fleet: its size is measured, and not what the processor's caches hold.
  const known = Array.from({ length: 1000 }, (_, index) =>
    fleet.index.byName(app, `rack-${Math.floor((index * racks) / 1000)}`),
  ).flatMap((rack) => rack ?? [])
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now()
    for (let turn = 0; turn < asked / known.length; turn += 1)
      for (const rack of known) fleet.decideIn(ledger.state, rack)
    if (round > 0) best = Math.min(best, performance.now() - began)
  }
  return (best * 1000) / asked
}

async function tellHistory({ ledger }: Registry): Promise<void> {
  const tell = (decide: (state: State, context: CommandContext) => readonly LedgerEvent[]) =>
    ledger.record({ actor: 'token:bench', isDryRun: false, decide, answer: () => null })
  await tell((state, context) => createApp(state, { app, scheme: 'semver' }, context))
  await tell((state, context) => createChannel(state, { app, channel }, context))
  for (const version of ['1.0.0', '1.1.0']) {
    const content = { artifacts: [] }
    await tell((state, context) => publishRelease(state, { app, version, via: 'publish', content }, context))
    const rollout = { rollout: rolloutPresets.staged }
    await tell((state, context) =>
      promoteRelease(state, { app, to: channel, version, acknowledge: [], ...rollout }, context),
    )
  }
}

function rowOf(index: number): RackRow {
  return rackRow({ index, app, channel, current: '1.0.0', now }, { lastSeenAt: now - minute })
}
