/**
 * Nobody can sign in: every token is revoked or lost. Whoever stands at the server's disk opens it, everybody sees it,
 * the fleet is stopped with one command, and a second person has to look at it afterwards.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, headgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

const freeze = ['freeze', '--all', '--confirm', 'registry', '--reason']

test('break-glass works without any token, is loud, ends, and is reviewed', { timeout: 90_000 }, async () => {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const data = registry.data
  const as = async (tokenFile: string | undefined, ...words: readonly string[]): Promise<Ended> => {
    const env = {
      HEADGATE_URL: registry.url,
      ...(tokenFile !== undefined && { HEADGATE_TOKEN_FILE: tokenFile }),
    }
    return headgate(words, { cwd, env })
  }
  const admin = registry.env.HEADGATE_TOKEN_FILE ?? ''
  const asAdmin = (...words: readonly string[]) => as(admin, ...words)

  expect(await asAdmin('app', 'create', 'rack', '--scheme', 'timestamp')).toMatchObject({ code: 0 })
  const second = await asAdmin(
    'token',
    'create',
    'second',
    '--role',
    'admin',
    '--out',
    join(cwd, 'second.token'),
  )
  expect(second, second.stderr).toMatchObject({ code: 0 })
  // The person's token is gone: what signs them in is broken.
  expect(await as(join(cwd, 'lost.token'), ...freeze, 'x')).toMatchObject({ code: 4 })

  const dry = await as(
    undefined,
    'break-glass',
    'open',
    '--data',
    data,
    '--reason',
    'try',
    '--dry-run',
    '--json',
  )
  expect(dry.json).toMatchObject({ dryRun: true })
  expect(existsSync(join(data, 'break-glass', `${dry.json.id}.json`))).toBe(false)

  const opened = await as(
    undefined,
    'break-glass',
    'open',
    '--data',
    data,
    '--reason',
    'sign-in is down',
    '--json',
  )
  expect(opened, opened.stderr).toMatchObject({ code: 0 })
  const { id, tokenFile } = opened.json as { id: string; tokenFile: string }
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600)
  const secret = readFileSync(tokenFile, 'utf8').trim()

  const frozen = await as(tokenFile, ...freeze, 'until we know', '--json')
  expect(frozen, frozen.stderr).toMatchObject({ code: 0, json: { actor: `break-glass:${id}`, all: true } })

  const alarms = await asAdmin('alarm', 'list', '--json')
  expect(alarms.json.alarms).toMatchObject([{ kind: 'break_glass', closed: null }])
  const listed = await asAdmin('break-glass', 'list', '--json')
  expect(listed.json.breakGlass).toMatchObject([{ id, standing: 'open', isRehearsal: false }])
  expect(listed.json.lastRehearsedAt).toBeNull()
  const authorization = `Bearer ${readFileSync(admin, 'utf8').trim()}`
  const metrics = await (await fetch(`${registry.url}/metrics`, { headers: { authorization } })).text()
  expect(metrics).toContain('headgate_break_glass_open 1')

  // By the disk again; the token ends although nobody restarted anything.
  expect(await as(undefined, 'break-glass', 'close', id, '--data', data)).toMatchObject({ code: 0 })
  expect(existsSync(tokenFile)).toBe(false)
  await expect
    .poll(async () => (await asAdmin('break-glass', 'list', '--json')).json.breakGlass, { timeout: 15_000 })
    .toMatchObject([{ id, standing: 'closed' }])

  const reviews = await asAdmin('review', 'list', '--json')
  expect(reviews.json.reviews).toMatchObject([
    { about: 'break_glass', signedBy: null, actor: `break-glass:${id}` },
  ])
  const audit = await asAdmin('audit', 'log', '--json')
  const types = (audit.json.entries as { type: string }[]).map(({ type }) => type)
  for (const type of ['break_glass.opened', 'break_glass.used', 'break_glass.closed', 'alarm.raised'])
    expect(types, type).toContain(type)

  // Nowhere in the folder of the registry, nor in what anybody was told, is the token itself.
  const everything = [opened, frozen, alarms, listed, reviews, audit].map(
    ({ stdout, stderr }) => stdout + stderr,
  )
  for (const name of readdirSync(data))
    if (statSync(join(data, name)).isFile()) everything.push(readFileSync(join(data, name), 'latin1'))
  expect(everything.filter((text) => text.includes(secret))).toEqual([])
})

test('opened while the registry is down, it is recorded when that starts, and works', {
  timeout: 60_000,
}, async () => {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  await registry.stop()
  const words = [
    'break-glass',
    'open',
    '--data',
    registry.data,
    '--reason',
    'rehearsal',
    '--rehearsal',
    '--json',
  ]
  const opened = await headgate(words, { cwd })
  expect(opened, opened.stderr).toMatchObject({ code: 0 })
  const { id, tokenFile } = opened.json as { id: string; tokenFile: string }
  const again = await startRegistry(cwd)
  const env = { HEADGATE_URL: again.url, HEADGATE_TOKEN_FILE: tokenFile }
  const listed = await headgate(['app', 'list', '--json'], { cwd, env })
  expect(listed, listed.stderr).toMatchObject({ code: 0 })
  const closed = await headgate(['break-glass', 'close', id, '--json'], { cwd, env })
  expect(closed, closed.stderr).toMatchObject({ code: 0, json: { standing: 'closed' } })
  expect(await headgate(['app', 'list'], { cwd, env })).toMatchObject({ code: 4 })
  const told = await headgate(['break-glass', 'list', '--json'], { cwd, env: again.env })
  expect(told.json.lastRehearsedAt).toEqual(expect.any(String))
})
