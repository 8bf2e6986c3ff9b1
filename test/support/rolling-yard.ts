/** A rolling driver over a group of hosts in a test's own directory: commands are real processes, health is real HTTP. */
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { expect } from 'vitest'
import { configTable } from '../../cli/agent/config-table.ts'
import type { Driver } from '../../cli/agent/drivers/driver.ts'
import type { HostRow } from '../../cli/agent/drivers/host-row.ts'
import { createRollingDriver } from '../../cli/agent/drivers/rolling.ts'
import { rollingConfigIn } from '../../cli/agent/drivers/rolling-config.ts'
import { type DurableFiles, realFiles } from '../../cli/agent/files.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { hurriedClock } from './campaign-clock.ts'
import { aMove, aPlace, type NotedMove } from './moves.ts'
import { scratchDirectory } from './scratch-directory.ts'
import { type HostGroup, type HostHealth, hostGroup, rollingToml, serveHealth } from './stand-ins/hosts.ts'

export interface RollingYard {
  readonly dir: string
  readonly group: HostGroup
  readonly health: HostHealth
  /** Another run of the agent: nothing is remembered but what is on the disk. */
  driver(files?: DurableFiles): Driver
  forth(to: string, change?: Partial<NotedMove>): NotedMove
  /** The way back of an attempt that was on its way from `from` to `to`. */
  back(to: string | null, change?: Partial<NotedMove>): NotedMove
}

/** To be called inside a test: hosts attached on version 10, or with nothing installed. */
export async function rollingYard(
  names: readonly string[],
  settings: readonly string[] = [],
  version: string | null = '10',
): Promise<RollingYard> {
  const dir = scratchDirectory()
  const group = hostGroup(join(dir, 'group'), names, version)
  const health = await serveHealth(dir)
  const toml = rollingToml('group', `${health.url}/group`, settings)
  const table = configTable(parse(toml), '', 'rack.toml').table('driver')
  table.oneOf('kind', ['rolling'])
  const config = rollingConfigIn(table, dir)
  table.refuseTheRest()
  const clock = hurriedClock()
  return {
    dir,
    group,
    health,
    driver: (files = realFiles) => createRollingDriver(config, { ...aPlace(dir, files), clock }),
    forth: (to, change) => aMove({ from: version, to, ...change }),
    back: (to, change) => aMove({ from: '20', to, direction: 'back', isReturn: true, ...change }),
  }
}

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}

/** The stand-in's own log: never fewer than `least` served, never more than `batch` were out at once. */
export function expectCapacity({ group }: Pick<RollingYard, 'group'>, least: number, batch: number): void {
  const out = new Set<string>()
  let most = 0
  for (const { act, host, serving } of group.log()) {
    expect(serving, `${act} ${host}`).toBeGreaterThanOrEqual(least)
    if (act === 'drain') out.add(host)
    if (act === 'attach' || act === 'detach') out.delete(host)
    most = Math.max(most, out.size)
  }
  expect(most).toBeLessThanOrEqual(batch)
}

/** The hosts in the order in which something was done to them, each once. */
export function touched({ group }: RollingYard): readonly string[] {
  return [...new Set(group.log().map(({ host }) => host))]
}

export function watched(): { rows: (readonly HostRow[])[]; hosts: (rows: readonly HostRow[]) => void } {
  const rows: (readonly HostRow[])[] = []
  return { rows, hosts: (seen) => void rows.push(seen) }
}
