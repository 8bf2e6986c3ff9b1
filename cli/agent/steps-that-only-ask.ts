/**
 * The steps of an attempt up to its last question. None changes what runs, so one that was interrupted is not taken up
 * again: the attempt ends there, and the next round plans anew.
 */
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt } from './attempt.ts'
import { fetchArtifact } from './fetch-artifact.ts'
import { healthNow } from './health.ts'
import { httpGetFor } from './http-get.ts'
import { refuseStale } from './judge-decision.ts'
import { reportedLifetimes } from './lifetimes/rack-lifetimes.ts'
import { driftPassedOver } from './parameters/refuse-drifted.ts'
import { baselineOf, reportedParameters } from './parameters/standing.ts'
import { requireReady } from './preflight.ts'
import { isKept, type Rack } from './rack.ts'
import { reportOf } from './rack-report.ts'
import type { Next, Run } from './step.ts'

const lastQuestionMs = 5_000

/** Asks for the grant, then whether the rack is ready. */
export async function planned({ rack, attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { input, id } = attempt
  if (input.motive !== 'person') {
    const report = reportFor(rack, attempt, false)
    const { from, to, action, motive, artifact } = input
    await rack.registry().grant({ id, target: to, action, motive, report, plan: { from, to, artifact } })
  }
  await requireReady(rack, input)
  const passed = await driftPassedOver(rack, input)
  const baseline = await baselineOf(rack)
  return { state: 'preflight', data: passed === null ? baseline : { ...baseline, remark: passed } }
}

export async function preflight({ rack, attempt, isResumed }: Run): Promise<Next> {
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
export async function fetched({ attempt, isResumed }: Run): Promise<Next> {
  if (isResumed) return interrupted()
  const { artifact } = attempt.input
  return {
    state: 'verified',
    data: attempt.artifactFile && artifact ? { detail: `sha256 ${artifact.sha256}` } : {},
  }
}

/** The last question before anything changes. No answer in time goes on: what was granted stands. */
export async function verified({ rack, attempt, isResumed }: Run): Promise<Next> {
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

export async function confirmed({ isResumed }: Run): Promise<Next> {
  return isResumed ? interrupted() : { state: 'applying', data: {} }
}

function interrupted(): Next {
  return { state: 'aborted', data: { detail: 'interrupted before anything was changed' } }
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
