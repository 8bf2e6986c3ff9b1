/**
 * A rack opened for work: its configuration, journal, memory, driver and checks. Whoever changes anything holds the
 * lock, and what the journal says was under way is finished or undone before anything else.
 */
import { join, resolve } from 'node:path'
import { version as agentVersion } from '../../shared/contract/version.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt } from './attempt.ts'
import type { Check } from './checks/check.ts'
import { createChecks } from './checks/create-checks.ts'
import type { Clock } from './clock.ts'
import { createDriver } from './drivers/create-driver.ts'
import type { Driver } from './drivers/driver.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import { type Journal, openJournal } from './journal.ts'
import { acquireLock } from './lock.ts'
import { type RackConfig, readRackConfig } from './rack-config.ts'
import { type RackState, readRackState, writeRackState } from './rack-state.ts'
import { readRackToken } from './rack-token.ts'
import { recover } from './recover.ts'
import { createRegistryClient, type RegistryPort, type Send } from './registry-client.ts'

export interface RackPlace {
  readonly dir: string
  readonly files: DurableFiles
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly send: Send
  readonly uuid: () => string
  /** What is going on, for a person who watches. */
  readonly watch: Watcher
}

export interface Watcher {
  /** The attempt has reached a state. */
  onState(attempt: Attempt): void
  /** A line of a hook, or of what is tried. */
  onNote(line: string): void
  onBytes(received: number, total: number): void
}

export interface Rack {
  readonly place: RackPlace
  readonly dir: string
  readonly config: RackConfig
  readonly journal: Journal
  readonly driver: Driver
  readonly checks: readonly Check[]
  readonly agentVersion: string
  readonly state: RackState
  /** Raises `not_enrolled` without a token. What needs no registry never asks for it. */
  registry(): RegistryPort
  token(): string
  /** Stores the memory. On a full disk it stays in the journal, and is stored by a later run. */
  keep(change: (state: RackState) => RackState): void
}

/** Opens without the lock, to look only. */
export async function openRack(place: RackPlace): Promise<Rack> {
  const dir = resolve(place.dir)
  const config = readRackConfig(dir, place.files)
  const { app, channel, name } = config.rack
  const token = (): string => readRackToken(dir, place.files)
  const driver = await createDriver(config.driver, {
    dir,
    files: place.files,
    env: place.env,
    clock: place.clock,
  })
  let state = readRackState(dir, channel, place.files)
  let registry: RegistryPort | undefined
  return {
    place: { ...place, dir },
    dir,
    config,
    journal: openJournal(dir, place.files),
    driver,
    checks: createChecks(config.checks, driver, { dir, env: place.env }),
    agentVersion,
    get state() {
      return state
    },
    token,
    registry() {
      const { clock, send } = place
      registry ??= createRegistryClient({
        url: config.registry.url,
        app,
        channel,
        rack: name,
        token: token(),
        clock,
        send,
      })
      return registry
    },
    keep(change) {
      const next = change(state)
      if (next === state) return
      state = next
      try {
        writeRackState(dir, state, place.files)
      } catch (error) {
        if (!isDiskFull(error)) throw error
        place.watch.onNote(`the disk is full: ${join(dir, 'state.json')} is written by a later run`)
      }
    },
  }
}

/** Runs `work` alone on the rack, after recovery. Raises `locked` when another run is at it. */
export async function withRack<Result>(
  place: RackPlace,
  verb: string,
  work: (rack: Rack) => Promise<Result>,
): Promise<Result> {
  requireEnrolled(place)
  const lock = await acquireLock(place.dir, verb, place.clock.now(), place.files)
  try {
    const rack = await openRack(place)
    await recover(rack)
    return await work(rack)
  } finally {
    await lock.release()
  }
}

/** A mistyped directory must not be made by taking its lock. */
function requireEnrolled({ dir, files }: RackPlace): void {
  readRackConfig(resolve(dir), files)
}

/** A person has to look at a stuck rack before anything moves again. */
export function refuseStuck({ state, dir }: Rack): void {
  if (!state.stuck) return
  throw new Problem('stuck', `The attempt ${state.stuck.attempt} did not end well: ${state.stuck.message}`, {
    hint: `${state.stuck.hint ?? 'Bring the rack to a version that works'}, then: headgate verify --dir ${dir}`,
  })
}
