/**
 * Clearing away what a run leaves in its app, whether it ended well or was killed: freezes, racks, break-glass, files. In
 * an app that the registry knows as a rehearsal's; what cannot be cleared is told, and the next run tries again.
 */
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import { readBreakGlass } from '../break-glass-files.ts'
import type { Deps } from '../deps.ts'
import { breakGlassReason } from './break-glass.ts'
import { fieldOf, listOf } from './expect.ts'
import type { InnerShell } from './inner-shell.ts'
import { rackPrefix } from './world.ts'

export interface Clearing {
  readonly app: string
  readonly shell: InnerShell
  /** What the runs of this directory keep. */
  readonly runsDir: string
  readonly dataDir: string | undefined
}

export interface Cleared {
  readonly cleared: readonly string[]
  /** And why. */
  readonly left: readonly string[]
}

export async function clearAway(deps: Pick<Deps, 'files' | 'clock'>, clearing: Clearing): Promise<Cleared> {
  const cleared: string[] = []
  const left: string[] = []
  const tidying = async (what: string, work: () => Promise<readonly string[]>): Promise<void> => {
    try {
      cleared.push(...(await work()))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      left.push(`${what}: ${error.message}`.slice(0, 1_000))
    }
  }
  await tidying('the freeze', () => liftFreeze(clearing))
  await tidying('the racks', () => forgetRacks(clearing))
  await tidying('break-glass', () => closeGlasses(deps, clearing))
  deps.files.removeTree(clearing.runsDir)
  return { cleared, left }
}

async function liftFreeze({ app, shell }: Clearing): Promise<string[]> {
  try {
    await shell.registry('unfreeze', '--app', app, '--reason', 'a rehearsal left it')
    return [`the freeze of ${app}`]
  } catch (error) {
    if (error instanceof Problem && error.numbers?.code === 'freeze_not_found') return []
    throw error
  }
}

async function forgetRacks({ app, shell }: Clearing): Promise<string[]> {
  const { racks } = await shell.registry('rack', 'list', '--app', app, '--limit', '1000')
  const ours = listOf(racks)
    .map((one) => fieldOf(one, 'rack'))
    .filter((name): name is string => typeof name === 'string' && name.startsWith(rackPrefix))
  for (const name of ours) {
    const why = ['--reason', 'its rehearsal is over', '--confirm', name]
    await shell.registry('rack', 'forget', name, '--app', app, ...why)
  }
  return ours.map((name) => `the rack ${name}`)
}

async function closeGlasses(deps: Pick<Deps, 'files' | 'clock'>, clearing: Clearing): Promise<string[]> {
  const { app, shell, dataDir } = clearing
  if (dataDir === undefined) return []
  const now = deps.clock.now()
  const open = readBreakGlass(deps, dataDir).filter(
    ({ isRehearsal, closedAt, expiresAt, reason }) =>
      isRehearsal && closedAt === undefined && now < expiresAt && reason.startsWith(breakGlassReason(app)),
  )
  for (const { id } of open) await shell.local('break-glass', 'close', id, '--data', dataDir)
  return open.map(({ id }) => `break-glass ${id}`)
}

/** Where the racks and files of runs are, below the directory of rehearsals. */
export function runsDirOf(dir: string): string {
  return join(dir, 'runs')
}
