/** A disk that is full, failing or forbidden, as the one problem a caller can wait out. Other errors are bugs and stay as they are. */
import { Problem } from '../../shared/domain/problem.ts'

interface FileError extends Error {
  readonly code: string
}

export function isFileError(error: unknown): error is FileError {
  return error instanceof Error && 'errno' in error && 'syscall' in error && 'code' in error
}

export function isMissing(error: unknown): boolean {
  return isFileError(error) && error.code === 'ENOENT'
}

export function asDiskProblem(error: unknown): unknown {
  if (!isFileError(error)) return error
  const problem = new Problem(
    'store_unavailable',
    `${whatFailed(error.code)} (${error.message}). Nothing was changed.`,
    {
      hint: 'Look at the data folder’s disk and its permissions (`df -h`, `ls -l`), then repeat the command.',
      numbers: { code: error.code },
    },
  )
  problem.cause = error
  return problem
}

function whatFailed(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'The disk that holds the registry is full'
  if (code === 'EFBIG') return 'A file would outgrow what this process may write'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'The registry may not write its own data'
  if (code === 'EMFILE' || code === 'ENFILE') return 'The registry has too many files open'
  return 'The disk that holds the registry does not answer as it should'
}
