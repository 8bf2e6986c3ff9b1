/** A group of hosts under the real program and a real registry: hyperbo.la as it should have gone, and kills in the middle. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { isOver } from '../../cli/agent/attempt.ts'
import { rackFiles } from '../support/campaign-rack.ts'
import { artifactOf, furnish } from '../support/campaign-yard.ts'
import { type Ended, headgate, startHeadgate, startRegistry } from '../support/real-registry.ts'
import { expectCapacity } from '../support/rolling-yard.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import {
  type HostGroup,
  hostGroup,
  hostGroupAt,
  hostsProgram,
  rollingToml,
  serveHealth,
} from '../support/stand-ins/hosts.ts'

const names = ['a', 'b', 'c', 'd']

interface Place {
  readonly cwd: string
  readonly dir: string
  readonly group: HostGroup
  /** A maintainer's command; it has to succeed. */
  does(...words: readonly string[]): Promise<Ended>
  /** A verb on the rack. */
  rack(...words: readonly string[]): Promise<Ended>
  serves(version: string): Promise<void>
}

/** Four hosts on 10, the rack proved. */
async function aPlace(settings: readonly string[] = []): Promise<Place> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const health = await serveHealth(cwd)
  const dir = join(cwd, 'prod-1')
  const group = hostGroup(join(dir, 'group'), names, '10')
  const place: Place = {
    cwd,
    dir,
    group,
    async does(...words) {
      const ended = await headgate(words, { cwd, env: registry.env })
      expect(ended, words.join(' ')).toMatchObject({ code: 0 })
      return ended
    },
    rack: (...words) => headgate([...words, '--dir', dir], { cwd }),
    async serves(version) {
      const file = join(cwd, `${version}.tgz`)
      writeFileSync(file, artifactOf(version))
      await place.does('release', 'publish', version, '--app', 'rack', '--artifact', file)
      await place.does('promote', version, '--app', 'rack', '--to', 'stable')
    },
  }
  await place.does('app', 'create', 'rack', '--scheme', 'timestamp')
  await place.serves('10')
  const at = (act: string) => `sh ${hostsProgram} group ${act}`
  const commands = ['drain', 'apply', 'attach', 'detach'].flatMap((act) => [`--${act}`, `${at(act)} {host}`])
  const who = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1', '--driver', 'rolling']
  await place.does('enroll', '--dir', dir, ...who, '--list', at('list'), ...commands)
  // What enroll wrote is a configuration that works; here only the waiting is cut short.
  furnish(dir, `${rollingToml('group', `${health.url}/prod-1/group`, settings)}\n${quickSettle}`)
  expect((await place.rack('verify')).code).toBe(0)
  return place
}

const quickSettle = `
[[check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2

[settle]
graceSeconds = 0
timeoutSeconds = 60
`

const all = (version: string) => names.map((name) => `${name} ${version} +`)

test('hyperbo.la: no host of the new version is healthy, and nobody outside notices', async () => {
  const place = await aPlace()
  const { group, rack } = place
  await place.serves('20')
  group.sickens('20')
  const updated = await rack('update', '--yes')
  expect(updated.code, updated.stderr).toBe(20)
  expect(updated.stderr).toContain('1 host did not get to 20: a (healthz is unhealthy')
  expect(updated.stderr).toContain('not begun: b, c, d')
  // In a pipe the table is a line for each step of each host.
  const lines = updated.stderr.split('\n').map((line) => line.trim())
  for (const line of ['a: draining', 'a: applying', 'a: proving', 'a: moved on 10'])
    expect(lines).toContain(line)
  expect(group.table()).toEqual(all('10'))
  expect(new Set(group.log().map(({ host }) => host))).toEqual(new Set(['a']))
  expectCapacity({ group }, 3, 1)

  // The cause is found and mended; the release is the same.
  group.heals()
  expect((await rack('retry')).code).toBe(0)
  const again = await rack('update', '--yes')
  expect(again.code, again.stderr).toBe(0)
  expect(group.table()).toEqual(all('20'))
})

test('a host that stays out is told by update, status, doctor and history, and comes back with the next version', async () => {
  const place = await aPlace(['maxUnhealthy = "25%"'])
  const { group, rack } = place
  await place.serves('20')
  group.sickens('20', 'c')
  const updated = await rack('update', '--yes')
  expect(updated.code, updated.stderr).toBe(0)
  expect(updated.stdout).toMatch(
    /20 runs and is proved[\s\S]*1 of 4 hosts out of service: c on 20 \(healthz is unhealthy/,
  )
  const status = await rack('status')
  expect(status.stdout).toMatch(/^HOST +VERSION +SERVES +STATE +DETAIL$/m)
  expect(status.stdout).toMatch(/^c +20 +no +detached +healthz is unhealthy/m)
  const { hosts, current } = (await rack('status', '--json')).json
  expect(current).toBe('20')
  expect(hosts).toMatchObject([
    { host: 'a', version: '20', attached: true, state: 'attached', detail: '' },
    { host: 'b', attached: true },
    { host: 'c', version: '20', attached: false, state: 'detached' },
    { host: 'd', attached: true },
  ])
  expect((await rack('doctor')).stdout).toContain('is every host in service? 1 of 4 hosts out of service: c')

  await place.serves('30')
  expect((await rack('update', '--yes')).code).toBe(0)
  expect(group.table()).toEqual(all('30'))
})

test('a host that cannot be brought back makes the rack stuck by name, until somebody has mended it', async () => {
  const place = await aPlace()
  const { group, rack } = place
  await place.serves('20')
  group.sickens('20', 'c')
  group.fails('apply', 'b', 'exit', '10')
  const updated = await rack('update', '--yes')
  expect(updated.code, updated.stderr).toBe(21)
  expect(updated.stderr).toContain('1 host did not get to 10: b (apply-b exited 1')
  expect(group.table()).toEqual(['a 10 +', 'b 20 -', 'c 10 +', 'd 10 +'])
  const stays = await rack('update', '--yes')
  expect(stays.code).toBe(21)
  expect(stays.stderr).toContain('mend b, attach it (sh ')

  group.add('b', '10', true)
  expect((await rack('verify')).code).toBe(0)
  expect((await rack('check')).code).toBe(0)
})

test('a batch that the group cannot spare is refused before anything is done', async () => {
  const place = await aPlace(['batch = 4'])
  await place.serves('20')
  const refused = await place.rack('update', '--yes')
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain(
    'A batch of 4 would leave 0 of 4 attached hosts in service, and minAttached is 1.',
  )
  expect(place.group.log()).toEqual([])
})

test('killed 16 times in the middle, it is always recovered to one version', {
  timeout: 240_000,
}, async () => {
  const place = await aPlace(['batch = 2', 'minAttached = 2'])
  const { dir, cwd } = place
  await place.serves('20')
  const whole = copyOf(dir, 'whole')
  const startedAt = performance.now()
  expect((await headgate(['update', '--yes', '--dir', whole.dir], { cwd })).code).toBe(0)
  const took = performance.now() - startedAt
  const ends: Record<string, number> = {}
  for (let run = 0; run < 16; run += 1) {
    const { dir: here, group } = copyOf(dir, `${run}`)
    if (run % 2 > 0) group.sickens('20', 'c')
    const running = startHeadgate(['update', '--yes', '--dir', here], { cwd })
    const afterMs = Math.round(took * (0.2 + (0.8 * run) / 16))
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    running.kill('SIGKILL')
    await running.ended
    const next = await headgate(['check', '--dir', here], { cwd })
    const where = `${here}, killed after ${afterMs} of ${Math.round(took)} ms: ${next.stderr}`
    expect(next.code, where).toBe(0)
    const attempts = rackFiles(here).attempts()
    const last = attempts.at(-1)
    expect(last === undefined || isOver(last.state), where).toBe(true)
    const version = last?.state === 'proved' ? '20' : '10'
    expect(group.table(), where).toEqual(all(version))
    expectCapacity({ group }, 2, 2)
    const end = last?.state ?? 'not begun'
    ends[end] = (ends[end] ?? 0) + 1
  }
  console.log(`killed 16 times in a group of hosts: ${JSON.stringify(ends)}`)
  expect(Object.keys(ends).length).toBeGreaterThan(1)
})

function copyOf(dir: string, mark: string): { dir: string; group: HostGroup } {
  const copy = `${dir}-${mark}`
  cpSync(dir, copy, { recursive: true })
  const file = join(copy, 'rack.toml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replaceAll(`/${basename(dir)}/group`, `/${basename(copy)}/group`))
  return { dir: copy, group: hostGroupAt(join(copy, 'group')) }
}
