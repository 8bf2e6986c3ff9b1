/** Weather or bug? What a disk or a system refuses is weather, and becomes a Problem that leads a rack back. */
import { Problem } from '../../shared/domain/problem.ts'
import { errorCode } from './files.ts'

/** A system error such as EACCES or ENOSPC. Node's own complaints about arguments (ERR_…) are bugs. */
function isWeather(error: unknown): error is Error {
  return error instanceof Error && /^E[A-Z0-9]+$/.test(errorCode(error) ?? '')
}

/** The Problem that an error is or stands for. Anything else is a bug, and is thrown on. */
export function problemOfWeather(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!isWeather(error)) throw error
  return new Problem('update_failed', `The system refused: ${error.message}.`)
}

/** For what opens a directory that may be somebody else's, unreadable, or on a disk that is read-only. */
export function refusedAt(dir: string): (error: unknown) => never {
  return (error) => {
    if (!isWeather(error)) throw error
    throw new Problem('preflight_failed', `${dir} cannot be used: ${error.message}.`, {
      hint: `ls -ld ${dir}   # does it belong to whoever runs this?`,
    })
  }
}
