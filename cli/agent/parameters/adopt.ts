/**
 * Adopting: a person says that what somebody changed by hand is how it should be. The record of what runs gets the
 * present values; the rack itself is not touched.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { Rack } from '../rack.ts'
import { parametersOf, type RackState, recordsInUse } from '../rack-state.ts'
import { adopting, driftBetween, driftedNames, has } from './drift.ts'
import { type Observation, withMasked } from './observation.ts'
import type { RackParameters } from './rack-parameters.ts'
import { noContract, type ParameterRecord } from './record.ts'
import { keepRecord, standingOf } from './standing.ts'

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
  const { now, record } = standing
  return record ? amended(record, now, version, names, dir) : first(now, version, names, dir)
}

function amended(
  record: ParameterRecord,
  now: Observation,
  version: string,
  names: readonly string[] | undefined,
  dir: string,
): Planned {
  const drifted = driftedNames(driftBetween(record, now))
  for (const name of names ?? []) requireObservable(name, record, now, drifted, dir)
  const adopted = drifted.filter((name) => names === undefined || names.includes(name))
  const next = adopting(record, now, adopted)
  return {
    version,
    adopted,
    drifted: drifted.filter((name) => !adopted.includes(name)),
    isFirst: false,
    record: { ...next, contract: record.contract },
  }
}

/** One name alone would make everything else look as if it were new. */
function first(
  now: Observation,
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

/**
 * At enrolment: what was found is what drift is measured against from then on. A version whose parameters are recorded
 * already keeps its record. Raises what the driver raises.
 */
export async function adoptFound(
  parameters: RackParameters,
  state: RackState,
  version: string | null,
): Promise<RackState> {
  if (version === null || parametersOf(state, version) !== undefined) return state
  const seen = await parameters.observe()
  if (!seen) return state
  return withParameters(
    state,
    version,
    parameters.record({ ...seen, contract: noContract }, recordsInUse(state)),
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

/** Of a version that was not proved, only what it is configured with is known: it proves nothing. */
function withParameters(state: RackState, version: string, parameters: string): RackState {
  const isProved = state.proved.some((one) => one.version === version)
  if (!isProved) return { ...state, adopted: { version, parameters } }
  return {
    ...state,
    proved: state.proved.map((one) => (one.version === version ? { ...one, parameters } : one)),
  }
}
