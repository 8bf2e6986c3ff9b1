/** Whether the rack is ready to be changed: an ordered list of questions, each answered by a Problem or by nothing. */
import { statfs } from 'node:fs/promises'
import { Problem } from '../../shared/domain/problem.ts'
import type { AttemptInput } from './attempt.ts'
import { checksFor } from './checks/check.ts'
import { askOnce } from './checks/settle.ts'
import { refuseOrdered } from './ordered.ts'
import { refuseDrifted } from './parameters/refuse-drifted.ts'
import { isKept, type Rack } from './rack.ts'
import { refuseBeside } from './self-update/refuse-beside.ts'

type Question = (rack: Rack, input: AttemptInput) => Promise<void>

const questions: readonly Question[] = [
  refuseBeside,
  refuseOrdered,
  driverIsPrepared,
  driverIsSettled,
  currentIsAsPlanned,
  refuseDrifted,
  diskHasRoom,
  checksPass,
]

export async function requireReady(rack: Rack, input: AttemptInput): Promise<void> {
  for (const ask of questions) await ask(rack, input)
}

/** Before the status: what somebody else does to the rack now may be waited for. */
async function driverIsPrepared({ driver, place }: Rack, { from, to, action }: AttemptInput): Promise<void> {
  const direction = action === 'rollback' ? 'back' : 'forward'
  await driver.prepare?.({ from, to, direction, note: place.watch.onNote })
}

/** A status that is not known is never a good one. */
async function driverIsSettled({ driver, dir }: Rack): Promise<void> {
  const status = await driver.status()
  if (status === 'settled') return
  throw new Problem(
    'preflight_failed',
    status === 'busy'
      ? 'Something else is changing this rack now.'
      : 'The driver cannot tell whether the rack is settled.',
    {
      hint: `headgate status --dir ${dir}`,
      numbers: { status },
    },
  )
}

async function currentIsAsPlanned({ driver }: Rack, { from }: AttemptInput): Promise<void> {
  const current = await driver.current()
  if (current === from) return
  throw new Problem(
    'preflight_failed',
    `The plan starts from ${from ?? 'nothing'}, but ${current ?? 'nothing'} is installed.`,
    {
      numbers: { expected: from, got: current },
    },
  )
}

/** The download, what it unpacks to, and something to breathe: four times the artifact. */
const roomFactor = 4

async function diskHasRoom(rack: Rack, { artifact, to }: AttemptInput): Promise<void> {
  if (!artifact || (await isKept(rack, to))) return
  const { dir } = rack
  const { bavail, bsize } = await statfs(dir)
  const freeBytes = bavail * bsize
  const neededBytes = artifact.size * roomFactor
  if (freeBytes >= neededBytes) return
  throw new Problem(
    'preflight_failed',
    `${dir} has ${freeBytes} bytes free; ${to} needs about ${neededBytes} (${roomFactor} times its ${artifact.size}).`,
    {
      hint: `df -h ${dir}`,
      numbers: { freeBytes, neededBytes },
    },
  )
}

async function checksPass({ checks, place }: Rack, { from }: AttemptInput): Promise<void> {
  const asked = checksFor('preflight', checks)
  if (asked.length === 0) return
  const report = await askOnce(asked, from, place.clock)
  for (const { name, severity, state, detail } of report.checks) {
    if (severity === 'warn' && state === 'unhealthy') place.watch.onNote(`${name}: ${detail}`)
  }
  if (report.ok) return
  throw new Problem('preflight_failed', `The rack is not ready: ${report.detail}.`, {
    numbers: { checks: report.checks },
  })
}
