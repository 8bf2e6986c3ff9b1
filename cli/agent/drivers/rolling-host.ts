/**
 * One host on its way: out of service, moved, proved, and back into service; or failed, and then kept out of it. An
 * exit code is a hint: each act counts when `list` shows what it was to do.
 */

import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import { type Check, checksFor } from '../checks/check.ts'
import { createChecks } from '../checks/create-checks.ts'
import { settle } from '../checks/settle.ts'
import { isDiskFull } from '../files.ts'
import type { Move } from './driver.ts'
import { commandFor, type HostAct, type RollingDriverConfig } from './rolling-config.ts'
import type { HostList } from './rolling-list.ts'
import {
  type Goal,
  type HostMark,
  type HostState,
  isUnderWay,
  type ListedHost,
  markOf,
  mostBegun,
  standsAt,
} from './rolling-plan.ts'
import type { Progress } from './rolling-progress.ts'
import { type DriverPlace, runStep } from './run-step.ts'

export interface HostWork {
  readonly config: RollingDriverConfig
  readonly place: DriverPlace
  readonly move: Move
  readonly goal: Goal
  readonly list: HostList
  readonly progress: Progress
  /** Shows the table again, with what `list` said just now or else last. */
  show(hosts?: readonly ListedHost[]): void
}

type ActiveState = Exclude<HostState, 'waiting' | 'moved' | 'out'>

const acts: Readonly<Record<ActiveState, (work: HostWork, host: string) => Promise<void>>> = {
  draining,
  applying,
  proving,
  attaching,
  failed,
}

const confirmEveryMs = 1_000

/** Until the host has moved or is out. Rejects only for what is wrong with more than this host. */
export async function bringHost(work: HostWork, host: string): Promise<void> {
  await begin(work, host)
  for (;;) {
    const { state } = markOf(work.progress.marks, host)
    if (state === 'waiting' || state === 'moved' || state === 'out') return
    try {
      await acts[state](work, host)
    } catch (error) {
      // What a command of this host did not manage; anything else is everybody's.
      if (!(error instanceof Problem) || error.code !== 'update_failed' || state === 'failed') throw error
      enter(work, host, 'failed', { detail: error.message })
    }
  }
}

async function begin(work: HostWork, host: string): Promise<void> {
  const { progress, goal, list } = work
  const mark = markOf(progress.marks, host)
  if (mark.state === 'failed') return
  const found = (await list.look()).find((one) => one.host === host)
  const isTakenUp = isUnderWay(mark)
  const begun = isTakenUp ? mark.begun : mark.begun + 1
  if (found === undefined) {
    if (isTakenUp) enter(work, host, 'failed', { detail: 'is no longer listed' })
    return
  }
  if (begun > mostBegun) {
    const detail = `does not stay on ${goal.to ?? 'nothing'}: it was brought there ${mark.begun} times`
    enter(work, host, 'failed', { detail })
    return
  }
  writeInput(work, found)
  enter(work, host, standsAt(found, mark, goal), {
    begun,
    served: isTakenUp ? mark.served : found.attached,
    detail: '',
  })
}

/** What is announced is on the disk first: an apply counts as begun from here on, and as whole once it went through. */
function enter(work: HostWork, host: string, state: HostState, change: Partial<HostMark> = {}): void {
  const given = state === 'applying' ? { given: { version: work.goal.to, isWhole: false } } : {}
  work.progress.enter(host, state, { ...change, ...given })
  work.show()
}

async function draining(work: HostWork, host: string): Promise<void> {
  await run(work, 'drain', host)
  const found = await confirmed(work, host, 'drain', 'still attached', ({ attached }) => !attached)
  enter(work, host, standsAt(found, markOf(work.progress.marks, host), work.goal))
}

async function applying(work: HostWork, host: string): Promise<void> {
  const { goal } = work
  await run(work, 'apply', host)
  const given = { version: goal.to, isWhole: true }
  // Its version is among what is proved next; the host with none has only that to show.
  if (goal.to === null) {
    await confirmed(work, host, 'apply', 'not empty', ({ version }) => version === null)
  }
  enter(work, host, 'proving', { given })
}

async function proving(work: HostWork, host: string): Promise<void> {
  const { config, place, goal, move } = work
  if (goal.to === null) return enter(work, host, 'moved')
  const report = await settle(hostChecks(work, host), goal.to, config.settle, place.clock)
  if (!report.ok) throw failure(report.detail)
  move.note(`${host}: ${report.detail}`)
  const found = await foundHost(work, host)
  enter(work, host, found.attached ? 'moved' : 'attaching')
}

async function attaching(work: HostWork, host: string): Promise<void> {
  await run(work, 'attach', host)
  await confirmed(work, host, 'attach', 'not attached', ({ attached }) => attached)
  enter(work, host, 'moved')
}

/** An unhealthy host is never left serving. If that cannot be had either, the host is out and told as serving on. */
async function failed(work: HostWork, host: string): Promise<void> {
  const { detail } = markOf(work.progress.marks, host)
  const hosts = await work.list.look()
  if (!hosts.some((one) => one.host === host)) return enter(work, host, 'out')
  try {
    await run(work, 'detach', host)
    await confirmed(work, host, 'detach', 'still attached', ({ attached }) => !attached)
    enter(work, host, 'out')
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'update_failed') throw error
    enter(work, host, 'out', { detail: `${detail}; and it cannot be detached: ${error.message}` })
  }
}

/** The host's own version by `list`, and what the operator asks of it. */
function hostChecks(work: HostWork, host: string): readonly Check[] {
  const { config, place, move } = work
  const { dir, env, redact, clock } = place
  const driver = { current: async () => (await foundHost(work, host)).version }
  const own = { dir, env, ...(redact !== undefined && { redact }), now: clock.now }
  move.note(`${host}: asking its checks`)
  return checksFor('settle', createChecks(config.checksOf(host), driver, own))
}

async function foundHost({ list, show }: HostWork, host: string): Promise<ListedHost> {
  const hosts = await list.look()
  show(hosts)
  const found = hosts.find((one) => one.host === host)
  if (found === undefined) throw failure('is no longer listed')
  return found
}

/** Asks `list` until it shows what the act was to do. A load balancer may take its time. */
async function confirmed(
  work: HostWork,
  host: string,
  act: HostAct,
  otherwise: string,
  isSo: (found: ListedHost) => boolean,
): Promise<ListedHost> {
  const { clock } = work.place
  const { confirmSeconds } = work.config
  const until = clock.monotonic() + confirmSeconds * 1_000
  for (;;) {
    const found = await foundHost(work, host)
    if (isSo(found)) return found
    if (clock.monotonic() >= until) {
      throw failure(`${act} ended well, but ${confirmSeconds} s later list says ${otherwise}`)
    }
    await clock.sleep(confirmEveryMs)
  }
}

function failure(what: string): Problem {
  return new Problem('update_failed', what)
}

/** One command of the operator's, journaled before it starts. */
async function run(work: HostWork, act: HostAct, host: string): Promise<void> {
  const { config, place, move } = work
  const step = {
    name: `${act}-${host}`,
    command: commandFor(config.acts[act], host),
    cwd: place.dir,
    timeoutSeconds: config.timeoutSeconds,
    env: { HEADGATE_HOST: host, HEADGATE_FILE: inputOf(work, host) },
  }
  await runStep(step, move, place)
}

function inputFile({ place }: HostWork, host: string): string {
  return join(place.dir, 'rolling', `${host}.json`)
}

/** Empty where the disk was too full to write it: the variables alone must do for the way back. */
function inputOf(work: HostWork, host: string): string {
  const file = inputFile(work, host)
  return work.place.files.kindOf(file) === 'file' ? file : ''
}

/** The same as the variables, for programs that would rather parse than expand; null instead of empty. */
function writeInput(work: HostWork, { host, version }: ListedHost): void {
  const { move, place } = work
  const { attempt, to, from, direction, artifactFile: artifact = null } = move
  const document = { attempt, host, runs: version, version: to, from, direction, artifact, dir: place.dir }
  const file = inputFile(work, host)
  try {
    place.files.makeDirectory(join(place.dir, 'rolling'))
    place.files.writeAtomically(file, `${JSON.stringify(document, null, 2)}\n`, 0o600)
  } catch (error) {
    if (!isDiskFull(error) || direction === 'forward') throw error
    // A stale file would be worse than none.
    place.files.remove(file)
  }
}
