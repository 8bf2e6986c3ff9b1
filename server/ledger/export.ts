/** The ledger as text: one JSON object a line with what the chain is computed from, out of a store and in again to be verified. */
import { type ChainBody, exportLine } from '../../shared/contract/audit.ts'
import type { Read } from '../store/connection.ts'
import { type LedgerRow, readRows } from '../store/ledger.ts'
import { startVerification } from './verify.ts'

const slice = 200

/**
 * The lines of all events, some hundred at a time. Read until there is no more: words that are erased meanwhile are then
 * announced by one of the last lines.
 */
export async function* exportedText(read: Read): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const rows = await readRows(read, after, slice)
    if (rows.length === 0) return
    yield rows.map(lineOf).join('')
    after = rows.at(-1)?.sequence ?? after
    // A reader who is fast would otherwise keep checks waiting.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function lineOf({ sequence, at, type, app, salt, body, bodyHash, hash }: LedgerRow): string {
  return `${JSON.stringify({ sequence, at, type, app, salt, body, bodyHash, hash })}\n`
}

/** Raises nothing for what is wrong with the text: that is the verdict. */
export async function verifyExport(text: AsyncIterable<string>, headSeen?: string): Promise<ChainBody> {
  const verification = startVerification(headSeen)
  let rest = ''
  let number = 0
  for await (const part of text) {
    // By line feeds alone: a body may hold what else ends a line elsewhere.
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      number += 1
      const row = rowIn(line)
      if (!row) verification.fail(`line ${number} is not as a registry exports it`)
      if (!row || !verification.take([row])) return verification.verdict()
    }
  }
  if (rest !== '') verification.fail(`line ${number + 1} does not end: the file was cut there`)
  return verification.verdict()
}

function rowIn(line: string): LedgerRow | undefined {
  try {
    const parsed = exportLine.safeParse(JSON.parse(line))
    // To the byte: what two readers could read differently is nothing to rely on.
    return parsed.success && lineOf(parsed.data) === `${line}\n` ? parsed.data : undefined
  } catch {
    return undefined
  }
}
