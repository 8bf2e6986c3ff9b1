/** An agent that dies in the middle of a group of hosts; a fresh one recovers, and every host ends on one version. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { isOver } from '../../../../cli/agent/attempt.ts'
import { aYard, furnish, type Yard, type YardRack } from '../../../support/campaign-yard.ts'
import { dyingFiles } from '../../../support/dying-files.ts'
import { expectCapacity } from '../../../support/rolling-yard.ts'
import {
  type HostGroup,
  hostGroup,
  hostGroupAt,
  hostsProgram,
  rollingToml,
  serveHealth,
} from '../../../support/stand-ins/hosts.ts'

const names = ['a', 'b', 'c']
const update = ['update', '--yes']

interface Scene {
  readonly yard: Yard
  readonly rack: YardRack
  readonly group: HostGroup
}

/** A rack of three hosts that has proved version 10, and is offered 20. */
async function aScene(settings: readonly string[] = []): Promise<Scene> {
  const yard = await aYard()
  const health = await serveHealth(yard.folder)
  const dir = join(yard.folder, 'prod-1')
  const group = hostGroup(join(dir, 'group'), names, null)
  const at = (act: string) => `sh ${hostsProgram} group ${act}`
  const commands = ['drain', 'apply', 'attach', 'detach'].flatMap((act) => [`--${act}`, `${at(act)} {host}`])
  const who = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1', '--driver', 'rolling']
  await yard.does('enroll', '--dir', dir, ...who, '--list', at('list'), ...commands)
  furnish(dir, rollingToml('group', `${health.url}/prod-1/group`, settings))
  writeFileSync(join(dir, 'rack.toml'), `${readFileSync(join(dir, 'rack.toml'), 'utf8')}\n${quickSettle}`)
  const rack = yard.rackAt(dir)
  await yard.serves('10')
  await rack.does(...update)
  expect(group.table()).toEqual(names.map((name) => `${name} 10 +`))
  await yard.serves('20')
  return { yard, rack, group }
}

const quickSettle = `
[[check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2
timeoutSeconds = 600

[settle]
graceSeconds = 0
timeoutSeconds = 600
`

function copyOf({ yard, rack }: Scene, mark: string): Scene {
  const dir = `${rack.dir}-${mark}`
  cpSync(rack.dir, dir, { recursive: true })
  const file = join(dir, 'rack.toml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replaceAll(`/${basename(rack.dir)}/group`, `/${basename(dir)}/group`))
  writeFileSync(join(dir, 'group', 'log'), '')
  return { yard, rack: yard.rackAt(dir), group: hostGroupAt(join(dir, 'group')) }
}

const plain = {}
/** Half of a write is on the disk, and nothing that was not synced. */
const powerCut = { tears: true, losesUnsynced: true }

/** Every third mutating call: each line of the journal and each write of the progress takes at least three. */
async function dieThrough(scene: Scene, exit: number, ends: readonly string[]): Promise<number> {
  const alive = copyOf(scene, 'alive')
  const { files, calls } = dyingFiles({ diesAt: Number.POSITIVE_INFINITY })
  const lived = await alive.rack.with({ files })(...update)
  expect(lived.code, lived.stderr).toBe(exit)
  judge(alive, ends)
  let deaths = 0
  for (let call = 1; call <= calls(); call += 3) {
    const here = copyOf(scene, `${call}`)
    const dying = dyingFiles({ diesAt: call, ...(deaths % 2 === 0 ? plain : powerCut) })
    await here.rack.with({ files: dying.files })(...update)
    const recovered = await here.rack.headgate('check')
    expect(recovered.code, `${here.rack.dir}: ${recovered.stderr}`).toBe(0)
    judge(here, [...ends, 'aborted'])
    deaths += 1
  }
  return deaths
}

function judge({ rack, group }: Scene, ends: readonly string[]): void {
  const where = rack.dir
  const attempts = rack.attempts()
  expect(
    attempts.every(({ state }) => isOver(state)),
    where,
  ).toBe(true)
  const last = attempts.length > 1 ? attempts.at(-1) : undefined
  if (last) expect(ends, where).toContain(last.state)
  const version = last?.state === 'proved' ? '20' : '10'
  expect(group.table(), where).toEqual(names.map((name) => `${name} ${version} +`))
  expect(rack.state(), where).toMatchObject({ stuck: null, runs: version })
  expectCapacity({ group }, 2, 1)
}

test('an update that dies at every line and every note of its progress', { timeout: 600_000 }, async () => {
  const deaths = await dieThrough(await aScene(), 0, ['proved'])
  console.log(`died ${deaths} times in an update of three hosts`)
  expect(deaths).toBeGreaterThan(50)
})

test('an update that does not hold on the second host, likewise', { timeout: 600_000 }, async () => {
  const scene = await aScene()
  scene.group.sickens('20', 'b')
  const deaths = await dieThrough(scene, 20, ['returned'])
  console.log(`died ${deaths} times in an update of three hosts that went back`)
  expect(deaths).toBeGreaterThan(50)
})
