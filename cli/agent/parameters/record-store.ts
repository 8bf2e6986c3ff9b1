/**
 * DIR/parameters.json, the records, and DIR/parameters.key, what their digests are made with. A record is on the
 * disk before anything refers to it, and is dropped only by a later write, once nothing does: no crash leaves a
 * proof without its record.
 */
import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import type { DurableFiles } from '../files.ts'
import { fingerprintOf, type ParameterRecord, recordIn, type StoredRecord, storedOf } from './record.ts'

export interface RecordStore {
  readonly key: Uint8Array
  read(fingerprint: string): ParameterRecord | undefined
  /** Returns its fingerprint. Records that are neither this one nor `inUse` are dropped. */
  write(record: ParameterRecord, inUse: readonly string[]): string
}

const keyBytes = 32

export function parametersKeyFile(dir: string): string {
  return join(dir, 'parameters.key')
}

function recordsFile(dir: string): string {
  return join(dir, 'parameters.json')
}

/**
 * Opening writes nothing: a rack that was never recorded is looked at with a key that is made now, and stored with
 * its first record. Raises `preflight_failed` when the key's file holds something else.
 */
export function openRecordStore(
  dir: string,
  files: DurableFiles,
  random: (count: number) => Uint8Array,
): RecordStore {
  const stored = readKey(dir, files)
  const key = stored ?? random(keyBytes)
  let isKeyStored = stored !== null
  let records: Readonly<Record<string, unknown>> | undefined
  const all = () => (records ??= readRecords(dir, files))

  return {
    key,
    read(fingerprint) {
      const record = Object.hasOwn(all(), fingerprint) ? recordIn(all()[fingerprint]) : null
      return record ?? undefined
    },
    write(record, inUse) {
      const stored = storedOf(record)
      const fingerprint = fingerprintOf(key, stored)
      const present = all()
      const wanted = new Set([fingerprint, ...inUse])
      const isTidy = Object.keys(present).every((one) => wanted.has(one))
      if (isKeyStored && Object.hasOwn(present, fingerprint) && isTidy) return fingerprint
      if (!isKeyStored) files.writeAtomically(parametersKeyFile(dir), key, 0o600)
      isKeyStored = true
      const kept = Object.entries(present).filter(([one]) => wanted.has(one))
      const next = { ...Object.fromEntries(kept), [fingerprint]: stored satisfies StoredRecord }
      files.writeAtomically(recordsFile(dir), `${JSON.stringify({ v: 1, records: next })}\n`, 0o600)
      records = next
      return fingerprint
    },
  }
}

function readKey(dir: string, files: DurableFiles): Uint8Array | null {
  const file = parametersKeyFile(dir)
  const bytes = files.read(file)
  if (bytes === null || bytes.length === keyBytes) return bytes
  throw new Problem(
    'preflight_failed',
    `${file} holds ${bytes.length} bytes and not ${keyBytes}: it is not the key that parameters were recorded with.`,
    { hint: `Bring it back from a backup, or record anew: rm ${file} && headgate adopt --all --dir ${dir}` },
  )
}

/** Records that cannot be read are none: they are made anew with the next proof, and nothing waits for them. */
function readRecords(dir: string, files: DurableFiles): Readonly<Record<string, unknown>> {
  const bytes = files.read(recordsFile(dir))
  if (bytes === null) return {}
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || !('records' in parsed)) return {}
    const { records } = parsed
    return typeof records === 'object' && records !== null ? { ...records } : {}
  } catch {
    return {}
  }
}
