/**
 * What it costs to simulate: a promotion over a whole fleet, against putting the same racks and the same ledger into
 * memory, in one process. The longest turn of the event loop is what a check would have waited for.
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
import { foldEvents } from '../shared/domain/fold.ts'
import { day, hour, toIso } from '../shared/domain/instants.ts'
import { emptyState, type State } from '../shared/domain/state.ts'
import { rackRow } from './rack-row.ts'

export interface SimulationCost {
  readonly racks: number
  readonly changed: number
  /** The racks put into the index as a start does it, and the ledger folded. */
  readonly built: Cost
  /** The median of three. */
  readonly simulated: Cost
  readonly longestTurnMilliseconds: number
}

/** Where others share the machine, only the second tells what it costs. */
export interface Cost {
  readonly milliseconds: number
  readonly cpuMilliseconds: number
}

const app = 'rack'
const releases = 200
const channels = ['edge', 'beta', 'gold'] as const
const now = Date.UTC(2026, 5, 1, 12)

export async function measureSimulation(racks: number): Promise<SimulationCost> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-bench-simulate-'))
  const registry = await openRegistry({
    dataDir,
    clock: () => now,
    random: randomBytes,
    onCheckInFailure: (error) => {
      throw error
    },
  })
  try {
    const events = await tellHistory(registry)
    const building = startMeter()
    foldEvents(emptyState(), events)
    for (let index = 0; index < racks; index += 1) registry.fleet.index.put(rowOf(index))
    const built = building()
    const rounds: Cost[] = []
    const delay = monitorEventLoopDelay({ resolution: 1 })
    let changed = 0
    for (let round = 0; round < 3; round += 1) {
      delay.enable()
      const simulating = startMeter()
      const simulated = await registry.simulator.simulate({
        app,
        suppositions: [{ suppose: 'promote', to: 'gold', version: versionOf(releases - 1), acknowledge: [] }],
        isAssumingGates: false,
        actor: 'token:bench',
      })
      rounds.push(simulating())
      delay.disable()
      changed = simulated.changed
    }
    return {
      racks,
      changed,
      built,
      simulated: rounds.sort((a, b) => a.cpuMilliseconds - b.cpuMilliseconds)[1] ?? built,
      longestTurnMilliseconds: delay.max / 1e6,
    }
  } finally {
    await registry.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function startMeter(): () => Cost {
  const began = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { milliseconds: performance.now() - began, cpuMilliseconds: (user + system) / 1000 }
  }
}

/** Releases enough for a history, and channels that serve some of them. */
async function tellHistory({ ledger }: Registry): Promise<readonly LedgerEvent[]> {
  const told: LedgerEvent[] = []
  const tell = (decide: (state: State, context: CommandContext) => readonly LedgerEvent[]) =>
    ledger.record({
      actor: 'token:bench',
      isDryRun: false,
      decide,
      answer: (_after, events) => {
        told.push(...events)
        return null
      },
    })
  await tell((state, context) => createApp(state, { app, scheme: 'semver' }, context))
  for (const channel of channels)
    await tell((state, context) => createChannel(state, { app, channel }, context))
  for (let index = 0; index < releases; index += 1) {
    const version = versionOf(index)
    await tell((state, context) =>
      publishRelease(state, { app, version, via: 'publish', content: { artifacts: [] } }, context),
    )
    for (const [place, to] of channels.entries()) {
      if (index % 10 !== 0 || index > releases - 10 * place - 1) continue
      await tell((state, context) => promoteRelease(state, { app, to, version, acknowledge: [] }, context))
    }
  }
  return told
}

function versionOf(index: number): string {
  return `1.${Math.floor(index / 10)}.${index % 10}`
}

/** One rack in ten has a window, one in twenty is pinned, one in thirty held; the rest is as most racks are. */
function rowOf(index: number): RackRow {
  const current = versionOf(10 * (index % (releases / 10)))
  const channel = channels[index % 10 === 0 ? 0 : index % 10 === 1 ? 1 : 2] ?? 'gold'
  const until = toIso(now + day)
  const row = {
    platform: index % 4 === 0 ? 'linux/arm64' : 'linux/amd64',
    labels: { region: `region-${index % 12}`, tier: index % 100 === 0 ? 'canary' : 'usual' },
    lastSeenAt: now - hour,
  }
  const report = {
    ...(index % 10 === 5 && {
      window: { start: `0 ${index % 24} * * *`, minutes: 120, zone: 'Europe/Berlin' },
    }),
    ...(index % 20 === 7 && { pin: { version: current, owner: 'ops', reason: 'an audit', until } }),
    ...(index % 30 === 9 && { hold: { owner: 'ops', reason: 'an audit', until } }),
  }
  return rackRow({ index, app, channel, current, now }, row, report)
}
