/** Takes the lock of a directory, says so, and holds it until it is killed or its stdin ends ("release" frees it). */

import { realFiles } from '../../../cli/agent/files.ts'
import { acquireLock } from '../../../cli/agent/lock.ts'

const [dir = '', how = 'hold'] = process.argv.slice(2)
try {
  const lock = await acquireLock(dir, 'update', Date.now(), realFiles)
  console.log('held')
  if (how === 'hold') {
    process.stdin.resume()
    await new Promise((resolve) => process.stdin.once('end', resolve))
    await lock.release()
    console.log('released')
  }
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error))
  process.exitCode = 75
}
