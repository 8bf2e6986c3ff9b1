// An import of the whole real history, killed five times in the middle: begun again it takes what is missing, once.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { verifyStoredChain } from '../../../server/ledger/verify.ts'
import { openStore } from '../../../server/store/connection.ts'
import { type BuiltProgram, buildProgram } from '../../support/built-program.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { convoxV2 } from '../imports/histories.ts'
import { killed, type Serving, serving } from './serving.ts'

const rows = convoxV2()
const chunk = 50
const kills = 5

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program?.remove())

/** From the beginning, as a person who starts the command again; gives what each chunk said until it broke off. */
async function importAgain(registry: Serving, onChunk: (index: number) => void) {
  const reports: Readonly<Record<string, unknown>>[] = []
  for (let from = 0; from < rows.length; from += chunk) {
    onChunk(from / chunk)
    const json = { rows: rows.slice(from, from + chunk) }
    const { status, json: report } = await registry.ask('POST', '/v1/apps/rack/import', json, {
      key: `chunk-${from}`,
    })
    expect(status).toBe(200)
    reports.push(report)
  }
  return reports
}

test(`${rows.length} releases arrive once, over ${kills} kills`, { timeout: 60_000 }, async () => {
  const cwd = scratchDirectory()
  let registry = await serving(program, cwd)
  onTestFinished(() => void registry.child.kill('SIGKILL'))
  await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'timestamp' })
  const taken: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const last = 2 + kill * 3
    const running = importAgain(registry, (index) => {
      if (index === last) void pause(kill * 4).then(() => registry.child.kill('SIGKILL'))
    })
    await expect(running).rejects.toThrow()
    await killed(registry)
    registry = await serving(program, cwd)
    const page = await registry.ask('GET', '/v1/apps/rack')
    taken.push(Number(page.json.releases))
  }
  await importAgain(registry, () => undefined)
  const app = await registry.ask('GET', '/v1/apps/rack')
  expect(app.json).toMatchObject({ releases: rows.length })
  const again = await registry.ask('POST', '/v1/apps/rack/import', { rows: rows.slice(0, 200) })
  expect(again.json).toMatchObject({ taken: 0, present: 200, moved: [] })
  await killed(registry, 'SIGTERM')

  console.log(`import killed after ${taken.join(', ')} of ${rows.length} releases`)
  // A chunk is there whole or not at all.
  expect(taken.every((count) => count % chunk === 0)).toBe(true)
  const store = await openStore(join(cwd, 'registry'))
  expect(await verifyStoredChain(store.read)).toMatchObject({ holds: true })
  const events = await store.read.db.select().from(store.read.tables.ledger)
  await store.close()
  const told = (type: string) =>
    events.filter((event) => event.type === type).map(({ body }) => JSON.parse(body ?? '{}').version)
  expect(told('release.published')).toEqual(rows.map(({ version }) => version))
  expect(told('channel.promoted')).toEqual(rows.map(({ version }) => version))
})
