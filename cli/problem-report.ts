/** What went wrong, for a person or a program: what, why, the numbers, and as the last line what to do. */
import { Problem, type ProblemCode } from '../shared/domain/problem.ts'
import { RegistryFault, RegistryProblem } from './answer.ts'
import { envelope, markLine, type Terminal } from './output.ts'
import { plainText } from './plain-text.ts'

/** Where a problem has no hint of its own. */
const usualHints: Partial<Record<ProblemCode, string>> = {
  not_signed_in: 'export HEADGATE_TOKEN_FILE=./registry/admin.token',
  app_not_found: 'headgate app list',
  token_not_found: 'headgate token list',
}

export interface Reporting {
  readonly json: boolean
  /** The verb as a person types it, such as `headgate release yank`. */
  readonly verb: string
}

/** Prints it on stderr and gives the exit code. Whatever is not a problem is a bug: 70. */
export function reportProblem(out: Terminal, error: unknown, { json, verb }: Reporting): number {
  if (error instanceof Problem) {
    const { code, message: detail, numbers, face } = error
    const hint = error.hint ?? usualHints[code] ?? `${verb} --help`
    const requestId = error instanceof RegistryProblem ? error.requestId : undefined
    if (json) {
      const body = { code, title: face.title, exit: face.exit, detail, hint, numbers, requestId }
      out.stderr.write(envelope(out.stderr, 'Problem', body))
    } else {
      out.stderr.write(markLine(out.stderr, 'failed', detail))
      const asked = requestId === undefined ? '' : `, request ${requestId}`
      out.stderr.write(plainText(`  ${code}, exit ${face.exit}${asked}\n`))
      out.stderr.write(lastLine(hint, verb))
    }
    return face.exit
  }
  return reportBug(out, error, json)
}

function reportBug(out: Terminal, error: unknown, json: boolean): number {
  const requestId = error instanceof RegistryFault ? error.requestId : undefined
  const detail = error instanceof Error ? error.message : String(error)
  if (json) {
    out.stderr.write(envelope(out.stderr, 'Bug', { exit: 70, detail, requestId }))
    return 70
  }
  const where = requestId === undefined ? 'headgate itself' : `the registry, request ${requestId}`
  out.stderr.write(markLine(out.stderr, 'failed', `A bug in ${where}: ${detail}`))
  if (requestId === undefined && error instanceof Error && error.stack) {
    out.stderr.write(`${plainText(error.stack)}\n`)
  }
  return 70
}

// Most hints are commands. One that is a sentence stays one; where it names no command, the help of the verb is the one
// to run.
function lastLine(hint: string, verb: string): string {
  const isCommand = /^(headgate|export|chmod|curl|df|ls|ps|edit|systemctl|aws|convox) /.test(hint)
  if (isCommand) return `Try:  ${plainText(hint)}\n`
  const namesCommand = /\bheadgate [a-z]/.test(hint)
  return namesCommand ? `${plainText(hint)}\n` : `${plainText(hint)}\nTry:  ${verb} --help\n`
}
