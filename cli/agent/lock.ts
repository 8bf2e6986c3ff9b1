/**
 * One run at a time per state directory. Node has no flock: what holds is an abstract UNIX socket named after the
 * directory's real path, which the kernel frees when its owner dies, however it dies. Containers that share the
 * directory do not share that name, so DIR/lock.sock holds too, and DIR/lock says who it is.
 */

import { createHash } from 'node:crypto'
import { closeSync, linkSync, openSync, realpathSync, renameSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import { identityOf, isSameProcess, type ProcessIdentity } from './boot.ts'
import { type DurableFiles, errorCode, isDiskFull } from './files.ts'

export interface Lock {
  /** Frees it; the process's end frees it as well. */
  release(): Promise<void>
}

export interface LockHolder {
  readonly process: ProcessIdentity
  readonly sinceAt: number
  /** What it runs, such as "update". */
  readonly verb: string
}

/** Takes the lock or throws `locked`. Never waits; holding it does not keep the process from exiting. */
export async function acquireLock(
  dir: string,
  verb: string,
  now: number,
  files: DurableFiles,
): Promise<Lock> {
  files.makeDirectory(dir)
  const place = realpathSync(dir)
  const file = join(place, 'lock')
  const held: Server[] = []
  const directory = openSync(place, 'r')

  async function release(): Promise<void> {
    for (const server of held.reverse()) await new Promise<void>((resolve) => server.close(() => resolve()))
    closeSync(directory)
  }

  try {
    // Off Linux there is no abstract name, and the socket file below is all there is.
    if (process.platform === 'linux') held.push(await listen(abstractName(place)))
    // A directory's path may be longer than the 107 bytes that a socket's may have.
    const short = process.platform === 'linux' ? `/proc/self/fd/${directory}` : place
    const socket = await listenInDirectory(short, holderIn(file, files))
    if (socket !== null) held.push(socket)
    note(file, { process: identityOf(process.pid), sinceAt: now, verb }, files)
    return {
      async release() {
        try {
          files.remove(file)
        } finally {
          await release()
        }
      },
    }
  } catch (error) {
    await release()
    if (errorCode(error) !== 'EADDRINUSE') throw error
    throw lockedBy(holderIn(file, files), dir, now)
  }
}

function note(file: string, holder: LockHolder, files: DurableFiles): void {
  try {
    files.writeAtomically(file, `${JSON.stringify(holder)}\n`)
  } catch (error) {
    // The sockets hold without it, and a full disk must not keep a rack from going back.
    if (!isDiskFull(error)) throw error
  }
}

function abstractName(place: string): string {
  return `\0headgate-${createHash('sha256').update(place).digest('hex').slice(0, 40)}`
}

/** Rejects with EADDRINUSE when somebody listens there. */
async function listen(path: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  server.on('error', () => undefined)
  return server.unref()
}

async function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', (error) => {
      const code = errorCode(error)
      // No permission to ask means that somebody else has it.
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT')
    })
  })
}

/**
 * The socket file: left behind by a dead owner, it refuses connections and may be taken over. Null where the file
 * system has no sockets; then the noted process decides alone.
 */
async function listenInDirectory(directory: string, noted: LockHolder | null): Promise<Server | null> {
  const path = join(directory, 'lock.sock')
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      return await listen(path)
    } catch (error) {
      const code = errorCode(error)
      if (code !== 'EADDRINUSE') {
        if (noted !== null && isSameProcess(noted.process) !== 'no') throw inUse()
        return null
      }
      if (await isListening(path)) throw error
    }
    await removeDeadSocket(path)
  }
  throw inUse()
}

/** Out of the way first, then asked once more: another run may have taken it over between question and act. */
async function removeDeadSocket(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  const alive = await isListening(aside)
  if (alive) linkSync(aside, path)
  unlinkSync(aside)
  if (alive) throw inUse()
}

function inUse(): Error {
  return Object.assign(new Error('the lock is held'), { code: 'EADDRINUSE' })
}

function holderIn(file: string, files: DurableFiles): LockHolder | null {
  try {
    const bytes = files.read(file)
    // Written by this program; whatever else it may be is caught below and is nobody.
    const holder = bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as LockHolder)
    return holder !== null && Number.isInteger(holder.process.pid) && Number.isFinite(holder.sinceAt)
      ? holder
      : null
  } catch {
    return null
  }
}

function lockedBy(holder: LockHolder | null, dir: string, now: number): Problem {
  const hint = 'wait until it is done, and run the command again'
  // Between taking the lock and saying so, the file still names the one before.
  if (holder === null || isSameProcess(holder.process) === 'no') {
    return new Problem('locked', `Another run holds ${dir}; it has not said yet who it is.`, {
      hint: `${hint}; to see it: ss -xlp | grep headgate`,
    })
  }
  const { pid } = holder.process
  const isHere = isSameProcess(holder.process) === 'yes'
  const since = new Date(holder.sinceAt).toISOString()
  const seconds = Math.max(0, Math.round((now - holder.sinceAt) / 1_000))
  return new Problem(
    'locked',
    `Another run holds ${dir}: "${holder.verb}", process ${pid}${isHere ? '' : ' of another container'}, since ${since} (${seconds} s).`,
    {
      hint: isHere ? `${hint}; to see it: ps -fp ${pid}` : hint,
      numbers: { pid, sinceAt: holder.sinceAt, verb: holder.verb },
    },
  )
}
