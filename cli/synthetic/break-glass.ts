/** Break-glass, rehearsed for real: the registry records that it was opened, used and closed, and that is what counts. */
import { Problem } from '../../shared/domain/problem.ts'
import { expectTrue, fieldOf, listOf } from './expect.ts'
import type { World } from './world.ts'

/** Long enough for the step; what a killed run leaves open ends by itself. */
const openMinutes = '5'

/** By which a later run knows what an earlier one of the same app left open. */
export function breakGlassReason(app: string, run = ''): string {
  return `a rehearsal of break-glass in ${app}: ${run}`
}

export async function rehearseBreakGlass({ app, run, shell, dataDir, url, clock }: World): Promise<void> {
  if (dataDir === undefined) throw new Problem('synthetic_failed', 'There is no disk to open it by.')
  const disk = ['--data', dataDir]
  const why = ['--rehearsal', '--minutes', openMinutes, '--reason', breakGlassReason(app, run)]
  const { id, tokenFile } = await shell.local('break-glass', 'open', ...disk, ...why)
  if (typeof id !== 'string' || typeof tokenFile !== 'string')
    throw new Problem('synthetic_failed', 'break-glass open did not say what it opened.')
  const withIt = ['--url', url, '--token-file', tokenFile]
  // Nobody but an admin may see every token: what it opens is everything.
  await shell.local('token', 'list', ...withIt)
  await recorded(async () => {
    const { breakGlass } = await shell.local('break-glass', 'list', ...withIt)
    const opened = listOf(breakGlass).find((one) => fieldOf(one, 'id') === id)
    return typeof fieldOf(opened, 'usedAt') === 'string'
  }, clock)
  // Its file goes with it, and the digest alone must not open anything: a copy of the token would be what is tried.
  await shell.local('break-glass', 'close', id, ...withIt)
  await shell.refused('not_signed_in', 'token', 'list', ...withIt)
  await shell.local('break-glass', 'close', id, ...disk)
}

/** The registry records its use a moment after it has answered. */
async function recorded(isRecorded: () => Promise<boolean>, clock: World['clock']): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    if (await isRecorded()) return
    await clock.sleep(250)
  }
  expectTrue('the registry did not record that break-glass was used', false)
}
