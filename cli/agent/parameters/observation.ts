/**
 * What a rack may know of its parameters: names and digests, never values. A value is looked at here once, and
 * forgotten; whatever else compares, records or reports parameters works on what this file makes of them.
 */
import { createHmac } from 'node:crypto'
import type { Parameter } from '../drivers/driver.ts'

export interface Observation {
  /** Name → digest of the value, of every parameter whose value can be observed. */
  readonly digests: ReadonlyMap<string, string>
  /** Names of those that are there and cannot be observed. */
  readonly opaque: ReadonlySet<string>
}

export interface Eyes {
  /** Never leaves the rack: without it a digest tells nothing about a short value. */
  readonly key: Uint8Array
  /** What a platform shows instead of a value that it does not show. */
  readonly placeholders: readonly RegExp[]
  /** Names that somebody else changes on purpose: not looked at. */
  readonly ignore: readonly string[]
}

/** 128 bits: enough that no two values of one parameter meet by accident, and half of the file. */
const digestBytes = 16

export function observationOf(
  parameters: Readonly<Record<string, Parameter>>,
  { key, placeholders, ignore }: Eyes,
): Observation {
  const digests = new Map<string, string>()
  const opaque = new Set<string>()
  for (const [name, { value, masked }] of Object.entries(parameters)) {
    if (ignore.includes(name)) continue
    if (masked || value === null || isPlaceholder(value, placeholders)) opaque.add(name)
    else digests.set(name, digestOf(key, name, value))
  }
  return { digests, opaque }
}

/** A value that only stands for one: `****`, `<redacted>`. To compare it is to be wrong, to write it is the incident. */
function isPlaceholder(value: string, placeholders: readonly RegExp[]): boolean {
  return placeholders.some((placeholder) => placeholder.test(value.trim()))
}

/** HMAC-SHA256 over name, NUL and value: equal values of two parameters do not show as equal. */
export function digestOf(key: Uint8Array, name: string, value: string): string {
  const digest = createHmac('sha256', key).update(`${name}\0${value}`).digest()
  return digest.subarray(0, digestBytes).toString('base64url')
}

/** What a release's contract masks is not observed either, whatever the platform shows for it. */
export function withMasked(observation: Observation, masked: readonly string[]): Observation {
  if (masked.length === 0) return observation
  const digests = new Map(observation.digests)
  const hidden = masked.filter((name) => digests.delete(name))
  return { digests, opaque: new Set([...observation.opaque, ...hidden]) }
}
