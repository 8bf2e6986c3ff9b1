/** A measured process: started, waited for until it answers, its CPU time read from /proc, ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Child {
  readonly pid: number
  /** User and system time so far, in microseconds; the kernel counts in ticks of 10 ms. */
  cpuMicroseconds(): number
  stop(): Promise<void>
}

const microsecondsPerTick = 10_000

/** Starts `node` with the arguments; resolves when `url` answers. Pinned to a core where taskset is there. */
export async function startNode(
  args: readonly string[],
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<Child> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  await untilAnswering(child, url)
  const { pid } = child
  if (pid === undefined) throw new Error('The process has no id.')
  return {
    pid,
    cpuMicroseconds() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function untilAnswering(child: ChildProcess, url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`The process ended with ${child.exitCode} before it answered.`)
    const isAnswering = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isAnswering) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} does not answer.`)
}
