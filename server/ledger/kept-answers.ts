/**
 * The answers that were given under an `Idempotency-Key`, kept in the transaction of what they tell: a request whose
 * answer was lost can be sent again, also after a crash.
 */
import { day } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Tx } from '../store/connection.ts'
import { findIdempotent, insertIdempotent, pruneIdempotent } from '../store/idempotency.ts'

/** Nobody waits longer for an answer; kept for ever, the answers would outgrow the ledger. */
const keptDays = 7

export interface IdempotentRequest {
  readonly credentialId: string
  readonly key: string
  readonly requestHash: string
}

/** Raises `idempotency_conflict` when the key stands for another request. */
export async function answerGivenBefore<Answer>(
  tx: Tx,
  request: IdempotentRequest | undefined,
): Promise<{ answer: Answer } | undefined> {
  if (!request) return undefined
  const row = await findIdempotent(tx, request)
  if (!row) return undefined
  if (row.requestHash !== request.requestHash) {
    throw new Problem(
      'idempotency_conflict',
      `The idempotency key "${request.key}" was used for another request before.`,
      { hint: 'Use a new key for a new request.' },
    )
  }
  return { answer: JSON.parse(row.body) }
}

export async function keepAnswer(
  tx: Tx,
  request: IdempotentRequest | undefined,
  answer: unknown,
  now: number,
): Promise<void> {
  if (!request) return
  await insertIdempotent(tx, { ...request, status: 200, body: JSON.stringify(answer), createdAt: now })
  await pruneIdempotent(tx, now, keptDays * day)
}
