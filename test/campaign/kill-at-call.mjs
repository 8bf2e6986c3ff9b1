// Loaded before the installed program (node --import): it counts the calls that change something outside of the
// process, and sends it SIGKILL right before or right after one of them. Without a call to die at it only counts.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { CAMPAIGN_KILL_AT = 'Infinity', CAMPAIGN_KILL_SIDE = 'before', CAMPAIGN_COUNT_FILE } = process.env
let calls = 0

function countedIn(module, name) {
  const call = module[name]
  module[name] = (...words) => {
    calls += 1
    const isLast = calls === Number(CAMPAIGN_KILL_AT)
    if (isLast && CAMPAIGN_KILL_SIDE === 'before') process.kill(process.pid, 'SIGKILL')
    const result = call(...words)
    if (isLast) process.kill(process.pid, 'SIGKILL')
    return result
  }
}

const changing = [
  'writeSync',
  'fsyncSync',
  'renameSync',
  'symlinkSync',
  'linkSync',
  'unlinkSync',
  'mkdirSync',
  'rmSync',
]
for (const name of changing) countedIn(fs, name)
countedIn(childProcess, 'spawn')
syncBuiltinESMExports()

if (CAMPAIGN_COUNT_FILE) process.on('exit', () => fs.appendFileSync(CAMPAIGN_COUNT_FILE, `${calls}\n`))
