// Which database errors are expected, which can be waited out, and which are bugs.
import { DrizzleQueryError } from 'drizzle-orm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { insertIdempotent } from '../../../server/store/idempotency.ts'
import { insertRack } from '../../../server/store/racks.ts'
import { asStoreProblem, isUniqueViolation } from '../../../server/store/store-problem.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { openTestStore, type TestStore } from '../../support/open-test-store.ts'
import { aRack, noon } from './rows.ts'

let opened: TestStore
beforeEach(async () => {
  opened = await openTestStore()
})
afterEach(() => opened.dispose())

test('a primary key and a unique index that are taken are unique violations', async () => {
  const answer = { credentialId: 'ci', key: 'k', requestHash: 'h', status: 201, body: '{}', createdAt: noon }
  await opened.store.transact(async (tx) => {
    await insertIdempotent(tx, answer)
    await insertRack(tx, aRack())
  })
  const sameKey = opened.store.transact((tx) => insertIdempotent(tx, answer))
  expect(isUniqueViolation(await sameKey.catch((error: unknown) => error))).toBe(true)
  const sameToken = aRack({ name: 'other', tokenSha256: aRack().tokenSha256 })
  const taken = opened.store.transact((tx) => insertRack(tx, sameToken))
  expect(isUniqueViolation(await taken.catch((error: unknown) => error))).toBe(true)
})

test('what PostgreSQL says of the same, wrapped by drizzle, is one too', () => {
  const cause = Object.assign(new Error('duplicate key value'), { code: '23505' })
  expect(isUniqueViolation(new DrizzleQueryError('insert', [], cause))).toBe(true)
})

test('a missing value is neither a unique violation nor a failing store: it is a bug, and stays what it is', async () => {
  const broken = { credentialId: 'ci', key: 'k', requestHash: 'h', status: 201, createdAt: noon }
  const asked = opened.store.transact((tx) => insertIdempotent(tx, { ...broken, body: JSON.parse('null') }))
  const error = await asked.catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT_NOTNULL' })
  expect(isUniqueViolation(error)).toBe(false)
  expect(asStoreProblem(error)).toBe(error)
})

test.each([
  ['SQLITE_FULL', 'disk that holds the registry is full'],
  ['SQLITE_IOERR_FSYNC', 'does not answer as it should'],
  ['SQLITE_IOERR', 'does not answer as it should'],
  ['SQLITE_READONLY_DBMOVED', 'may not be written'],
  ['SQLITE_BUSY_SNAPSHOT', 'Another process keeps'],
  ['SQLITE_CORRUPT_INDEX', 'is damaged'],
  ['SQLITE_NOMEM', 'no memory left'],
])('%s is a problem to wait out, with its cause', (code, words) => {
  const cause = Object.assign(new Error('as SQLite puts it'), { code })
  const problem = asStoreProblem(cause)
  if (!(problem instanceof Problem)) throw new Error('not a problem')
  expect(problem).toMatchObject({ code: 'store_unavailable', cause, numbers: { code } })
  expect(problem.message).toContain(words)
  expect(problem.message).toContain('as SQLite puts it')
  expect(problem.hint).toMatch(/\.$/)
})

test('a problem of somebody else passes through, and so does what is no error', () => {
  const frozen = new Problem('frozen', 'The app is frozen.')
  expect(asStoreProblem(frozen)).toBe(frozen)
  expect(asStoreProblem('text')).toBe('text')
})
