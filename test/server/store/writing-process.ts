// A registry without a face: it writes so many events, or until it is killed or the disk is full, and prints each one that
// was acknowledged.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { sealEvent } from '../../../server/ledger/chain.ts'
import { openStore } from '../../../server/store/connection.ts'
import { insertIdempotent } from '../../../server/store/idempotency.ts'
import { appendRows, headOf } from '../../../server/store/ledger.ts'
import { Problem } from '../../../shared/domain/problem.ts'

/** One line of the output: an event whose transaction was acknowledged, or why no more can be written. */
export type Line =
  | { readonly sequence: number; readonly hash: string }
  | { readonly code: string; readonly detail: string }

const [folder = '', bodyBytes = '100', events = 'Infinity'] = process.argv.slice(2)
const store = await openStore(folder)

function say(line: Line): void {
  // Synchronous, so that what was acknowledged has left the process before the next write begins.
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function writeOne() {
  return store.transact(async (tx) => {
    const head = await headOf(tx)
    const sequence = head.sequence + 1
    const salt = createHash('md5').update(String(sequence)).digest('hex')
    const body = JSON.stringify({ sequence, filling: 'x'.repeat(Number(bodyBytes)) })
    const row = sealEvent(head, { sequence, at: sequence, type: 'written', app: null, body, salt })
    await appendRows(tx, [row])
    const answer = {
      credentialId: 'child',
      key: String(sequence),
      requestHash: row.hash,
      status: 201,
      body: '{}',
    }
    await insertIdempotent(tx, { ...answer, createdAt: sequence })
    return row
  })
}

async function failOne(): Promise<void> {
  const wanted = new Error('taken back')
  try {
    await store.transact(async (tx) => {
      const answer = {
        credentialId: 'child',
        key: 'never',
        requestHash: '',
        status: 500,
        body: '',
        createdAt: 0,
      }
      await insertIdempotent(tx, answer)
      throw wanted
    })
  } catch (error) {
    if (error !== wanted) throw error
  }
}

try {
  for (let written = 0; written < Number(events); written += 2) {
    const asked = [writeOne(), failOne(), writeOne()] as const
    const [first, , second] = await Promise.all(asked)
    for (const { sequence, hash } of [first, second]) say({ sequence, hash })
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error
  say({ code: error.code, detail: error.message })
  // Reads are still answered.
  const { sequence, hash } = await headOf(store.read)
  say({ sequence, hash })
}
