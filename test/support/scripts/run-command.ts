/** Runs one command as a driver would, says which group it got, and waits for it (until somebody kills it). */

import { writeFileSync } from 'node:fs'
import { runProcess } from '../../../cli/agent/run-process.ts'

const [command = '', logFile = '', when = 'started', noted = ''] = process.argv.slice(2)
const result = await runProcess({
  command,
  cwd: '/',
  env: { PATH: process.env.PATH ?? '' },
  timeoutSeconds: 60,
  logFile,
  async onStart(group) {
    writeFileSync(noted, JSON.stringify(group))
    console.log(when)
    if (when === 'before') await new Promise((resolve) => setTimeout(resolve, 60_000))
  },
})
console.log(JSON.stringify({ code: result.code, lastLines: result.lastLines }))
