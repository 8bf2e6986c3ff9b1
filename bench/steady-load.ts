/**
 * Requests at a steady rate from a process of its own, each with the time it waited. They come when they are due, as a
 * fleet's do, and not when the answer before is there: who comes while nobody answers is counted with all of the wait.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { z } from 'zod'
import { openConnection } from './load.ts'

export interface SteadyLoad {
  readonly port: number
  /** Whole requests, asked in turn. */
  readonly requests: readonly Buffer[]
  readonly perSecond: number
}

export interface Wait {
  /** As `preciseNow`. */
  readonly askedAt: number
  readonly milliseconds: number
}

export interface SteadyLoadProcess {
  stop(): Promise<readonly Wait[]>
}

/** As many as ask during the longest stall that is likely; who finds none free waits for one, and that counts. */
const connections = 256

const asked = z.object({
  port: z.number(),
  requests: z.array(z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes))),
  perSecond: z.number(),
})
const waited = z.array(z.object({ askedAt: z.number(), milliseconds: z.number() }))

/** Milliseconds since the epoch, with fractions: the same in every process of the machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}

/** `program`, started with the word `ask`, calls `askSteadily`. */
export function startSteadyLoad(program: string, load: SteadyLoad): SteadyLoadProcess {
  const child = fork(program, ['ask'], { execArgv: [], serialization: 'advanced' })
  child.send(load)
  return {
    async stop() {
      const answer = Promise.race([
        once(child, 'message').then(([message]) => waited.parse(message)),
        once(child, 'exit').then(([code]) => {
          throw new Error(`The process that asks ended with ${code}: nothing is measured that way.`)
        }),
      ])
      child.send('stop')
      return answer
    },
  }
}

/** The side of the process that asks: takes a load, asks until it is told to stop, and tells what it waited. */
export async function askSteadily(self: NodeJS.Process): Promise<void> {
  const [load] = await once(self, 'message')
  const asking = startAsking(asked.parse(load))
  await once(self, 'message')
  self.send?.(await asking.stop(), () => self.disconnect())
}

function startAsking({ port, requests, perSecond }: SteadyLoad): SteadyLoadProcess {
  const begunAt = preciseNow()
  const waits: Wait[] = []
  const due: number[] = []
  const free: Asker[] = []
  let asked = 0

  function openAsker(): Asker {
    let askedAt = 0
    const beFree = (): void => {
      const next = due.shift()
      if (next === undefined) free.push(asker)
      else asker.ask(next)
    }
    const connection = openConnection(port, {
      onOpen: beFree,
      onFailure: fail,
      onAnswer(status) {
        if (status !== '200') fail(new Error(`A check was answered with ${status}.`))
        waits.push({ askedAt, milliseconds: preciseNow() - askedAt })
        beFree()
      },
    })
    const asker = {
      ask(at: number) {
        askedAt = at
        const request = requests[asked % requests.length]
        asked += 1
        if (request) connection.ask(request)
      },
      end: connection.end,
    }
    return asker
  }

  const askers = Array.from({ length: connections }, openAsker)
  // What is late because a timer of this process is late is not the server's: it counts from when it is asked.
  let come = 0
  const timer = setInterval(() => {
    const now = preciseNow()
    for (; come < ((now - begunAt) * perSecond) / 1000; come += 1) {
      const asker = free.shift()
      if (asker) asker.ask(now)
      else due.push(now)
    }
  }, 1)

  return {
    async stop() {
      clearInterval(timer)
      while (free.length < connections) await new Promise((resolve) => setTimeout(resolve, 5))
      for (const { end } of askers) end()
      return waits
    },
  }
}

interface Asker {
  ask(at: number): void
  end(): void
}

function fail(error: Error): never {
  throw error
}
