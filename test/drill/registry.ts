/**
 * The real registry as a process of its own, started from here instead of from the command: its clock stands until the drill
 * moves it, and it looks at its rollouts when the drill says so. The program itself has no such flag.
 */
import { createHash } from 'node:crypto'
import { serve } from '../../server/main.ts'

const [, , dataDir = '', startAt = '0', seed = ''] = process.argv
let now = Number(startAt)
let drawn = 0

const { url, registry, closed } = await serve({
  dataDir,
  port: 0,
  // What halts raises an alarm, as it should; the table of the drill has no room for it.
  env: { HEADGATE_LOG_LEVEL: 'error' },
  say: () => undefined,
  clock: () => now,
  // The same in every run of a seed: so are the registry's id and the order of the racks in every rollout.
  random(bytes) {
    drawn += 1
    const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, block) =>
      createHash('sha256').update(`${seed} ${drawn} ${block}`).digest(),
    )
    return Buffer.concat(blocks).subarray(0, bytes)
  },
})
await registry.rollouts.stop()

process.on('message', async (asked: { readonly id: number; readonly now?: number }) => {
  if (asked.now !== undefined) {
    // What every second brings comes with a quarter of an hour, however fast the drill goes.
    await registry.checkIns.flush()
    now = asked.now
  } else await registry.rollouts.tick()
  process.send?.({ id: asked.id })
})
process.send?.({ url })
// The drill's line to it would keep the process alive.
await closed
process.disconnect()
