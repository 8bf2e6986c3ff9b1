// Kept answers are for those who lost theirs: they last a week, and do not outgrow the ledger.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

let registry: TestRegistry
beforeEach(async () => {
  registry = await openTestRegistry()
})
afterEach(() => registry.dispose())

const day = 86_400_000
const create = (app: string) =>
  registry.call('POST', '/v1/apps', { json: { app, scheme: 'semver' }, headers: { 'idempotency-key': app } })

async function kept(): Promise<string[]> {
  const { store } = registry.registry
  return (await store.read.db.select().from(store.read.tables.idempotency)).map(({ key }) => key)
}

test('a week later an answer is no longer kept', async () => {
  const first = await create('one')
  registry.clock.advance(6 * day)
  await create('two')
  expect(await create('one')).toEqual(first)
  expect(await kept()).toEqual(['one', 'two'])
  registry.clock.advance(1.5 * day)
  await create('three')
  expect((await kept()).sort()).toEqual(['three', 'two'])
})

test('requests without a key keep nothing', async () => {
  await registry.call('POST', '/v1/apps', { json: { app: 'one', scheme: 'semver' } })
  expect(await kept()).toEqual([])
})

test('ten requests at once under one key are done once, and all hear the same', async () => {
  const json = { version: '1.0.0' }
  await create('one')
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      registry.call('POST', '/v1/apps/one/releases', { json, headers: { 'idempotency-key': 'publish' } }),
    ),
  )
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers[0]).toMatchObject({ isNew: true })
})
