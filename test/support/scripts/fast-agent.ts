/**
 * An agent whose waiting takes no time: so many rounds, then it says what it weighs. What a check may take is waited for
 * in real time.
 */

import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runAgent } from '../../../cli/agent/agent.ts'
import type { Clock } from '../../../cli/agent/clock.ts'
import { createDurableFiles, nodeSyscalls } from '../../../cli/agent/files.ts'
import { sendFor } from '../../../cli/agent/send.ts'

const [dir = '', rounds = '', startAt = ''] = process.argv.slice(2)
// As `headgate agent run` does it (cli/main.ts).
for (const flag of ['--optimize-for-size', '--semi-space-growth-factor=1']) setFlagsFromString(flag)
let skipped = 0

/** What it weighs is asked, not how long a disk takes. */
const files = createDurableFiles({ ...nodeSyscalls, sync: () => undefined })

/** The monitor gives a check exactly that long; waits for rounds and questions are spread by chance. */
const ofAsking = 60_000

const clock: Clock = {
  now: () => Math.round(Number(startAt) + clock.monotonic()),
  monotonic: () => performance.now() + skipped,
  async sleep(ms, signal) {
    if (signal?.aborted) return
    if (ms === ofAsking) {
      await setTimeout(ms, undefined, signal ? { signal } : {}).catch(() => undefined)
      return
    }
    await setImmediate()
    skipped += ms
  },
}

function weight(round: number): void {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  console.log(JSON.stringify({ round, rss, heapUsed }))
}

const stop = new AbortController()
let done = 0
let failed = 0
await runAgent({
  place: {
    dir,
    files,
    clock,
    env: {},
    send: sendFor({}),
    uuid: () => crypto.randomUUID(),
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
  },
  signal: stop.signal,
  chance: Math.random,
  onStart: () => undefined,
  onRound({ problem }) {
    done += 1
    if (problem) failed += 1
    if (done === Number(rounds) / 10 || done === Number(rounds)) weight(done)
    if (done === Number(rounds)) stop.abort()
  },
})
console.log(JSON.stringify({ failed }))
