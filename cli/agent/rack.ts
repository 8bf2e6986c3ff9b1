/**
 * A rack opened for work: its configuration, journal, memory, driver and checks. Whoever changes anything holds the
 * lock, and what the journal says was under way is finished or undone before anything else.
 */
import { join, resolve } from 'node:path'
import { version as agentVersion } from '../../shared/contract/version.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { type Attempt, isOver } from './attempt.ts'
import type { Check } from './checks/check.ts'
import { createChecks } from './checks/create-checks.ts'
import type { Clock } from './clock.ts'
import { createDriver } from './drivers/create-driver.ts'
import type { Driver } from './drivers/driver.ts'
import type { HostRow } from './drivers/host-row.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import { hereOnly, placeOf, withInstallation } from './installation.ts'
import { type Journal, openJournal } from './journal.ts'
import { acquireLock } from './lock.ts'
import { createRackParameters, type RackParameters } from './parameters/rack-parameters.ts'
import { type RackConfig, readRackConfig } from './rack-config.ts'
import { parametersOf, type RackState, readRackState, writeRackState } from './rack-state.ts'
import { enrolAgain, readRackToken } from './rack-token.ts'
import { attemptsIn, recover } from './recover.ts'
import { createRegistryClient, type RegistryPort } from './registry-client.ts'
import type { Send } from './send.ts'
import { spokenBefore, withSpoken } from './spoken-protocol.ts'
import { createRackClock, type RackClock } from './trusted-time.ts'
import { problemOfWeather, refusedAt } from './weather.ts'

export interface RackPlace {
  readonly dir: string
  readonly files: DurableFiles
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly send: Send
  readonly uuid: () => string
  /** So many random bytes. */
  readonly bytes: (count: number) => Uint8Array
  /** What is going on, for a person who watches. */
  readonly watch: Watcher
  /** Asks for interruptions (SIGINT, SIGTERM): from then on the first one aborts the signal, and the second one ends the run. */
  readonly interruption?: () => AbortSignal
}

export interface Watcher {
  /** The attempt has reached a state. */
  onState(attempt: Attempt): void
  /** A line of a hook, or of what is tried. */
  onNote(line: string): void
  onBytes(received: number, total: number): void
  /** All hosts of a rack that is a group of them, whenever one has come further. */
  onHosts?(rows: readonly HostRow[]): void
}

export interface Rack {
  readonly place: RackPlace
  readonly dir: string
  readonly config: RackConfig
  readonly journal: Journal
  readonly driver: Driver
  readonly parameters: RackParameters
  readonly checks: readonly Check[]
  readonly agentVersion: string
  /** What no line that is kept or shown may hold. */
  readonly redact: readonly string[]
  /** The rack's now; `place.clock` is the same. */
  readonly time: RackClock
  readonly state: RackState
  /** Raises `not_enrolled` without a token. What needs no registry never asks for it. */
  registry(): RegistryPort
  token(): string
  /**
   * Changes the memory, and stores it when this run holds the lock: who only looks must not write over what another
   * run stores. On a full disk it stays in the journal, and is stored by a later run.
   */
  keep(change: (state: RackState) => RackState): void
}

/** Opens without the lock, to look only: nothing is stored. */
export async function openRack(place: RackPlace): Promise<Rack> {
  return open(place, (state) => state).catch(refusedAt(place.dir))
}

async function open(place: RackPlace, store: (state: RackState) => RackState): Promise<Rack> {
  const dir = resolve(place.dir)
  const { files, env } = place
  const clock = createRackClock(place.clock, () => ({ time: state.time, line: journal.entries().at(-1) }))
  const config = readRackConfig(dir, files)
  const { app, channel, name } = config.rack
  const token = (): string => readRackToken(dir, files, env)
  const redact = secretsOf(token)
  const driver = await createDriver(config.driver, {
    dir,
    files,
    env,
    clock,
    redact,
    placeholders: config.parameters.placeholders,
    note: place.watch.onNote,
    lastSeen: () => state.runs,
  })
  const journal = openJournal(dir, files)
  const parameters = createRackParameters(driver, config.parameters, { dir, files, bytes: place.bytes })
  const here = placeOf(dir, files)
  // What another place said of itself is not said again from here.
  let state = hereOnly(countedWith(readRackState(dir, channel, files), journal), here)
  let registry: RegistryPort | undefined
  function keep(change: (state: RackState) => RackState): void {
    const next = change(state)
    if (next === state) return
    state = store(next)
  }
  return {
    place: { ...place, dir, clock },
    dir,
    config,
    journal,
    driver,
    parameters,
    checks: createChecks(config.checks, driver, {
      dir,
      env,
      redact,
      now: clock.now,
      parameters: {
        ofRack: parameters,
        recordOf: (version) => parameters.recordAt(parametersOf(state, version)),
      },
    }),
    agentVersion,
    redact,
    time: clock,
    get state() {
      return state
    },
    token,
    registry() {
      const { send } = place
      registry ??= createRegistryClient({
        url: config.registry.url,
        app,
        channel,
        rack: name,
        token: token(),
        enrolAgain: enrolAgain(dir, config.rack),
        clock,
        send,
        spoken: {
          present: () => spokenBefore(state, clock.now()),
          learn: (protocol) => keep((before) => withSpoken(before, protocol, clock.now())),
        },
      })
      return registry
    },
    keep,
  }
}

/** What no kept line of a hook or check may show. */
function secretsOf(token: () => string): readonly string[] {
  try {
    return [token()]
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

/** A journal that a person moved away counts from 1 again: what was remembered of the old lines is not in its way. */
function countedWith(state: RackState, journal: Journal): RackState {
  const lines = journal.entries().length > 0 ? journal.entries() : (journal.history().at(-1)?.entries ?? [])
  const last = lines.at(-1)?.n ?? 0
  const { rememberedThrough, reportedThrough } = state
  if (rememberedThrough <= last && reportedThrough <= last) return state
  return {
    ...state,
    rememberedThrough: Math.min(rememberedThrough, last),
    reportedThrough: Math.min(reportedThrough, last),
  }
}

/**
 * Runs `work` alone on the rack, after recovery; `recovered` is the attempt that was taken up again. Raises `locked`
 * when another run is at it.
 */
export async function withRack<Result>(
  place: RackPlace,
  verb: string,
  work: (rack: Rack, recovered: Attempt | undefined) => Promise<Result>,
): Promise<Result> {
  const { dir, files, clock } = place
  requireEnrolled(place)
  const lock = await acquireLock(dir, verb, clock.now(), files).catch(refusedAt(dir))
  try {
    const rack = await open(place, (state) => storeState(place, state)).catch(refusedAt(dir))
    const recovered = await recover(rack)
    return await work(rack, recovered)
  } catch (error) {
    throw problemOfWeather(error)
  } finally {
    await lock.release()
  }
}

/** What was stored: with the installation's id, which is written along with the first thing that there is to write. */
function storeState({ dir, files, watch, uuid }: RackPlace, next: RackState): RackState {
  const state = withInstallation(next, placeOf(resolve(dir), files), uuid)
  try {
    writeRackState(resolve(dir), state, files)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    watch.onNote(`the disk is full: ${join(dir, 'state.json')} is written by a later run`)
  }
  return state
}

/**
 * For a dry run: the same work on the rack as it is, without the lock, and nothing of it is stored. Raises
 * `attempt_pending` when an attempt is under way, since ending it would be no dry run.
 */
export async function withRackDryRun<Result>(
  place: RackPlace,
  work: (rack: Rack) => Promise<Result>,
): Promise<Result> {
  const rack = await openRack(place)
  const last = attemptsIn(rack).at(-1)
  if (last && !isOver(last.state)) {
    throw new Problem(
      'attempt_pending',
      `The attempt to ${last.input.to} is ${last.state}: another run is at it, or the next command ends it first. A dry run does not.`,
      { hint: `headgate check --dir ${rack.dir}`, numbers: { attempt: last.id, state: last.state } },
    )
  }
  return work(rack)
}

/**
 * Whether the driver has what it takes to go to a version. A driver of commands cannot know a version that it never
 * had, so its word counts for what was proved here.
 */
export async function isKept({ driver, state }: Rack, version: string): Promise<boolean> {
  const mayBe = driver.kind === 'directory' || state.proved.some((proved) => proved.version === version)
  return mayBe && driver.keeps(version)
}

/** Raises `not_enrolled`: a mistyped directory must not be made by taking its lock. */
export function requireEnrolled({ dir, files }: Pick<RackPlace, 'dir' | 'files'>): void {
  try {
    readRackConfig(resolve(dir), files)
  } catch (error) {
    refusedAt(dir)(error)
  }
}

/** A person has to look at a stuck rack before anything moves again. */
export function refuseStuck({ state, dir }: Rack): void {
  if (!state.stuck) return
  const { attempt, message, hint } = state.stuck
  const mend = hint ?? 'Bring the rack to a version that works'
  const isWhole = mend.includes(`verify --dir ${dir}`)
  throw new Problem('stuck', `The attempt ${attempt} did not end well: ${message}`, {
    hint: isWhole ? mend : `${mend}, then: headgate verify --dir ${dir}`,
  })
}
