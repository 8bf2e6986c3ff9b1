/**
 * The crash campaign: one command of a rack dies at every mutating call that it makes, a fresh one recovers, and
 * what is left is judged by rules that do not know where it died.
 */
import { cpSync } from 'node:fs'
import { expect } from 'vitest'
import { type Attempt, isOver } from '../../cli/agent/attempt.ts'
import type { RackState } from '../../cli/agent/rack-state.ts'
import { listAttemptEvents } from '../../server/store/attempt-events.ts'
import { findAttempt } from '../../server/store/attempts.ts'
import type { Yard, YardRack } from './campaign-yard.ts'
import { type DyingOptions, dyingFiles } from './dying-files.ts'

export interface Story {
  /** The rack as it is before; every death gets a copy of its directory. */
  readonly before: YardRack
  readonly words: readonly string[]
  /** The exit code of a run that lives. */
  readonly exit: number
  /** What runs before, and what is to run once an attempt went all its way; null: nothing. */
  readonly from: string | null
  readonly to: string
  /** What the attempt may end as, once it has been recovered from a death. */
  readonly ends: readonly Attempt['state'][]
}

export interface Tally {
  tried: number
  survived: number
}

type Death = Omit<DyingOptions, 'diesAt'>

const plain: Death = {}
/** Half of a write is on the disk, and nothing that was not synced. */
const powerCut: Death = { tears: true, losesUnsynced: true }

export interface Thoroughness {
  /** Every so-many-th call is died at as in a power cut, too. */
  readonly cutsEvery: number
  /** From the deaths at these shares of the way the recovery dies at every call as well. */
  readonly again: readonly number[]
}

/** Dies at every call of the story. */
export async function campaign(yard: Yard, story: Story, { cutsEvery, again }: Thoroughness): Promise<Tally> {
  const tally: Tally = { tried: 0, survived: 0 }
  const calls = await callsOf(yard, story)
  const twice = again.map((share) => Math.ceil(calls * share))
  for (let call = 1; call <= calls; call += 1) {
    const rack = await dead(yard, story, call, plain)
    await recovered(yard, story, rack, story.ends, tally)
    if (twice.includes(call)) await recoverDying(yard, story, call, tally)
    if (call % cutsEvery > 0) continue
    await recovered(yard, story, await dead(yard, story, call, powerCut, '-cut'), story.ends, tally)
  }
  return tally
}

/** How many mutating calls the story makes when it lives. */
async function callsOf(yard: Yard, story: Story): Promise<number> {
  const rack = copyOf(yard, story.before, 'alive')
  const { files, calls } = dyingFiles({ diesAt: Infinity })
  const ran = await rack.with({ files })(...story.words)
  expect(ran.code, ran.stderr).toBe(story.exit)
  expect(rack.installed()).toBe(story.ends.includes('proved') ? story.to : story.from)
  return calls()
}

/** The rack after the death. */
async function dead(yard: Yard, story: Story, call: number, death: Death, mark = ''): Promise<YardRack> {
  const rack = copyOf(yard, story.before, `${call}${mark}`)
  const { files, calls } = dyingFiles({ ...death, diesAt: call })
  const ran = await rack.with({ files })(...story.words)
  expect(calls(), `${rack.dir}: ${ran.stderr}`).toBe(call)
  return rack
}

function copyOf(yard: Yard, rack: YardRack, name: string): YardRack {
  const dir = `${rack.dir}-${name}`
  cpSync(rack.dir, dir, { recursive: true, verbatimSymlinks: true })
  return yard.rackAt(dir)
}

/** The recovery dies as well, at every one of its calls; what was started twice may then go back. */
async function recoverDying(yard: Yard, story: Story, first: number, tally: Tally): Promise<void> {
  for (let call = 1; ; call += 1) {
    // From the start each time: an attempt has an id, and the registry hears of each but once.
    const rack = await dead(yard, story, first, plain, `-${call}`)
    const { files, calls } = dyingFiles({ diesAt: call })
    await rack.with({ files })('check')
    if (calls() < call) return
    await recovered(yard, story, rack, [...story.ends, 'returned'], tally)
  }
}

async function recovered(
  yard: Yard,
  story: Story,
  rack: YardRack,
  ends: Story['ends'],
  tally: Tally,
): Promise<void> {
  tally.tried += 1
  const ran = await rack.headgate('check')
  expect(ran.code, `${rack.dir}: ${ran.stderr}`).toBe(0)
  await judge(yard, { ...story, ends }, rack)
  tally.survived += 1
}

/** The rules. */
async function judge(yard: Yard, { from, to, ends, before }: Story, rack: YardRack): Promise<void> {
  const where = rack.dir
  const attempts = rack.attempts()
  const earlier = before.attempts().length
  const last = attempts.length > earlier ? attempts.at(-1) : undefined
  const state = rack.state() as unknown as RackState
  const installed = rack.installed()

  expect(
    attempts.every((attempt) => isOver(attempt.state)),
    where,
  ).toBe(true)
  expect(attempts.length - earlier, where).toBeLessThanOrEqual(1)
  if (last) expect(ends, where).toContain(last.state)
  expect(installed, where).toBe(last?.state === 'proved' ? to : from)
  // What is installed is what runs: its start was not forgotten on any way.
  expect(rack.running(), where).toBe(installed)

  expect(state.stuck, where).toBeNull()
  expect(state.runs, where).toBe(installed)
  const knew = before.state() as unknown as RackState
  const proved = last?.state === 'proved' ? [to] : []
  expect(
    state.proved.map(({ version }) => version),
    where,
  ).toEqual([
    ...proved,
    ...knew.proved.map(({ version }) => version).filter((version) => version !== proved[0]),
  ])
  const failures = last?.state === 'returned' ? [{ target: to, count: 1 }] : []
  expect(state.failures, where).toMatchObject(failures)
  expect(state.failures.length, where).toBe(failures.length)

  if (!last) return
  const starts = rack.starts().filter((line) => line === `${last.id} ${to}`)
  expect(starts.length, where).toBeLessThanOrEqual(2)
  expect(state.rememberedThrough, where).toBe(last.n)
  await judgeReport(yard, state, last, where)
}

/** The registry has heard of it, once, and in the rack's own words. */
async function judgeReport(yard: Yard, state: RackState, attempt: Attempt, where: string): Promise<void> {
  const { read } = yard.registry.store
  expect(state.reportedThrough, where).toBe(attempt.n)
  const row = await findAttempt(read, attempt.id)
  expect(row, where).toMatchObject({ outcome: attempt.state, target: attempt.input.to })
  const events = await listAttemptEvents(read, attempt.id)
  expect(
    events.map((event) => event.state),
    where,
  ).toEqual(attempt.lines.map((line) => line.state))
}
