/**
 * What the databases throw, in our words. Full disks, failing disks and closed connections become the one problem that a
 * caller can wait out; what is left is either a unique violation, which the tables expect, or a bug.
 */
import { Problem } from '../../shared/domain/problem.ts'
import { asDiskProblem, isFileError } from '../blobs/disk-problem.ts'

const lookAtTheDisk =
  'Look at the data folder’s disk and permissions (`df -h`, `ls -l`, `dmesg`), then repeat the command.'
const diskFails = {
  what: 'The disk that holds the registry does not answer as it should',
  hint: lookAtTheDisk,
}

/** SQLite's primary codes that say "not now" and not "wrong query"; an extended code is the primary, `_` and a detail. */
const failures: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  SQLITE_FULL: {
    what: 'The disk that holds the registry is full',
    hint: 'Free space on that disk (`df -h`), then repeat the command.',
  },
  SQLITE_READONLY: { what: 'The registry’s database may not be written', hint: lookAtTheDisk },
  SQLITE_PERM: { what: 'The registry’s database may not be opened', hint: lookAtTheDisk },
  SQLITE_CANTOPEN: { what: 'The registry’s database cannot be opened', hint: lookAtTheDisk },
  SQLITE_BUSY: {
    what: 'Another process keeps the registry’s database locked',
    hint: 'Stop the other process that uses this data folder, then repeat the command.',
  },
  SQLITE_CORRUPT: {
    what: 'The registry’s database is damaged',
    hint: 'Restore the data folder from a backup.',
  },
  SQLITE_NOTADB: {
    what: 'The registry’s database is not a database',
    hint: 'Restore the data folder from a backup.',
  },
  SQLITE_NOMEM: { what: 'There is no memory left for the registry’s database', hint: 'Give it more memory.' },
  SQLITE_IOERR: diskFails,
  SQLITE_PROTOCOL: diskFails,
}

const uniqueViolations = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_ROWID',
  '23505', // PostgreSQL, unique_violation
])

/** Says whether a row with that key exists already. On PostgreSQL the transaction is lost then: prefer `onConflictDoNothing`. */
export function isUniqueViolation(error: unknown): boolean {
  return causesOf(error).some((cause) => uniqueViolations.has(codeOf(cause)))
}

/** The problem `store_unavailable` when the database cannot answer now, otherwise the error as it came. */
export function asStoreProblem(error: unknown): unknown {
  if (error instanceof Problem) return error
  for (const cause of causesOf(error)) {
    if (cause.message.includes('database connection is not open')) return storeClosed()
    if (isFileError(cause)) return asDiskProblem(cause)
    const failure = failureOf(codeOf(cause))
    if (failure !== undefined) return storeFailed(failure, cause)
  }
  return error
}

export function storeClosed(): Problem {
  return new Problem('store_unavailable', 'The store is closed: this process is shutting down.', {
    hint: 'Wait until the registry has started again, then repeat the command.',
  })
}

function storeFailed({ what, hint }: { what: string; hint: string }, cause: Error): Problem {
  const code = codeOf(cause)
  const detail = `${what} (${code}: ${cause.message}). Nothing was changed.`
  const problem = new Problem('store_unavailable', detail, { hint, numbers: { code } })
  problem.cause = cause
  return problem
}

function failureOf(code: string) {
  const primary = code.split('_').slice(0, 2).join('_')
  return Object.hasOwn(failures, primary) ? failures[primary] : undefined
}

function codeOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}

/** The error and what it wraps: drizzle wraps what the driver of PostgreSQL throws, but not what SQLite's does. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  for (let cause = error; cause instanceof Error && causes.length < 8; cause = cause.cause) causes.push(cause)
  return causes
}
