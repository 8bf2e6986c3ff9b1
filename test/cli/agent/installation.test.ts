// Which installation speaks: an id that is made once, and made anew where the directory is found elsewhere.
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hereOnly, placeOf, withInstallation } from '../../../cli/agent/installation.ts'
import type { RackState } from '../../../cli/agent/rack-state.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { openTestRegistry } from '../../support/test-registry.ts'
import { createShell } from '../shell.ts'

async function aRackThatAsked() {
  const fleet = await openTestRegistry({ now: Date.now() })
  onTestFinished(() => fleet.dispose())
  const folder = scratchDirectory()
  const headgate = createShell({
    cwd: folder,
    env: { HEADGATE_URL: fleet.url, HEADGATE_TOKEN_FILE: join(fleet.dataDir, 'admin.token') },
    fetch: globalThis.fetch,
    random: {
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
  })
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  const dir = join(folder, 'prod-1')
  const words = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1']
  expect((await headgate('enroll', '--dir', dir, ...words)).code).toBe(0)
  const asks = async (of = dir) => {
    await headgate('check', '--dir', of)
    const known = fleet.registry.fleet.index.byName('rack', 'prod-1')
    await fleet.registry.clones.examine()
    const said: { installation?: string } = JSON.parse(known?.reportText ?? '{}')
    return said.installation
  }
  const alarms = async () => (await fleet.call('GET', '/v1/alarms')).alarms
  return { folder, dir, asks, alarms }
}

describe('an installation', () => {
  test('has one id for good, and says it from its second question on', async () => {
    const { asks, dir } = await aRackThatAsked()
    await asks()
    const said = await asks()
    expect(said).toMatch(/^[0-9a-f-]{36}$/)
    expect(await asks()).toBe(said)
    expect(readFileSync(join(dir, 'state.json'), 'utf8')).toContain(said)
  })

  test('whose directory was copied is told from its copy, and the registry raises an alarm', async () => {
    const { asks, dir, folder, alarms } = await aRackThatAsked()
    await asks()
    const original = await asks()
    const copy = join(folder, 'copy')
    mkdirSync(copy)
    cpSync(dir, copy, { recursive: true })
    await asks(copy)
    expect(await asks(copy)).not.toBe(original)
    expect(await alarms()).toEqual([])
    expect(await asks()).toBe(original)
    expect(await alarms()).toMatchObject([{ kind: 'rack_cloned', subject: 'prod-1' }])
  })

  test('without a place of its own says nothing of another', () => {
    const here = placeOf('/', { read: () => null })
    const state = { installation: { id: 'a', place: 'elsewhere' } } as unknown as RackState
    expect(hereOnly(state, here)).not.toHaveProperty('installation')
    expect(withInstallation(state, here, () => 'b').installation).toEqual({ id: 'b', place: here })
    expect(withInstallation(state, 'elsewhere', () => 'b')).toBe(state)
  })
})
