/**
 * The steps of an attempt that change what runs, or prove it. Here everything that goes wrong leads back to where the
 * attempt came from, and what a crash cut off is ended before anything is started again.
 */
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt } from './attempt.ts'
import { checksFor } from './checks/check.ts'
import { type SettleReport, settle } from './checks/settle.ts'
import type { Move } from './drivers/driver.ts'
import { remarkOn } from './drivers/host-row.ts'
import { proofNow, recordedContract } from './parameters/standing.ts'
import { endGroup, isGroupRunning, waitForGroup } from './process-group.ts'
import type { Rack } from './rack.ts'
import type { Next, Run } from './step.ts'
import { problemOfWeather } from './weather.ts'

const graceMs = 10_000
/** An unproved version is started twice at most: by the attempt, and once more after a crash, in whatever state. */
const mostResumptions = 1

export async function applying(run: Run): Promise<Next> {
  const { rack, attempt } = run
  if (run.isResumed) {
    await endLeftovers(run)
    if (attempt.resumptions >= mostResumptions) throw interruptedTooOften(attempt)
    run.note({ resumed: true, detail: 'taken up again after an interruption' })
  }
  const move = moveOf(run, 'there')
  await (move.direction === 'back' ? rack.driver.goBack(move) : rack.driver.apply(move))
  return { state: 'settling', data: {} }
}

export async function settling(run: Run): Promise<Next> {
  const { rack, attempt } = run
  if (run.isResumed) {
    if (attempt.resumptions >= mostResumptions) throw interruptedTooOften(attempt)
    run.note({ resumed: true, detail: 'asked again after an interruption' })
  }
  const report = await settleOn(rack, attempt.input.to)
  if (report.ok) {
    const proof = await proofNow(rack, attempt.input.contract ?? recordedContract(rack, attempt.input.to))
    const remarks = [attempt.remark, await remarkOn(rack.driver)].filter((one) => one !== null)
    const remark = remarks.join('; ')
    const detail = [report.detail, ...remarks].join('; ')
    return { state: 'proved', data: { detail, proof, ...(remarks.length > 0 && { remark }) } }
  }
  throw new Problem('update_failed', `${attempt.input.to} did not settle: ${report.detail}.`, {
    hint: `headgate history --dir ${rack.dir}`,
    numbers: { lastLines: report.checks.map(({ name, state, detail }) => `${name}: ${state}: ${detail}`) },
  })
}

/** Back to where the attempt came from, whatever is said of that version; proved by the same checks. */
export async function returning(run: Run): Promise<Next> {
  const { rack, attempt } = run
  await endLeftovers(run)
  if (run.isResumed) run.note({ resumed: true, detail: 'going back again after an interruption' })
  const { from } = attempt.input
  const failed = await rack.driver.goBack(moveOf(run, 'return')).then(() => undefined, problemOfWeather)
  // How the driver ended is a hint; what runs and how it answers is the proof.
  const proof = seenProof(await proofOf(rack, from), rack, failed)
  if (proof.isThere) {
    if (failed?.code === 'stuck') throw failed
    return { state: 'returned', data: { detail: proof.detail } }
  }
  const said = failed ? ` The way back said: ${failed.message}` : ''
  const look = `Look at what runs: headgate status --dir ${rack.dir}; when it works again: headgate verify --dir ${rack.dir}`
  throw new Problem(
    'stuck',
    `The way back to ${from ?? 'nothing'} did not end well: ${proof.detail}.${said}`,
    {
      hint: (failed?.code === 'stuck' && failed.hint) || look,
      numbers: { lastLines: failed?.numbers?.lastLines ?? [] },
    },
  )
}

interface Proof {
  readonly isThere: boolean
  readonly detail: string
}

/** A driver that knows only what is installed, and could not start it, is believed when a check asks what runs. */
function seenProof(proof: Proof, { config }: Rack, failed: Problem | undefined): Proof {
  const isSeen = config.checks.some((check) => check.kind === 'http' && check.versionPointer !== undefined)
  if (isSeen || failed?.numbers?.isStarted !== false) return proof
  return { isThere: false, detail: 'it is installed, and nothing says that it was started' }
}

async function proofOf(rack: Rack, from: string | null): Promise<Proof> {
  if (from === null) {
    const current = await rack.driver.current()
    return current === null
      ? { isThere: true, detail: 'nothing is installed, as before' }
      : { isThere: false, detail: `${current} is still installed` }
  }
  const report = await settleOn(rack, from)
  return { isThere: report.ok, detail: report.detail }
}

function interruptedTooOften({ input, resumptions }: Attempt): Problem {
  return new Problem(
    'update_failed',
    `${input.to} was started ${resumptions + 1} times and never proved: it is not started again.`,
  )
}

/** A killed agent leaves its driver's processes running: nothing is started beside them. */
async function endLeftovers({ rack, attempt }: Run): Promise<void> {
  const { leftoverPatienceMs = 0 } = rack.driver
  for (const leader of attempt.processes) {
    if (leftoverPatienceMs > 0 && isGroupRunning(leader) === 'yes') {
      rack.place.watch.onNote(`waiting for ${leader.pid}, which an interrupted run left running`)
      await waitForGroup(leader, leftoverPatienceMs, rack.place.clock)
    }
    if (await endGroup(leader, graceMs, rack.place.clock)) continue
    throw new Problem(
      'stuck',
      `The process group ${leader.pid}, which this attempt started, cannot be ended.`,
      { hint: `ps -o pid,stat,args -g ${leader.pid}` },
    )
  }
}

/** To the attempt's target, or back to where it came from. */
function moveOf(run: Run, way: 'there' | 'return'): Move {
  const { rack, attempt } = run
  const { from, to, action } = attempt.input
  const isReturn = way === 'return'
  return {
    attempt: attempt.id,
    from: isReturn ? to : from,
    to: isReturn ? from : to,
    direction: isReturn || action === 'rollback' ? 'back' : 'forward',
    ...(attempt.artifactFile !== null && !isReturn && { artifactFile: attempt.artifactFile }),
    async onProcess(process) {
      run.note({ process })
    },
    onDataLoss(step) {
      run.note({ severity: 'data-loss', detail: `${step} says that data was lost` })
    },
    note: rack.place.watch.onNote,
    ...(rack.place.watch.onHosts && { hosts: rack.place.watch.onHosts }),
    ...(isReturn && { isReturn }),
  }
}

function settleOn(rack: Rack, version: string): Promise<SettleReport> {
  const { checks, config, place } = rack
  return settle(checksFor('settle', checks), version, config.settle, place.clock, (reports) => {
    for (const { name, state, detail } of reports) place.watch.onNote(`${name}: ${state}: ${detail}`)
  })
}
