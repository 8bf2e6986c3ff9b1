/**
 * Loaded before a program whose months are to pass in seconds: a pause takes no time and moves its clocks on, and nothing
 * waits for a disk. What a check of ten seconds may take is waited for in real time. It begins at CLOCK_STARTS_AT.
 */
const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const { performance } = require('node:perf_hooks')
const timers = require('node:timers/promises')

const patienceOfCheckMs = 10_000
const startsAt = Number(process.env.CLOCK_STARTS_AT)
const elapsed = performance.now.bind(performance)
const sleep = timers.setTimeout
let skipped = 0

timers.setTimeout = async (ms, value, options) => {
  if (ms === patienceOfCheckMs) return sleep(ms, value, options)
  options?.signal?.throwIfAborted()
  await timers.setImmediate()
  skipped += ms
  return value
}
Object.defineProperty(performance, 'now', { value: () => elapsed() + skipped })
const RealDate = Date
const now = () => Math.round(startsAt + performance.now())
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [now()] : given))
  }
  static now() {
    return now()
  }
}
fs.fsyncSync = () => undefined
syncBuiltinESMExports()
