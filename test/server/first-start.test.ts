// The first start: a token in one file for one reader, and nothing lost when the power goes in the middle of it.

import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { initialize } from '../../server/first-start.ts'
import { openRegistry, type Registry } from '../../server/registry.ts'
import { isWellFormedToken } from '../../shared/trust/token.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

async function opened(dataDir: string): Promise<Registry> {
  const registry = await openRegistry({
    dataDir,
    clock: Date.now,
    random: randomBytes,
    onCheckInFailure: (error) => {
      throw error
    },
  })
  onTestFinished(() => registry.close())
  return registry
}

const tokenIn = (dataDir: string) => readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
const whoIs = ({ credentials }: Registry, token: string) => credentials.authenticate(`Bearer ${token}`)

test('makes an id and an admin, whose token only its owner can read', async () => {
  const dataDir = scratchDirectory()
  const registry = await opened(dataDir)
  expect(await initialize(registry, dataDir)).toBe(join(dataDir, 'admin.token'))
  expect(isWellFormedToken(tokenIn(dataDir))).toBe(true)
  expect(statSync(join(dataDir, 'admin.token')).mode & 0o777).toBe(0o600)
  expect(whoIs(registry, tokenIn(dataDir))).toMatchObject({ role: 'admin', actor: 'token:first-admin' })
  expect(registry.ledger.state.registryId).toMatch(/^[0-9a-f]{32}$/)
  expect(await initialize(registry, dataDir)).toBeUndefined()
  expect(registry.ledger.head.sequence).toBe(2)
})

test('that was cut off after the file and before the ledger is made anew', async () => {
  const dataDir = scratchDirectory()
  const registry = await opened(dataDir)
  writeFileSync(join(dataDir, 'admin.token'), 'hg_admin_of_a_start_that_never_ended\n', { mode: 0o644 })
  writeFileSync(join(dataDir, 'admin.token.new'), 'half', { mode: 0o644 })
  await initialize(registry, dataDir)
  expect(whoIs(registry, tokenIn(dataDir))).toMatchObject({ role: 'admin' })
  expect(statSync(join(dataDir, 'admin.token')).mode & 0o777).toBe(0o600)
})

test('whose ledger cannot be written leaves a file that means nothing, and the next start makes another', async () => {
  const dataDir = scratchDirectory()
  const registry = await opened(dataDir)
  const broken: Registry = {
    ...registry,
    ledger: {
      ...registry.ledger,
      head: registry.ledger.head,
      record: () => Promise.reject(new Error('no disk')),
    },
  }
  await expect(initialize(broken, dataDir)).rejects.toThrow('no disk')
  const dead = tokenIn(dataDir)
  expect(() => whoIs(registry, dead)).toThrow('does not know that token')
  await initialize(registry, dataDir)
  expect(tokenIn(dataDir)).not.toBe(dead)
  expect(whoIs(registry, tokenIn(dataDir))).toMatchObject({ role: 'admin' })
})
