/**
 * Staging racks that keep up like real ones: they ask every few minutes, an update takes a quarter of an hour, and one
 * in fifty goes wrong. What they run is decided by the product's own decision; how long, is counted in rack-time.
 */
import { decide } from '../../shared/domain/decide.ts'
import type { FeederEvidence } from '../../shared/domain/fleet-evidence.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { FailedTarget, ProvedVersion, RackFacts } from '../../shared/domain/rack.ts'
import { causeOf } from '../../shared/domain/release-record.ts'
import { findApp, findChannel, type State } from '../../shared/domain/state.ts'
import type { Chance } from './chance.ts'

interface StagingRack {
  readonly name: string
  current: string | undefined
  since: number
  nextAt: number
  proved: ProvedVersion[]
  failures: FailedTarget[]
  moving: { readonly to: string; readonly endsAt: number; readonly isGood: boolean } | undefined
  readonly soaked: Map<string, number>
}

export interface Staging {
  /** What every rack does between the last call and now. */
  passTime(state: State, now: number): void
  evidenceOf(version: string, now: number): FeederEvidence
  readonly updates: number
  readonly failed: number
}

const platform = 'linux/amd64'
const shareThatFails = 0.02

export function createStaging(app: string, channel: string, size: number, chance: Chance): Staging {
  const racks = Array.from({ length: size }, (_, index): StagingRack => {
    const name = `staging-${index + 1}`
    return {
      name,
      current: undefined,
      since: 0,
      nextAt: 0,
      proved: [],
      failures: [],
      moving: undefined,
      soaked: new Map(),
    }
  })
  let updates = 0
  let failed = 0

  function soakedOf(rack: StagingRack, version: string, now: number): number | undefined {
    const before = rack.soaked.get(version)
    if (rack.current !== version || rack.moving) return before
    return (before ?? 0) + Math.max(0, now - rack.since)
  }

  function settle(rack: StagingRack, { to, endsAt, isGood }: NonNullable<StagingRack['moving']>): void {
    rack.moving = undefined
    if (isGood) {
      rack.current = to
      rack.proved = [{ version: to, at: endsAt, parametersHold: true }, ...rack.proved].slice(0, 20)
      rack.failures = rack.failures.filter(({ target }) => target !== to)
      if (!rack.soaked.has(to)) rack.soaked.set(to, 0)
    } else {
      const count = 1 + (rack.failures.find(({ target }) => target === to)?.count ?? 0)
      const others = rack.failures.filter(({ target }) => target !== to)
      rack.failures = [{ target: to, count, lastAt: endsAt }, ...others].slice(0, 20)
      failed += 1
    }
    rack.since = endsAt
  }

  function ask(rack: StagingRack, state: State, now: number): void {
    const here = findApp(state, app)
    const { policy, nomination, ...rest } = findChannel(here, channel)
    const soakedMinutes = rack.current === undefined ? 0 : (soakedOf(rack, rack.current, now) ?? 0) / minute
    const decision = decide({
      state,
      app: here,
      channel: { ...rest, policy, ...(nomination && { nomination }) },
      rack: factsOf(rack),
      now,
      conditions: { canGrant: true, soakedMinutes },
    })
    rack.nextAt = now + decision.askAgainSeconds * 1000 * (1 + 9 * chance())
    const to =
      decision.action === 'update' || decision.action === 'rollback' ? decision.target?.version : undefined
    if (to === undefined) return
    if (rack.current !== undefined) rack.soaked.set(rack.current, soakedOf(rack, rack.current, now) ?? 0)
    updates += 1
    rack.moving = { to, endsAt: now + (8 + 14 * chance()) * minute, isGood: chance() >= shareThatFails }
  }

  return {
    get updates() {
      return updates
    },
    get failed() {
      return failed
    },
    passTime(state, now) {
      for (const rack of racks) {
        if (rack.moving && rack.moving.endsAt <= now) settle(rack, rack.moving)
        if (!rack.moving && rack.nextAt <= now) ask(rack, state, now)
      }
    },
    evidenceOf(version, now) {
      const soaked = racks.flatMap((rack) => soakedOf(rack, version, now) ?? [])
      return {
        channel,
        racks: racks.length,
        running: racks.filter(({ current, moving }) => current === version && !moving).length,
        provedPlatforms: racks.some(({ proved }) => proved.some((one) => one.version === version))
          ? [platform]
          : [],
        soakedMinutes: soaked.map((time) => time / minute).sort((a, b) => b - a),
        failures: racks.flatMap(({ name, failures }) => {
          const last = failures.find(({ target }) => target === version)
          const message = 'the stack did not stabilise'
          if (!last) return []
          return [
            { rack: name, at: last.lastAt, cause: causeOf('settling', message), message, isDataLoss: false },
          ]
        }),
      }
    },
  }
}

function factsOf({ name, current, proved, failures }: StagingRack): RackFacts {
  return { name, current, platform, proved, pins: [], holds: [], failures, isAligning: false, apps: {} }
}
