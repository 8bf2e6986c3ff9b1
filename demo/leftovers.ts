/**
 * Finds what still runs on behalf of one temporary folder. Racks are started in sessions of their own, so neither a
 * process group nor a parent leads to them; but each has the folder's unrepeatable name on its command line.
 */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Process ids. A zombie has no command line any more, and is none. */
export async function processesNaming(folder: string): Promise<readonly number[]> {
  const all = (await fromProc()) ?? (await fromPs())
  return all.filter(({ id, words }) => id !== process.pid && words.includes(folder)).map(({ id }) => id)
}

export function endProcess(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch {
    // It ended by itself.
  }
}

interface Running {
  readonly id: number
  readonly words: string
}

/** Undefined where there is no /proc: on macOS. */
async function fromProc(): Promise<Running[] | undefined> {
  const names = await readdir('/proc').catch(() => [])
  const ids = names.filter((name) => /^\d+$/.test(name))
  if (ids.length === 0) return undefined
  return Promise.all(
    ids.map(async (id) => ({
      id: Number(id),
      words: await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''),
    })),
  )
}

async function fromPs(): Promise<Running[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 2 ** 26 })
  return stdout.split('\n').map((line) => ({ id: Number.parseInt(line, 10), words: line }))
}
