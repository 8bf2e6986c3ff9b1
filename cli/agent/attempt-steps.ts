/** The acts of an attempt, one for each state that is not an end. Each may be called again after a crash inside of it. */
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt, AttemptOutcome, AttemptState, LineData } from './attempt.ts'
import { checksFor } from './checks/check.ts'
import { type SettleReport, settle } from './checks/settle.ts'
import type { Move } from './drivers/driver.ts'
import { remarkOn } from './drivers/host-row.ts'
import { fetchArtifact } from './fetch-artifact.ts'
import { healthNow } from './health.ts'
import { httpGetFor } from './http-get.ts'
import { refuseStale } from './judge-decision.ts'
import { reportedLifetimes } from './lifetimes/rack-lifetimes.ts'
import { baselineOf, proofNow, recordedContract, reportedParameters } from './parameters/standing.ts'
import { requireReady } from './preflight.ts'
import { endGroup, isGroupRunning, waitForGroup } from './process-group.ts'
import { isKept, type Rack } from './rack.ts'
import { reportOf } from './rack-report.ts'
import { problemOfWeather } from './weather.ts'

export interface Run {
  readonly rack: Rack
  readonly attempt: Attempt
  /** A crash came between this state's line and now. */
  readonly isResumed: boolean
  /** Another line in the same state. */
  note(data: LineData): void
}

interface Next {
  readonly state: AttemptState
  readonly data: LineData
}

type Step = (run: Run) => Promise<Next>

export const steps: Readonly<Record<Exclude<AttemptState, AttemptOutcome>, Step>> = {
  planned,
  preflight,
  fetched,
  verified,
  confirmed,
  applying,
  settling,
  returning,
}

const graceMs = 10_000
const lastQuestionMs = 5_000
/** An unproved version is started twice at most: by the attempt, and once more after a crash, in whatever state. */
const mostResumptions = 1

/** Asks for the grant, then whether the rack is ready. */
async function planned({ rack, attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { input, id } = attempt
  if (input.motive !== 'person') {
    const report = reportFor(rack, attempt, false)
    const { from, to, action, motive, artifact } = input
    await rack.registry().grant({ id, target: to, action, motive, report, plan: { from, to, artifact } })
  }
  await requireReady(rack, input)
  return { state: 'preflight', data: await baselineOf(rack) }
}

async function preflight({ rack, attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { artifact, to } = attempt.input
  if (await isKept(rack, to)) return { state: 'fetched', data: { detail: `${to} is kept here` } }
  if (artifact) {
    const { env, files, clock, watch, interruption } = rack.place
    const credential =
      attempt.input.motive === 'person'
        ? null
        : { origin: new URL(rack.registry().url).origin, token: rack.token() }
    const get = await httpGetFor(env)
    const artifactFile = await fetchArtifact(artifact, {
      dir: rack.dir,
      files,
      clock,
      get,
      credential,
      ...(interruption && { signal: interruption() }),
      onProgress: watch.onBytes,
    })
    return { state: 'fetched', data: { artifactFile, detail: `${artifact.size} bytes` } }
  }
  if (!rack.driver.needsArtifact) return { state: 'fetched', data: { detail: 'driven by the version alone' } }
  throw new Problem(
    'artifact_unavailable',
    `The ${rack.driver.kind} driver needs an artifact for ${to}; the release has none for ${rack.config.rack.platform}, and it is not kept here.`,
    {
      hint: `headgate release publish ${to} --app ${rack.config.rack.app} --artifact FILE   # under a new version, if this one is published`,
    },
  )
}

/** The digest was compared while the bytes came in: a file under its digest's name is whole. */
async function fetched({ attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { artifact } = attempt.input
  return {
    state: 'verified',
    data: attempt.artifactFile && artifact ? { detail: `sha256 ${artifact.sha256}` } : {},
  }
}

/** The last question before anything changes. No answer in time goes on: what was granted stands. */
async function verified({ rack, attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { input } = attempt
  if (input.motive === 'person') return { state: 'confirmed', data: { detail: 'ordered on this rack' } }
  try {
    const decision = await rack
      .registry()
      .check(reportFor(rack, attempt, true), { timeoutMs: lastQuestionMs })
    refuseStale(decision, rack.state)
    const { action, target, reason, detail } = decision
    const goesOn = (action === 'update' || action === 'rollback') && target?.version === input.to
    if (goesOn) return { state: 'confirmed', data: {} }
    const trouble = {
      step: 'verified',
      code: 'decision_moved',
      message: `The registry says ${action}, ${reason}: ${detail}.`,
      hint: null,
      lastLines: [],
    }
    return { state: 'aborted', data: { trouble } }
  } catch (error) {
    if (!(error instanceof Problem) || !isSilence(error)) throw error
    return { state: 'confirmed', data: { detail: `the last question was not answered (${error.message})` } }
  }
}

/** An answer that is old or cannot be read is not silence: it stops, as it does everywhere. */
function isSilence({ code }: Problem): boolean {
  return code === 'registry_unreachable' || code === 'store_unavailable' || code === 'too_many_requests'
}

async function confirmed({ isResumed }: Run): Promise<Next> {
  return isResumed ? interrupted() : { state: 'applying', data: {} }
}

async function applying(run: Run): Promise<Next> {
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

async function settling(run: Run): Promise<Next> {
  const { rack, attempt } = run
  if (run.isResumed) {
    if (attempt.resumptions >= mostResumptions) throw interruptedTooOften(attempt)
    run.note({ resumed: true, detail: 'asked again after an interruption' })
  }
  const report = await settleOn(rack, attempt.input.to)
  if (report.ok) {
    const proof = await proofNow(rack, attempt.input.contract ?? recordedContract(rack, attempt.input.to))
    const remark = await remarkOn(rack.driver)
    if (remark === null) return { state: 'proved', data: { detail: report.detail, proof } }
    return { state: 'proved', data: { detail: `${report.detail}; ${remark}`, proof, remark } }
  }
  throw new Problem('update_failed', `${attempt.input.to} did not settle: ${report.detail}.`, {
    hint: `headgate history --dir ${rack.dir}`,
    numbers: { lastLines: report.checks.map(({ name, state, detail }) => `${name}: ${state}: ${detail}`) },
  })
}

/** Back to where the attempt came from, whatever is said of that version; proved by the same checks. */
async function returning(run: Run): Promise<Next> {
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

function interrupted(): Next {
  return { state: 'aborted', data: { detail: 'interrupted before anything was changed' } }
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

function reportFor(rack: Rack, attempt: Attempt, isUnderWay: boolean) {
  return reportOf({
    state: rack.state,
    current: attempt.input.from,
    rack: rack.config.rack,
    agent: rack.agentVersion,
    parameters: reportedParameters(rack, attempt.input.from),
    health: healthNow(rack),
    lifetimes: reportedLifetimes(rack),
    attempt: isUnderWay ? attempt : undefined,
  })
}
