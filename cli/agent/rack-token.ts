/** DIR/rack.token: the one secret of a rack, alone in its file, readable by its owner and nobody else. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import { type DurableFiles, errorCode } from './files.ts'

export function rackTokenFile(dir: string): string {
  return join(dir, 'rack.token')
}

/** What gives a rack a token that its registry knows; the one that it has, as long as that is there. */
export function enrolAgain(
  dir: string,
  { app, channel, name }: { readonly app: string; readonly channel: string; readonly name: string },
): string {
  return `headgate enroll --dir ${dir} --app ${app} --channel ${channel} --name ${name}   # again, with a maintainer's or a join token`
}

/**
 * The token, or a `Problem`: not there (not_enrolled), or open to others or empty (not_signed_in). A service manager that
 * was told to hand it over (`LoadCredential=rack.token:DIR/rack.token`) is read where the file itself belongs to another
 * user. Who may read its copy is the manager's affair, so its mode is not judged. The copy is as old as the service: a
 * file that may be read counts, since whoever enrolled again meanwhile wrote that one.
 */
export function readRackToken(
  dir: string,
  files: DurableFiles,
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  const file = rackTokenFile(dir)
  const stats = statSync(file, { throwIfNoEntry: false })
  const copy = env.CREDENTIALS_DIRECTORY ? join(env.CREDENTIALS_DIRECTORY, 'rack.token') : null
  const credential = copy && files.read(copy)
  if (copy && credential) {
    const isOurs = stats?.isFile() && (stats.mode & 0o077) === 0
    return tokenIn((isOurs && readIfAllowed(file, files)) || credential, dir, copy)
  }
  const bytes = stats?.isFile() ? readAllowed(file, files) : null
  if (stats === undefined || bytes === null) {
    throw new Problem('not_enrolled', `There is no ${file}: this rack cannot sign in.`, {
      hint: `headgate enroll --dir ${dir} --app APP --channel CHANNEL --name NAME`,
    })
  }
  const open = stats.mode & 0o077
  if (open !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
    throw new Problem(
      'not_signed_in',
      `${file} has mode ${mode}: others on this machine may read the token.`,
      {
        hint: `chmod 600 ${file}   # and if others may have read it: rm it, headgate rack forget NAME --app APP --confirm NAME --reason "…", and enrol again`,
        numbers: { mode },
      },
    )
  }
  return tokenIn(bytes, dir, file)
}

/** What belongs to another user was meant for another process: a service's own copy, as a credential. */
function readAllowed(file: string, files: DurableFiles): Buffer | null {
  const bytes = readIfAllowed(file, files)
  if (bytes !== undefined) return bytes
  throw new Problem('not_signed_in', `${file} may not be read by this user.`, { hint: `ls -l ${file}` })
}

function readIfAllowed(file: string, files: DurableFiles): Buffer | null | undefined {
  try {
    return files.read(file)
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error
    return undefined
  }
}

function tokenIn(bytes: Buffer, dir: string, file: string): string {
  const token = bytes.toString('utf8').trim()
  if (/^[\x21-\x7e]{8,}$/.test(token)) return token
  throw new Problem('not_signed_in', `${file} does not hold a token.`, {
    hint: `headgate enroll --dir ${dir} --app APP --channel CHANNEL --name NAME`,
  })
}

export function writeRackToken(dir: string, token: string, files: DurableFiles): void {
  files.makeDirectory(dir)
  files.writeAtomically(rackTokenFile(dir), `${token}\n`, 0o600)
}
