/**
 * Pointer before parcel with real processes: the bytes of a release that was promoted disappear from the registry's disk,
 * and come back as others. The rack runs on what it runs, in service all the time, until they are the right ones.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rackFiles } from '../../support/campaign-rack.ts'
import { artifactOf, directoryToml, furnish } from '../../support/campaign-yard.ts'
import { type Ended, headgate, startRegistry } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { sha256Of } from '../../support/test-registry.ts'

test('an artifact disappears after its promotion: nobody is offered it, and no rack is touched', {
  timeout: 120_000,
}, async () => {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const dir = join(cwd, 'prod-1')
  const types = (...words: readonly string[]): Promise<Ended> => headgate(words, { cwd, env: registry.env })
  const does = async (...words: readonly string[]): Promise<void> =>
    expect(await types(...words), words.join(' ')).toMatchObject({ code: 0 }) as undefined
  const publishes = (version: string) =>
    does('release', 'publish', version, '--app', 'k3s', '--artifact', `${version}.tgz`)
  for (const version of ['10', '20']) writeFileSync(join(cwd, `${version}.tgz`), artifactOf(version))
  await does('app', 'create', 'k3s', '--scheme', 'timestamp')
  await does('enroll', '--dir', dir, '--app', 'k3s', '--channel', 'stable', '--name', 'prod-1')
  furnish(dir, directoryToml)
  const rack = rackFiles(dir)
  await publishes('10')
  await does('promote', '10', '--app', 'k3s', '--to', 'stable')
  await does('update', '--dir', dir, '--yes')
  await publishes('20')
  await does('promote', '20', '--app', 'k3s', '--to', 'stable')

  const digest = sha256Of(readFileSync(join(cwd, '20.tgz')))
  const kept = readdirSync(registry.data, { recursive: true, encoding: 'utf8' })
  const file = join(registry.data, kept.find((name) => name.endsWith(digest)) ?? '')
  const bytes = readFileSync(file)
  const starts = rack.starts()
  const isUntouched = () => expect([rack.running(), rack.starts()]).toEqual(['10', starts])

  rmSync(file)
  expect((await types('update', '--dir', dir, '--yes')).code).not.toBe(0)
  isUntouched()
  const told = await types('check', '--dir', dir, '--json')
  expect(told.json).toMatchObject({ action: 'wait', reason: 'artifact_unavailable' })

  // Uploaded again, and then not what was published: what is fetched is measured, and goes no further.
  await publishes('20')
  writeFileSync(file, Buffer.alloc(bytes.length, 7))
  const measured = await types('update', '--dir', dir, '--yes', '--json')
  expect(measured.json).toMatchObject({ code: 'digest_mismatch' })
  isUntouched()

  rmSync(file)
  await publishes('20')
  await does('update', '--dir', dir, '--yes')
  expect(rack.running()).toBe('20')
})
