/** DIR/parameters.json and its key under a file system that dies: whatever refers to a record finds it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DurableFiles, realFiles } from '../../../../cli/agent/files.ts'
import { digestOf } from '../../../../cli/agent/parameters/observation.ts'
import { keyIdOf } from '../../../../cli/agent/parameters/record.ts'
import { openRecordStore, parametersKeyFile } from '../../../../cli/agent/parameters/record-store.ts'
import { dieAtEveryCall } from '../../../support/dying-files.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

const bytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
const open = (dir: string, files: DurableFiles = realFiles) => openRecordStore(dir, files, bytes)

function recordOf(key: Uint8Array, value: string) {
  return {
    keyId: keyIdOf(key),
    digests: new Map([['Size', digestOf(key, 'Size', value)]]),
    opaque: new Set(['Password']),
    contract: { declared: ['Password', 'Size'], masked: ['Password'] },
  }
}

describe('the store of records', () => {
  test('opening and reading write nothing; the first record brings its key, which nobody else may read', () => {
    const dir = scratchDirectory()
    const store = open(dir)
    expect(store.read('nothing')).toBeUndefined()
    expect(realFiles.list(dir)).toEqual([])
    const fingerprint = store.write(recordOf(store.key, 'm'), [])
    expect(statSync(parametersKeyFile(dir)).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'parameters.json')).mode & 0o777).toBe(0o600)
    const again = open(dir)
    expect(Buffer.from(again.key)).toEqual(Buffer.from(store.key))
    expect(again.read(fingerprint)).toEqual(recordOf(store.key, 'm'))
  })

  test('equal records are one, and the file is not written for what it holds', () => {
    const dir = scratchDirectory()
    const store = open(dir)
    const first = store.write(recordOf(store.key, 'm'), [])
    const before = statSync(join(dir, 'parameters.json')).ino
    expect(store.write(recordOf(store.key, 'm'), [first])).toBe(first)
    expect(statSync(join(dir, 'parameters.json')).ino).toBe(before)
  })

  test('what nothing refers to any more is dropped by the next write', () => {
    const dir = scratchDirectory()
    const store = open(dir)
    const old = store.write(recordOf(store.key, 'm'), [])
    const kept = store.write(recordOf(store.key, 'l'), [old])
    expect(store.read(old)).toBeDefined()
    store.write(recordOf(store.key, 'xl'), [kept])
    expect(open(dir).read(old)).toBeUndefined()
    expect(open(dir).read(kept)).toBeDefined()
  })

  test('a file that is no store of records is an empty one; a key of another length is refused by name', () => {
    const dir = scratchDirectory()
    for (const junk of ['', 'no JSON', '[]', '{"records":7}', '{"v":1,"records":{"f":{"keyId":1}}}']) {
      writeFileSync(join(dir, 'parameters.json'), junk)
      expect(open(dir).read('f')).toBeUndefined()
    }
    writeFileSync(parametersKeyFile(dir), 'too short')
    expect(() => open(dir)).toThrow(/holds 9 bytes and not 32/)
  })

  test.each([{}, { tears: true }, { losesUnsynced: true }, { tears: true, losesUnsynced: true }])(
    'dies at every call (%j): a record that was returned is there, and the key is whole or not there',
    async (options) => {
      const dirs = [scratchDirectory()]
      const dir = () => dirs.at(-1) ?? ''
      const written: { fingerprint: string; value: string }[] = []
      const deaths = await dieAtEveryCall(
        (files) => {
          written.length = 0
          const store = open(dir(), files)
          for (const value of ['m', 'l', 'm']) {
            const inUse = written.map(({ fingerprint }) => fingerprint)
            written.push({ fingerprint: store.write(recordOf(store.key, value), inUse), value })
          }
        },
        () => {
          const found = open(dir())
          for (const { fingerprint, value } of written) {
            expect(found.read(fingerprint)).toEqual(recordOf(found.key, value))
          }
          if (realFiles.kindOf(parametersKeyFile(dir())) !== null)
            expect(readFileSync(parametersKeyFile(dir())).length).toBe(32)
          // A run that comes after it goes on with what is there.
          const next = found.write(recordOf(found.key, 'xl'), [])
          expect(open(dir()).read(next)).toEqual(recordOf(found.key, 'xl'))
          dirs.push(scratchDirectory())
        },
        options,
      )
      expect(deaths).toBeGreaterThan(10)
    },
  )
})
