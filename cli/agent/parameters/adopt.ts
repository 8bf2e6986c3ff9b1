/**
 * Adopting: a person says that what somebody changed by hand is how it should be. The record of what runs gets the
 * present values; the rack itself is not touched.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { Rack } from '../rack.ts'
import { parametersOf, type RackState } from '../rack-state.ts'
import { adopting, driftedNames, has } from './drift.ts'
import { type Observation, withMasked } from './observation.ts'
import { noContract, type ParameterRecord } from './record.ts'
import { keepRecord, type Standing, standingOf } from './standing.ts'

export interface Adoption {
  readonly version: string
  /** Names whose present value is recorded now; empty when nothing had drifted. */
  readonly adopted: readonly string[]
  /** What still differs from the record. */
  readonly drifted: readonly string[]
  /** Nothing was recorded for what runs before. */
  readonly isFirst: boolean
}

interface Planned extends Adoption {
  readonly record: Omit<ParameterRecord, 'keyId'>
}

/** `names` undefined: everything that has drifted. Raises `invalid_input` for a name that cannot be adopted. */
export async function planAdoption(rack: Rack, names: readonly string[] | undefined): Promise<Planned> {
  const { driver, dir } = rack
  const version = await driver.current()
  const standing = await standingOf(rack, version, { afresh: true })
  if (standing === undefined) {
    throw new Problem('invalid_input', `The ${driver.kind} driver of this rack shows no parameters.`, {
      hint: `edit ${dir}/rack.toml: [driver] parameters = "…" prints them as JSON (docs/parameters.md)`,
    })
  }
  if (version === null) {
    throw new Problem(
      'invalid_input',
      'Nothing is installed, so there is nothing to record parameters for.',
      {
        hint: `headgate update --dir ${dir}`,
      },
    )
  }
  if (parametersOf(rack.state, version) === undefined && !isProved(rack.state, version)) {
    throw new Problem('not_proved', `${version} was neither proved here nor found when the rack enrolled.`, {
      hint: `headgate verify --dir ${dir}   # records version and parameters, if it is healthy`,
    })
  }
  return standing.record ? amended(standing, version, names, dir) : first(standing, version, names, dir)
}

function isProved({ proved }: RackState, version: string): boolean {
  return proved.some((one) => one.version === version)
}

function amended(
  { now, record, drift }: Standing,
  version: string,
  names: readonly string[] | undefined,
  dir: string,
) {
  const drifted = drift ? driftedNames(drift) : []
  const base = record ?? { ...now, contract: noContract }
  for (const name of names ?? []) requireObservable(name, base, now, drifted, dir)
  const adopted = drifted.filter((name) => names === undefined || names.includes(name))
  const next = adopting(base, now, adopted)
  return {
    version,
    adopted,
    drifted: drifted.filter((name) => !adopted.includes(name)),
    isFirst: false,
    record: { ...next, contract: base.contract },
  }
}

/** One name alone would make everything else look as if it were new. */
function first(
  { now }: Standing,
  version: string,
  names: readonly string[] | undefined,
  dir: string,
): Planned {
  if (names !== undefined) {
    throw new Problem(
      'invalid_input',
      `No parameters are recorded for ${version} yet, so none can have drifted.`,
      {
        hint: `headgate adopt --all --dir ${dir}`,
      },
    )
  }
  const adopted = [...now.digests.keys()].sort()
  return { version, adopted, drifted: [], isFirst: true, record: { ...now, contract: noContract } }
}

function requireObservable(
  name: string,
  recorded: Observation,
  now: Observation,
  drifted: readonly string[],
  dir: string,
): void {
  if (now.opaque.has(name)) {
    throw new Problem(
      'invalid_input',
      `${name} is opaque: its value cannot be seen, so none can be recorded.`,
      {
        hint: `headgate status --dir ${dir}`,
      },
    )
  }
  if (has(now, name) || has(recorded, name)) return
  throw new Problem(
    'invalid_input',
    `There is no parameter ${name} on this rack; drifted are: ${drifted.join(', ') || 'none'}.`,
    { hint: `headgate adopt --all --dir ${dir}` },
  )
}

/** Stores what was planned, and refers to it from whatever knows the version. */
export function adopt(rack: Rack, { version, record }: Planned): void {
  const { contract, ...observed } = record
  const parameters = keepRecord(rack, withMasked(observed, contract.masked), contract)
  if (parameters === undefined) {
    throw new Problem('preflight_failed', 'The disk is full: nothing was recorded.', {
      hint: `df -h ${rack.dir}`,
    })
  }
  rack.keep((state) => withParameters(state, version, parameters))
}

function withParameters(state: RackState, version: string, parameters: string): RackState {
  if (!isProved(state, version)) return { ...state, adopted: { version, parameters } }
  return {
    ...state,
    proved: state.proved.map((one) => (one.version === version ? { ...one, parameters } : one)),
  }
}
