// What keeps the narration honest: a command is held to its exit code, its answer and what the story says of it.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  answerOf,
  type CommandPlace,
  type Done,
  departure,
  hold,
  runCommand,
} from '../../demo/run-command.ts'

const place = (signal = new AbortController().signal): CommandPlace => ({
  cwd: import.meta.dirname,
  env: { PATH: process.env.PATH ?? '' },
  signal,
})
const node = (code: string, signal?: AbortSignal) =>
  runCommand([process.execPath, '-e', code], 'headgate try', place(signal))
const done = (given: Partial<Done>): Done => ({
  command: 'headgate try',
  code: 0,
  stdout: '',
  stderr: '',
  ...given,
})
const named = z.object({ name: z.string() })

describe('running', () => {
  test('gives the exit code and both streams, and only the environment of the stage', async () => {
    const ran = await node(
      'console.log(Object.keys(process.env).join()); console.error("no"); process.exit(20)',
    )
    expect(ran).toEqual({ command: 'headgate try', code: 20, stdout: 'PATH\n', stderr: 'no\n' })
  })

  test('one that a signal ended has a code as a shell gives it', async () => {
    expect((await node('process.kill(process.pid, "SIGTERM")')).code).toBe(143)
  })

  test('an interruption ends what runs, and nothing is started after it', async () => {
    const interruption = new AbortController()
    const running = node('setInterval(() => {}, 1000)', interruption.signal)
    setTimeout(() => interruption.abort(), 100)
    expect((await running).code).toBe(143)
    await expect(node('', interruption.signal)).rejects.toThrow(/abort/)
  })

  test('what cannot be started is told with why', async () => {
    await expect(runCommand(['/nowhere/node'], 'headgate try', place())).rejects.toThrow(
      /command {3}headgate try\n {2}expected {2}that it can be started \(.*ENOENT\)/,
    )
  })
})

describe('the answer', () => {
  test('is the envelope on stdout, or on stderr for a refusal', () => {
    expect(answerOf(done({ stdout: '{"name": "a", "more": 1}\n' }), named).answer).toEqual({ name: 'a' })
    expect(answerOf(done({ code: 3, stderr: '{"name": "b"}' }), named).answer).toEqual({ name: 'b' })
  })

  test.each([
    ['words', 'done.', 'one JSON envelope'],
    ['nothing', '', 'one JSON envelope'],
    ['two envelopes', '{"name": "a"}\n{"name": "b"}\n', 'one JSON envelope'],
    ['a lack', '{"nom": "a"}', '.name in the answer'],
  ])('%s is a departure that shows the output', (_, stdout, expected) => {
    expect(() => answerOf(done({ stdout }), named)).toThrow(`expected  ${expected}`)
  })
})

test('a departure is the command, what was expected, and everything that it printed', () => {
  const ran = done({ code: 21, stdout: 'first\nsecond\n', stderr: 'third\n' })
  expect(departure(ran, 'exit 20').message.split('\n').slice(1)).toEqual([
    '  command   headgate try',
    '  expected  exit 20',
    '  got       exit 21, with this output',
    'stdout:',
    '  first',
    '  second',
    'stderr:',
    '  third',
  ])
  expect(departure(done({}), 'a word').message).toContain('exit 0 without a word')
  expect(() => hold(true, ran, 'anything')).not.toThrow()
  expect(() => hold(false, ran, 'another thing')).toThrow('expected  another thing')
})
