/**
 * The `parameters` check: nobody has changed what this rack is configured with. Between attempts against the record of
 * what runs; in an attempt against what was there when it began, since a release that puts a setting back to an old
 * value does the same harm as a person. Names are told, values never.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import { changedBetween, driftBetween, driftedNames, has } from '../parameters/drift.ts'
import { type Observation, withMasked } from '../parameters/observation.ts'
import type { RackParameters } from '../parameters/rack-parameters.ts'
import type { ParameterRecord } from '../parameters/record.ts'
import { type Check, type CheckPatience, healthy, type Severity, timed, unhealthy } from './check.ts'

export interface ParametersCheckConfig extends CheckPatience {
  readonly kind: 'parameters'
  readonly name: string
  readonly severity: Severity
  /** Name → the value that it must have. For settings; a secret has no place in rack.toml. */
  readonly require: Readonly<Record<string, string>>
  /** Names that must be set, to whatever; opaque ones count. */
  readonly present: readonly string[]
}

export interface ParametersCheckPlace {
  readonly ofRack: Pick<RackParameters, 'observe' | 'baseline' | 'digestOf'>
  /** The record that a version was proved or found with. */
  readonly recordOf: (version: string | null) => ParameterRecord | undefined
}

export function createParametersCheck(
  config: ParametersCheckConfig,
  place: ParametersCheckPlace | undefined,
): Check {
  function moved(
    { ofRack, recordOf }: ParametersCheckPlace,
    seen: Observation,
    version: string | null,
  ): readonly string[] {
    if (ofRack.baseline) return changedBetween(ofRack.baseline, seen)
    const record = recordOf(version)
    return record ? driftedNames(driftBetween(record, withMasked(seen, record.contract.masked))) : []
  }

  function unlike({ ofRack }: ParametersCheckPlace, seen: Observation): readonly string[] {
    const required = Object.entries(config.require)
    return required
      .filter(([name, value]) => seen.digests.get(name) !== ofRack.digestOf(name, value))
      .map(([name]) => name)
  }

  return {
    ...config,
    run: ({ expectedVersion }) =>
      timed(async () => {
        try {
          const seen = await place?.ofRack.observe({ afresh: true })
          if (!place || !seen) return unhealthy("this rack's driver shows no parameters")
          const findings: readonly (readonly [string, readonly string[]])[] = [
            [
              place.ofRack.baseline ? 'changed since the attempt began' : 'drifted',
              moved(place, seen, expectedVersion),
            ],
            ['not set', config.present.filter((name) => !has(seen, name))],
            ['not as required', unlike(place, seen)],
          ]
          const wrong = findings.filter(([, names]) => names.length > 0)
          const numbers = { observed: seen.digests.size, opaque: seen.opaque.size }
          if (wrong.length === 0) return healthy(`${numbers.observed} observed, none moved`, numbers)
          return unhealthy(wrong.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; '), numbers)
        } catch (error) {
          if (error instanceof Problem) return unhealthy(error.message)
          throw error
        }
      }),
  }
}
