/** No secret stays in a log on the disk: not one that came in pieces, not one of a run that died, and nothing else moves. */
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lastLinesOf,
  logsDirectory,
  prepareLogs,
  stepLogFile,
  stepLogs,
} from '../../../cli/agent/attempt-logs.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { maskLog, openLogMask } from '../../../cli/agent/log-mask.ts'
import { keepLastLines } from '../../../cli/agent/process-output.ts'
import { runProcess } from '../../../cli/agent/run-process.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const secret = 'hgr_0123456789abcdef0123456789abcdef'
const env = { PATH: process.env.PATH ?? '' }

describe('a log', () => {
  test('of a running command loses the secret while the command goes on', async () => {
    const log = join(scratchDirectory(), 'log')
    let seen = ''
    const result = await runProcess({
      command: `echo before ${secret} after; printf '${secret.slice(0, 20)}'; sleep 0.4; echo '${secret.slice(20)}'; sleep 0.4; echo end`,
      cwd: '/',
      env,
      timeoutSeconds: 20,
      logFile: log,
      redact: [secret],
      onLine: (line) => {
        if (line === '[redacted]') seen = readFileSync(log, 'utf8')
      },
    })
    const mask = `[redacted]${'*'.repeat(secret.length - 10)}`
    expect(seen).toContain(`before ${mask} after`)
    expect(readFileSync(log, 'utf8')).toBe(`before ${mask} after\n${mask}\nend\n`)
    expect(result.lastLines).toEqual(['before [redacted] after', '[redacted]', 'end'])
  })

  test('keeps every other byte, however the secrets lie in it and however it came', () => {
    const pieces = fc.array(
      fc.oneof(fc.constant(secret), fc.string({ maxLength: 50 }), fc.constant('x'.repeat(70_000))),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 200_000 }), (parts, chunk) => {
        const log = join(scratchDirectory(), 'log')
        const text = Buffer.from(parts.join(''))
        writeFileSync(log, '')
        const writer = openSync(log, 'a')
        const mask = openLogMask(log, [secret])
        for (let at = 0; at < text.length; at += chunk) {
          writeSync(writer, text.subarray(at, at + chunk))
          mask.upTo(statSync(log).size)
        }
        mask.close()
        closeSync(writer)
        const expected = text.toString().replaceAll(secret, `[redacted]${'*'.repeat(secret.length - 10)}`)
        return readFileSync(log, 'utf8') === expected
      }),
      { numRuns: 60 },
    )
  })

  test('that a dead run left behind is masked by the next step of its attempt, and shown masked before that', () => {
    const dir = scratchDirectory()
    realFiles.makeDirectory(logsDirectory(dir))
    const file = stepLogFile(dir, { attempt: 'a1', direction: 'forward' }, 'migrate')
    const other = stepLogFile(dir, { attempt: 'a2', direction: 'back' }, 'host.web-1.apply')
    writeFileSync(file, `token ${secret}\nlast`)
    writeFileSync(other, 'fine\n')
    const [first, second] = stepLogs(dir, realFiles)
    if (!first || !second) throw new Error('no logs')
    expect([second.attempt, second.direction, second.step]).toEqual(['a2', 'back', 'host.web-1.apply'])
    expect(lastLinesOf(first, 5, [secret])).toEqual(['token [redacted]', 'last'])
    prepareLogs(dir, 'a1', realFiles, [secret])
    expect(readFileSync(file, 'utf8')).not.toContain('hgr_')
    expect(statSync(file).size).toBe(`token ${secret}\nlast`.length)
  })

  test('is one of a hundred at most', () => {
    const dir = scratchDirectory()
    realFiles.makeDirectory(logsDirectory(dir))
    for (let index = 0; index < 130; index += 1)
      writeFileSync(stepLogFile(dir, { attempt: `a${index}`, direction: 'forward' }, 'restart'), 'x')
    prepareLogs(dir, 'a', realFiles, [])
    expect(stepLogs(dir, realFiles)).toHaveLength(100)
  })
})

test('without secrets nothing is written to a log', () => {
  const log = join(scratchDirectory(), 'log')
  appendFileSync(log, 'as it was')
  maskLog(log, ['', secret])
  expect(readFileSync(log, 'utf8')).toBe('as it was')
})

describe('a line that never ends', () => {
  test.each([
    ['over the cut', 64_000 - 10],
    ['right before it', 64_000 - secret.length],
    ['right behind it', 64_001],
  ])('shows no part of a secret that lies %s', (_, at) => {
    const last = keepLastLines({ lines: 40, bytes: 16_384 }, [secret])
    last.feed('x'.repeat(at) + secret.slice(0, 15))
    last.feed(`${secret.slice(15)}yyy\n`)
    last.feed('end\n')
    expect(last.lines().join('\n')).not.toMatch(/hgr_0|abcdef/)
    expect(last.lines().at(-1)).toBe('end')
  })
})
