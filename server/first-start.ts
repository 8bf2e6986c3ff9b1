/** The first start of a registry: its id, and the admin token, which is in one file and nowhere else. */
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { eventOf } from '../shared/domain/commands/command.ts'
import { createToken } from '../shared/domain/commands/token.ts'
import { day } from '../shared/domain/instants.ts'
import { digestOfToken, mintToken } from '../shared/trust/token.ts'
import { syncFolder } from './blobs/durable-folder.ts'
import type { Registry } from './registry.ts'

const adminDays = 365

/** The path of the token's file when this was the first start. The file is on disk before the token means anything. */
export async function initialize(
  { ledger, random, clock }: Registry,
  dataDir: string,
): Promise<string | undefined> {
  if (ledger.head.sequence > 0) return undefined
  const token = mintToken('admin', random(32))
  const path = join(dataDir, 'admin.token')
  await writePrivate(path, `${token}\n`)
  const registryId = random(16).toString('hex')
  await ledger.record({
    actor: 'system',
    isDryRun: false,
    decide: (state, context) => [
      eventOf('registry.initialized', context, { registryId }),
      ...createToken(
        state,
        {
          token: `tok-${random(8).toString('hex')}`,
          name: 'first-admin',
          role: 'admin',
          scopes: [],
          labels: {},
          sha256: digestOfToken(token),
          expiresAt: clock() + adminDays * day,
        },
        context,
      ),
    ],
    answer: () => null,
  })
  return path
}

async function writePrivate(path: string, text: string): Promise<void> {
  // A file that is there keeps its mode, whoever it lets read.
  await rm(`${path}.new`, { force: true })
  const file = await open(`${path}.new`, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(`${path}.new`, path)
  await syncFolder(dirname(path))
}
