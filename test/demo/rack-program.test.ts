// The stand-in rack, run as the demo runs it: real processes, real settings files, the real contracts of August 2016.
import { execFile } from 'node:child_process'
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, extract } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { convertRackHistory, parseRackHistory } from '../../demo/convert-convox.ts'

const program = new URL('../../demo/rack-program.mjs', import.meta.url)
const history = parseRackHistory(
  await readFile(new URL('../../demo/data/convox-rack-releases.json', import.meta.url), 'utf8'),
)
const releases = new Map(convertRackHistory(history).map((release) => [release.version, release]))

const before = '20160816140022'
const bad = '20160816160115'
const fix = '20160818013241'

let home = ''
let port = 0

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'rack-program-'))
  port = await freePort()
  await putRelease(before, false)
  await putRelease(bad, true)
  await putRelease(fix, false)
  await pointTo(before)
  await rack('init', '--state', at('settings.json'), '--key', at('owner.key'))
})

afterEach(async () => {
  await rack('stop', '--pid', at('rack.pid'))
  await rm(home, { recursive: true })
})

const at = (name: string) => join(home, name)

async function putRelease(version: string, defect: boolean): Promise<void> {
  const directory = at(join('releases', version))
  await mkdir(directory, { recursive: true })
  await cp(program, join(directory, 'rack-program.mjs'))
  const parameters = releases.get(version)?.parameters
  await writeFile(join(directory, 'release.json'), JSON.stringify({ version, parameters, defect }))
}

/** As the directory driver does it: one rename, so that `current` is never missing. */
async function pointTo(version: string): Promise<void> {
  await symlink(join('releases', version), at('current.new'))
  await rename(at('current.new'), at('current'))
}

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function rack(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [at('current/rack-program.mjs'), ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
    })
  })
}

const restart = () =>
  rack('restart', '--state', at('settings.json'), '--port', `${port}`, '--pid', at('rack.pid'))
const setParams = (...assignments: string[]) =>
  rack('params', 'set', '--port', `${port}`, '--key', at('owner.key'), ...assignments)
const getParams = () => rack('params', 'get', '--port', `${port}`, '--key', at('owner.key'))
const selfCheck = (...more: string[]) =>
  rack('self-check', '--state', at('settings.json'), '--key', at('owner.key'), ...more)

async function update(version: string): Promise<Outcome> {
  await pointTo(version)
  return restart()
}

const ownersKey = async () => (await readFile(at('owner.key'), 'utf8')).trim()
const settings = async () => JSON.parse(await readFile(at('settings.json'), 'utf8'))
const fetchAs = (key: string | undefined, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: key === undefined ? {} : { authorization: `Basic ${btoa(`convox:${key}`)}` },
  })

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a build from before the incident', () => {
  test('shows the API key to its owner, and keeps it when a setting is written', async () => {
    expect(await restart()).toMatchObject({ code: 0, err: '' })
    const key = await ownersKey()
    expect((await getParams()).out).toContain(`Password                 ${key}\n`)
    expect(await setParams('InstanceCount=4')).toMatchObject({ code: 0, out: 'Updating parameters... OK\n' })
    expect((await getParams()).out).toContain('InstanceCount            4\n')
    expect(await settings()).toMatchObject({ InstanceCount: '4', Password: key })
  })

  test('had the same write path, harmless while nothing was masked', async () => {
    await putRelease(before, true)
    await restart()
    await setParams('InstanceCount=4')
    expect((await settings()).Password).toBe(await ownersKey())
    expect((await selfCheck()).code).toBe(0)
  })
})

describe('the bad build', () => {
  test('is healthy, until a setting is written: then the key is **** and the owner is locked out', async () => {
    await restart()
    const key = await ownersKey()
    expect((await update(bad)).code).toBe(0)
    expect(await (await fetchAs(undefined, '/healthz')).json()).toEqual({ version: bad, ok: true })
    expect((await getParams()).out).toContain('Password                 ****\n')
    expect((await settings()).Password).toBe(key)

    expect((await setParams('InstanceCount=4')).code).toBe(0)
    expect((await settings()).Password).toBe('****')
    expect(await getParams()).toMatchObject({
      code: 4,
      err: expect.stringMatching(/not the key of this rack/),
    })
    expect((await setParams(`Password=${key}`)).code).toBe(4)
    expect((await fetchAs('****', '/system')).status).toBe(200)
    // Nothing that only asks whether the process answers can see the outage.
    expect(await (await fetchAs(undefined, '/healthz')).json()).toEqual({ version: bad, ok: true })
  })

  test('is caught by the self-check, which leaves the settings as they are', async () => {
    await restart()
    await setParams('InstanceCount=4')
    await update(bad)
    const untouched = await readFile(at('settings.json'))
    const found = await selfCheck('--port', `${port}`)
    expect(found).toMatchObject({ code: 1, out: '' })
    expect(found.err).toMatch(/set to what it was, and the owner is locked out: this API key is not the key/)
    expect(await readFile(at('settings.json'))).toEqual(untouched)
    expect((await getParams()).code).toBe(0)

    expect((await update(before)).code).toBe(0)
    expect((await selfCheck('--port', `${port}`)).code).toBe(0)
  })

  test('leaves a damage that going back does not undo; the owner puts the key back without the API', async () => {
    await update(bad)
    await setParams('InstanceCount=4')
    await update(before)
    const stillOut = await selfCheck('--port', `${port}`)
    expect(stillOut).toMatchObject({ code: 1 })
    expect(stillOut.err).toMatch(/the running API refuses the owner/)
    expect((await selfCheck()).err).toMatch(/the owner cannot read/)

    expect((await rack('recover', '--state', at('settings.json'), '--key', at('owner.key'))).code).toBe(0)
    expect((await selfCheck('--port', `${port}`)).code).toBe(0)
    expect(await settings()).toMatchObject({ InstanceCount: '4', Password: await ownersKey() })
  })
})

describe('the fix', () => {
  test('has the same contract as the bad build, masks the key, and keeps it when a setting is written', async () => {
    expect(releases.get(fix)?.parameters).toEqual(releases.get(bad)?.parameters)
    await update(fix)
    expect((await setParams('InstanceCount=4')).code).toBe(0)
    expect((await getParams()).out).toMatch(/InstanceCount +4\n[\s\S]*Password +\*\*\*\*\n/)
    expect((await settings()).Password).toBe(await ownersKey())
    expect(await selfCheck('--port', `${port}`)).toMatchObject({ code: 0, out: expect.stringContaining(fix) })
  })

  test('a key that the owner sets on purpose is the new key', async () => {
    await update(fix)
    expect((await setParams('Password=new-key')).code).toBe(0)
    expect((await getParams()).code).toBe(4)
    await writeFile(at('owner.key'), 'new-key\n')
    expect((await getParams()).code).toBe(0)
  })
})

describe('as something to be installed', () => {
  test('two files in an archive of some kilobytes are a whole release', async () => {
    const archive = at('rack.tgz')
    const cwd = at(join('releases', fix))
    await create({ gzip: true, file: archive, cwd }, ['rack-program.mjs', 'release.json'])
    expect((await stat(archive)).size).toBeLessThan(10_000)
    await rm(cwd, { recursive: true })
    await mkdir(cwd)
    await extract({ file: archive, cwd, strict: true })
    expect((await update(fix)).code).toBe(0)
    expect((await selfCheck('--port', `${port}`)).code).toBe(0)
  })

  test('moving `current` changes nothing for what runs; a restart does', async () => {
    await restart()
    await pointTo(fix)
    expect(await readlink(at('current'))).toBe(`releases/${fix}`)
    expect(await (await fetchAs(undefined, '/healthz')).json()).toMatchObject({ version: before })
    expect((await selfCheck('--port', `${port}`)).err).toContain(`it is ${before} that answers`)
    await restart()
    expect(await (await fetchAs(undefined, '/healthz')).json()).toMatchObject({ version: fix })
  })

  test('stop leaves nothing that answers, and no pid file, and may be said twice', async () => {
    await restart()
    expect((await fetchAs(undefined, '/healthz')).status).toBe(200)
    expect((await rack('stop', '--pid', at('rack.pid'))).code).toBe(0)
    await expect(fetchAs(undefined, '/healthz')).rejects.toThrow()
    await expect(stat(at('rack.pid'))).rejects.toThrow(/ENOENT/)
    expect((await rack('stop', '--pid', at('rack.pid'))).code).toBe(0)
  })

  test('stop leaves a process alone that is no rack', async () => {
    for (const stranger of [`${process.pid}`, '', 'x', '0', '-1']) {
      await writeFile(at('rack.pid'), stranger)
      expect((await rack('stop', '--pid', at('rack.pid'))).code).toBe(0)
    }
    expect(process.kill(process.pid, 0)).toBe(true)
  })

  test('a restart that cannot work says why and leaves nothing running', async () => {
    await writeFile(at('settings.json'), '{ torn')
    const failed = await restart()
    expect(failed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not answer on port \d+: .*JSON/s),
    })
    await expect(fetchAs(undefined, '/healthz')).rejects.toThrow()
  })

  test('init makes one key, readable by its owner only, and never a second', async () => {
    expect((await stat(at('owner.key'))).mode & 0o777).toBe(0o600)
    expect((await stat(at('settings.json'))).mode & 0o777).toBe(0o600)
    const again = await rack('init', '--state', at('settings.json'), '--key', at('owner.key'))
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/its key would be lost/) })
    expect((await settings()).Password).toBe(await ownersKey())
  })
})

describe('bad input changes nothing', () => {
  test.each([
    ['an unknown parameter', '{"Nonsense": "1"}', 400, 'Nonsense is not a parameter of 20160818013241'],
    ['an inherited name', '{"constructor": "1"}', 400, 'constructor is not a parameter of 20160818013241'],
    ['a value that is not allowed', '{"Encryption": "Maybe"}', 400, 'Encryption must be Yes or No'],
    ['a value that is no text', '{"InstanceCount": 4}', 400, 'InstanceCount must be text'],
    ['something that is not JSON', 'InstanceCount=4', 400, 'expected a JSON object of NAME: VALUE'],
    ['null', 'null', 400, 'expected a JSON object of NAME: VALUE'],
  ])('%s', async (_, body, status, error) => {
    await update(fix)
    const untouched = await readFile(at('settings.json'))
    const response = await fetchAs(await ownersKey(), '/params', { method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([status, { error }])
    expect(await readFile(at('settings.json'))).toEqual(untouched)
  })

  test('who has no key or another one is refused, whatever is asked', async () => {
    await update(fix)
    const post = { method: 'POST', body: '{"InstanceCount": "9"}' }
    for (const key of [undefined, '', 'wrong', 'undefined', '****']) {
      expect((await fetchAs(key, '/system')).status).toBe(401)
      expect((await fetchAs(key, '/params', post)).status).toBe(401)
    }
    expect((await fetchAs(await ownersKey(), '/nowhere')).status).toBe(404)
    expect(await settings()).toEqual({ Password: await ownersKey() })
  })

  test.each([
    [[]],
    [['dance']],
    [['params']],
    [['params', 'set', '--port', '1', '--key', 'k']],
    [['params', 'set', '--port', '1', '--key', 'k', 'InstanceCount']],
    [['stop', '--loudly']],
  ])('a command line that cannot be read is a usage error: %j', async (args) => {
    expect(await rack(...args)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('usage: node'),
    })
  })
})
