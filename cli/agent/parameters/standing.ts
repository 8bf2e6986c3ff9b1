/**
 * How this rack's parameters stand: against the record of what runs, and against those of what was proved before.
 * Whoever may not fail asks `seenOn`, which turns a driver that cannot read them into a note.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import { isDiskFull } from '../files.ts'
import type { Rack } from '../rack.ts'
import { type ProvedHere, parametersOf, recordsInUse } from '../rack-state.ts'
import { changedBetween, type Drift, driftBetween, driftedNames, lostWith } from './drift.ts'
import { type HostFacts, hostFacts, isSameHost } from './host-facts.ts'
import { type Observation, withMasked } from './observation.ts'
import { type ContractNames, noContract, type ParameterRecord } from './record.ts'

export interface Standing {
  readonly now: Observation
  /** Undefined: nothing was recorded for what runs, so nothing can have drifted. */
  readonly record: ParameterRecord | undefined
  readonly drift: Drift | undefined
}

/** Undefined where the driver has no parameters. Raises what the driver raises. */
export async function standingOf(
  rack: Rack,
  version: string | null,
  options: { readonly masked?: readonly string[]; readonly afresh?: boolean } = {},
): Promise<Standing | undefined> {
  const seen = await rack.parameters.observe(options)
  return seen && standingOn(rack, version, seen, options.masked)
}

export function driftFrom(rack: Rack, version: string | null, seen: Observation): Drift | undefined {
  return standingOn(rack, version, seen).drift
}

function standingOn(
  { parameters, state }: Rack,
  version: string | null,
  seen: Observation,
  masked: readonly string[] = [],
): Standing {
  const record = parameters.recordAt(parametersOf(state, version))
  const now = withMasked(seen, [...masked, ...(record?.contract.masked ?? [])])
  return { now, record, drift: record && driftBetween(record, now) }
}

/** What can be seen without anything depending on it; a driver that cannot tell is a note, and undefined. */
export async function seenOn(
  rack: Rack,
  options: { readonly afresh?: boolean } = {},
): Promise<Observation | undefined> {
  try {
    return await rack.parameters.observe(options)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    rack.place.watch.onNote(`the parameters cannot be read: ${error.message}`)
    return undefined
  }
}

/** Within what a report takes, which counts a character beyond the first plane as two (contract/rack.ts). */
const mostReported = 100
const longestReported = 100

export interface ReportedParameters {
  /** Names of what has drifted from the record of what runs. */
  readonly drifted: readonly string[]
  /** Whether going back to it would still be going back to what was proved. */
  holds(proved: ProvedHere): boolean
}

/** From what this run has seen so far: no driver is asked. What cannot be told holds, since a remedy may need it. */
export function reportedParameters(rack: Rack, current: string | null): ReportedParameters {
  const { parameters, config, driver } = rack
  const host = hostFacts(config.rack.platform, driver.kind)
  const { seen } = parameters
  const drift = seen && driftFrom(rack, current, seen)
  return {
    drifted: drift ? driftedNames(drift).map(reported).filter(Boolean).slice(0, mostReported) : [],
    holds(proved) {
      if (!isSameHost(proved.host, host)) return false
      const record = seen && parameters.recordAt(proved.parameters)
      return !record || changedBetween(record, seen).length === 0
    },
  }
}

/** A platform may call a parameter anything; a registry that cannot take the name must still take the report. */
function reported(name: string): string {
  const printable = name.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?')
  return [...printable].slice(0, longestReported).join('')
}

/** Parameters that are set now and that a version which declares only these names would lose. */
export async function lossesOf(rack: Rack, { declared }: ContractNames): Promise<readonly string[]> {
  if (declared === null) return []
  const seen = await seenOn(rack)
  return seen ? lostWith(declared, seen) : []
}

/** The contract's names as they were recorded with a version, for when no registry is asked. */
export function recordedContract({ parameters, state }: Rack, version: string): ContractNames {
  return parameters.recordAt(parametersOf(state, version))?.contract ?? noContract
}

/** For a way back that no registry decides: what runs may mask what the older version shows. */
export function contractBack(rack: Rack, from: string | null, to: string): ContractNames {
  const { declared, masked } = recordedContract(rack, to)
  const running = from === null ? noContract : recordedContract(rack, from)
  return { declared, masked: [...new Set([...masked, ...running.masked])] }
}

export interface Proof {
  /** Undefined: the driver has none, or they could not be read or stored. */
  readonly parameters?: string
  readonly host: HostFacts
}

/** What a version is proved with, recorded now. Never a reason for a proved version not to be proved. */
export async function proofNow(rack: Rack, contract: ContractNames): Promise<Proof> {
  const host = hostFacts(rack.config.rack.platform, rack.driver.kind)
  const seen = await seenOn(rack, { afresh: true })
  const parameters = seen && keepRecord(rack, seen, contract)
  return { host, ...(parameters !== undefined && { parameters }) }
}

/** For the checks of parameters: in an attempt they ask what has changed since it began. */
export async function baselineOf(rack: Rack): Promise<{ readonly baseline?: string }> {
  if (!rack.checks.some(({ kind }) => kind === 'parameters')) return {}
  const seen = await seenOn(rack, { afresh: true })
  const baseline = seen && keepRecord(rack, seen, noContract)
  return baseline === undefined ? {} : { baseline }
}

/** Undefined when there is no room for it: what is under way goes on without a record. */
export function keepRecord(
  rack: Rack,
  observation: Observation,
  contract: ContractNames,
): string | undefined {
  const { digests, opaque } = withMasked(observation, contract.masked)
  try {
    return rack.parameters.record({ digests, opaque, contract }, recordsInUse(rack.state))
  } catch (error) {
    if (!isDiskFull(error)) throw error
    rack.place.watch.onNote('the disk is full: the parameters are not recorded')
    return undefined
  }
}
