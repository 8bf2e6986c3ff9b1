/**
 * What parameters were when a version was proved, named by its own fingerprint. A record is never altered: what a
 * person adopts makes another one, so that whatever refers to a record finds what it referred to.
 */
import { createHmac } from 'node:crypto'
import type { Observation } from './observation.ts'

/** Parameter names of a release's contract, as the registry told them. */
export interface ContractNames {
  /** Null: the release says nothing about its parameters. */
  readonly declared: readonly string[] | null
  /** Those that it or the version before it masks. */
  readonly masked: readonly string[]
}

export const noContract: ContractNames = { declared: null, masked: [] }

export interface ParameterRecord extends Observation {
  /** Which key the digests were made with; under another one nothing can be compared. */
  readonly keyId: string
  /** What the proved release declares, for a way back without the registry. */
  readonly contract: ContractNames
}

/** A record as JSON has it. */
export interface StoredRecord {
  readonly keyId: string
  readonly digests: Readonly<Record<string, string>>
  readonly opaque: readonly string[]
  readonly declared: readonly string[] | null
  readonly masked: readonly string[]
}

export function keyIdOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('headgate parameters key').digest('hex').slice(0, 16)
}

/** Over everything in it: equal records are one. */
export function fingerprintOf(key: Uint8Array, record: StoredRecord): string {
  const { keyId, digests, opaque, declared, masked } = record
  const text = JSON.stringify([keyId, Object.entries(digests), opaque, declared, masked])
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32)
}

export function storedOf({ keyId, digests, opaque, contract }: ParameterRecord): StoredRecord {
  return {
    keyId,
    digests: Object.fromEntries([...digests].sort(([a], [b]) => (a < b ? -1 : 1))),
    opaque: [...opaque].sort(),
    declared: contract.declared && [...contract.declared].sort(),
    masked: [...contract.masked].sort(),
  }
}

/** Null for what is no record: the file was written by something else than this program. */
export function recordIn(stored: unknown): ParameterRecord | null {
  if (typeof stored !== 'object' || stored === null) return null
  const { keyId, digests, opaque, declared, masked } = stored as Partial<Record<keyof StoredRecord, unknown>>
  if (typeof keyId !== 'string' || typeof digests !== 'object' || digests === null) return null
  if (!isNames(opaque) || !isNames(masked) || !(declared === null || isNames(declared))) return null
  const pairs = Object.entries(digests).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  return { keyId, digests: new Map(pairs), opaque: new Set(opaque), contract: { declared, masked } }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
