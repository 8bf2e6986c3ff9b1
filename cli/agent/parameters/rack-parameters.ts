/**
 * The parameters of an opened rack: read from the driver once a run unless somebody needs them fresh, and turned
 * into an observation at once. Nothing else in the program holds what the driver said.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { Driver } from '../drivers/driver.ts'
import type { DurableFiles } from '../files.ts'
import { digestOf, type Observation, observationOf } from './observation.ts'
import { keyIdOf, type ParameterRecord } from './record.ts'
import { openRecordStore, type RecordStore } from './record-store.ts'

export interface ParameterRules {
  readonly placeholders: readonly RegExp[]
  readonly ignore: readonly string[]
}

export interface RackParameters {
  /** Whether the driver has any. Without them nothing here reads or writes a file. */
  readonly areThere: boolean
  /** The last observation of this run. */
  readonly seen: Observation | undefined
  /** Undefined for a driver without parameters. Raises what the driver raises when it cannot read them. */
  observe(options?: { readonly afresh?: boolean }): Promise<Observation | undefined>
  /** Undefined for what was not recorded, or with another key: it cannot be compared. */
  recordAt(fingerprint: string | undefined): ParameterRecord | undefined
  /** Stores what was observed and returns its fingerprint. Only for a run that holds the lock. */
  record(record: Omit<ParameterRecord, 'keyId'>, inUse: readonly string[]): string
  /** For a value that somebody else names, such as a check's `require`. */
  digestOf(name: string, value: string): string
  /** While an attempt is under way: what parameters were when it began. Undefined between attempts. */
  baseline: Observation | undefined
}

export function createRackParameters(
  driver: Pick<Driver, 'parameters'>,
  rules: ParameterRules,
  place: {
    readonly dir: string
    readonly files: DurableFiles
    readonly bytes: (count: number) => Uint8Array
  },
): RackParameters {
  let store: RecordStore | undefined
  let seen: Observation | undefined
  // Opened when it is needed: a key that cannot be read must not keep a rack from going back.
  const opened = (): RecordStore => (store ??= openRecordStore(place.dir, place.files, place.bytes))

  return {
    areThere: driver.parameters !== undefined,
    get seen() {
      return seen
    },
    async observe({ afresh = false } = {}) {
      if (driver.parameters === undefined) return undefined
      if (seen !== undefined && !afresh) return seen
      const { key } = opened()
      seen = undefined
      seen = observationOf(await driver.parameters(), { key, ...rules })
      return seen
    },
    recordAt(fingerprint) {
      if (fingerprint === undefined || driver.parameters === undefined) return undefined
      try {
        const record = opened().read(fingerprint)
        return record?.keyId === keyIdOf(opened().key) ? record : undefined
      } catch (error) {
        if (error instanceof Problem) return undefined
        throw error
      }
    },
    record: (record, inUse) => opened().write({ ...record, keyId: keyIdOf(opened().key) }, inUse),
    digestOf: (name, value) => digestOf(opened().key, name, value),
    baseline: undefined,
  }
}
