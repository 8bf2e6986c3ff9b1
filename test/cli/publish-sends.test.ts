// What a publication sends, and when: nothing for a release that would be refused, and again what the registry has lost.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256Of } from '../support/test-registry.ts'
import { aDesk } from './registry-shell.ts'

test('a release that would be refused sends no byte, not even of new files for a version that is there', async () => {
  const { headgate, folder, changes, asked } = await aDesk()
  await headgate('app', 'create', 'rack')
  for (const name of ['one', 'two']) writeFileSync(join(folder, name), `the bytes of ${name}`)
  const publish = ['release', 'publish', '1.0.0', '--app', 'rack', '--artifact']
  expect((await headgate(...publish, 'one')).code).toBe(0)
  const before = await changes()
  const sent = () => asked.filter((request) => request.startsWith('PUT')).length
  expect(sent()).toBe(1)

  const differs = await headgate(...publish, 'two', '--json')
  expect(differs.json).toMatchObject({ kind: 'Problem', code: 'release_differs' })
  expect(sent()).toBe(1)
  expect(await changes()).toBe(before)
})

test('the same release again brings back an artifact that the registry has lost', async () => {
  const { headgate, folder } = await aDesk()
  await headgate('app', 'create', 'rack')
  writeFileSync(join(folder, 'one'), 'the bytes of one')
  const publish = ['release', 'publish', '1.0.0', '--app', 'rack', '--artifact', 'one']
  expect((await headgate(...publish)).code).toBe(0)
  const sha256 = sha256Of('the bytes of one')
  const stored = join(folder, 'registry', 'artifacts', sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  rmSync(stored)

  const again = await headgate(...publish)
  expect(again.code).toBe(0)
  expect(again.stderr).toContain('Sent: ')
  expect(again.stderr).toContain('1.0.0 of rack was published before; it is the same.')
  expect(readFileSync(stored, 'utf8')).toBe('the bytes of one')
})
