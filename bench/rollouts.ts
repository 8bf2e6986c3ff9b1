/**
 * What a rollout costs: a decision while one is under way, in a small fleet and a large one, and what checks wait while one
 * is planned over all racks, against the same checks before: over real sockets, from a process of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '../server/main.ts'
import type { Registry } from '../server/registry.ts'
import type { RackRow } from '../server/store/racks.ts'
import { protocolVersion } from '../shared/contract/protocol.ts'
import type { RackReport } from '../shared/contract/rack.ts'
import { day, minute, toIso } from '../shared/domain/instants.ts'
import { rolloutPresets } from '../shared/domain/rollout-policy.ts'
import { checkRequest } from './load.ts'
import { rackRow } from './rack-row.ts'
import { enrolRacks, postingAs } from './registry-fixture.ts'
import { preciseNow, startSteadyLoad, type Wait } from './steady-load.ts'

export interface RolloutCost {
  readonly racks: number
  /** Of a decision without a trace, while wave 1 of 4 is open. */
  readonly decisionMicroseconds: number
  /** What checks wait while the registry plans nothing, while it plans, and while it only counts what racks have shown. */
  readonly quiet: Waits
  readonly planning: Waits
  readonly counting: Waits
}

export interface Waits {
  readonly seconds: number
  readonly checks: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly mostMilliseconds: number
}

const app = 'rack'
const channel = 'stable'
const [current, next] = ['1.0.0', '1.1.0']
const promoted = `/v1/apps/${app}/channels/${channel}/promote`
const now = Date.UTC(2026, 5, 1, 12)
const asked = 200_000
const rounds = 5
/** So many racks ask; of all the others the registry only knows. */
const asking = 64
const checksPerSecond = 1000
const warmMilliseconds = 2000
const quietMilliseconds = 5000

/** `program`: see `startSteadyLoad`. */
export async function measureRollouts(racks: number, program: string): Promise<RolloutCost> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-bench-rollouts-'))
  const env = { HEADGATE_LOG_LEVEL: 'error' }
  const { url, registry, stop } = await serve({
    dataDir,
    port: 0,
    env,
    say: () => undefined,
    clock: () => now,
  })
  try {
    // It looks when it is told to.
    await registry.rollouts.stop()
    const post = postingAs(url, readFileSync(join(dataDir, 'admin.token'), 'utf8').trim())
    await post('/v1/apps', { app, scheme: 'semver' })
    for (const version of [current, next]) await post(`/v1/apps/${app}/releases`, { version })
    await post(promoted, { version: current })
    const askers = await enrolRacks(post, asking, { app, channel, current })
    for (let index = asking; index < racks; index += 1) registry.fleet.index.put(rowOf(index))

    const load = startSteadyLoad(program, {
      port: Number(new URL(url).port),
      requests: askers.map((rack) => checkRequest(rack, report)),
      perSecond: checksPerSecond,
    })
    await pause(warmMilliseconds)
    const quiet = await during(() => pause(quietMilliseconds))
    const planning = await during(() =>
      post(promoted, { version: next, rollout: rolloutPresets.staged, reason: 'measured' }),
    )
    const counting = await during(() => registry.rollouts.tick())
    const waits = await load.stop()

    const { wave } = registry.ledger.state.apps.get(app)?.rollouts.get('R-1') ?? { wave: -1 }
    if (wave !== 0) throw new Error(`Wave ${wave} is open, and nothing is measured that way.`)
    return {
      racks,
      decisionMicroseconds: costOfDecision(registry, racks),
      quiet: waitsIn(quiet, waits),
      planning: waitsIn(planning, waits),
      counting: waitsIn(counting, waits),
    }
  } finally {
    await stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** As `preciseNow`. */
interface Span {
  readonly from: number
  readonly to: number
}

async function during(work: () => Promise<void>): Promise<Span> {
  const from = preciseNow()
  await work()
  return { from, to: preciseNow() }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function waitsIn({ from, to }: Span, waits: readonly Wait[]): Waits {
  const sorted = waits
    .filter(({ askedAt }) => askedAt >= from && askedAt < to)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b)
  const share = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN
  return {
    seconds: (to - from) / 1000,
    checks: sorted.length,
    p50Milliseconds: share(0.5),
    p99Milliseconds: share(0.99),
    mostMilliseconds: share(1),
  }
}

function rowOf(index: number): RackRow {
  return rackRow({ index, app, channel, current, now }, { lastSeenAt: now - minute })
}

/** What a rack that has proved its release says with every check. */
const report: RackReport = {
  protocol: protocolVersion,
  agent: '0.2.0',
  current,
  platform: 'linux/amd64',
  proved: [{ version: current, at: toIso(now - day), parametersHold: true }],
  failures: [],
  seen: { revision: 1, ledgerSequence: 8 },
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
