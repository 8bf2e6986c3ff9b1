/** An agent through every kind of bad registry, one after the other: it keeps what runs, waits longer, and goes on. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { runAgent, type ToldRound } from '../../../cli/agent/agent.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { type Send, sendDirectly } from '../../../cli/agent/send.ts'
import { hurriedClock } from '../../support/campaign-clock.ts'
import { silence } from '../../support/campaign-registry.ts'
import { aYard, type Yard } from '../../support/campaign-yard.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, yard: Yard) => void

const json = { 'content-type': 'application/json' }
const says =
  (status: number, text: string | Buffer, headers: Record<string, string> = json): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(text)

/** What the registry would have answered, changed on its way. */
const changed =
  (change: (decision: Record<string, unknown>) => unknown): Answer =>
  (request, response, yard) => {
    const { end } = response
    const writeHead = response.writeHead.bind(response)
    response.writeHead = () => response
    response.end = ((chunk: unknown) => {
      const decision: Record<string, unknown> = JSON.parse(String(chunk))
      writeHead(200, json)
      return end.call(response, JSON.stringify(change(decision)), 'utf8')
    }) as typeof response.end
    yard.passOn(request, response)
  }

const weathers: readonly [string, Answer, string][] = [
  ['is not there', (request, response) => void silence(request, response), 'registry_unreachable'],
  ['takes the question and says nothing', () => undefined, 'registry_unreachable'],
  [
    'says nothing after its status',
    (_, response) => response.writeHead(200, json).flushHeaders(),
    'registry_unreachable',
  ],
  [
    'drips, a byte at a time',
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
    'registry_unreachable',
  ],
  [
    'says half of it',
    (_, response) => {
      response.writeHead(200, { ...json, 'content-length': '5000' }).write('{"action":"upd')
      setTimeout(() => response.destroy(), 20)
    },
    'registry_unreachable',
  ],
  ['says half of it as if it were all', says(200, '{"action":"upd'), 'bad_answer'],
  ['says nothing at all', says(200, ''), 'bad_answer'],
  ['has a page for the guests of the hotel', says(200, '<html>Welcome</html>'), 'bad_answer'],
  ['sends elsewhere', says(302, '', { location: 'http://127.0.0.1:9/' }), 'bad_answer'],
  ['talks without end', says(200, Buffer.alloc(5 * 1024 * 1024, ' ')), 'registry_unreachable'],
  ['has a bug', says(500, '{"code":"internal_error","detail":"A bug."}'), 'registry_unreachable'],
  ['is behind a proxy that is not', says(502, 'Bad Gateway'), 'registry_unreachable'],
  ['answers from an old copy', changed((decision) => ({ ...decision, ledgerSequence: 1 })), 'stale_answer'],
  ['answers from an older revision', changed((decision) => ({ ...decision, revision: 0 })), 'stale_answer'],
  ['answers another question', changed(() => ({ rack: 'prod-1' })), 'bad_answer'],
  [
    'names a version that is a path',
    changed((decision) => ({ ...decision, action: 'update', target: { version: '../../etc' } })),
    'bad_answer',
  ],
]

/** The answers that only patience ends. */
const endless = [
  'takes the question and says nothing',
  'says nothing after its status',
  'drips, a byte at a time',
]

test('an agent outlives every bad registry, keeps what runs, and takes what the good one offers', {
  timeout: 120_000,
}, async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  await yard.serves('20')

  const told: ToldRound[] = []
  const stop = new AbortController()
  // So fast that hours of waiting pass; the good registry's artifact and the checks are given the time that they take.
  const clock = hurriedClock(2_000)
  let weather = 0
  const wears = () => {
    const answer = weathers[weather]?.[1]
    yard.intercept((request, response) => {
      if (answer) answer(request, response, yard)
      else clock.runs(20)
      return answer !== undefined
    })
  }
  wears()
  const send: Send = (url, request) => {
    const isEndless = endless.includes(weathers[weather]?.[0] ?? '')
    return sendDirectly(url, isEndless ? { ...request, timeoutMs: 400 } : request)
  }
  await runAgent({
    place: {
      dir: rack.dir,
      files: realFiles,
      clock,
      env: process.env,
      send,
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
    },
    signal: stop.signal,
    chance: () => 0.5,
    onStart: () => undefined,
    onRound(round) {
      told.push(round)
      const [name] = weathers[weather] ?? []
      if (name !== undefined) {
        expect(rack.installed(), name).toBe('10')
        expect(rack.starts(), name).toHaveLength(1)
      }
      weather += 1
      wears()
      if (weather > weathers.length) stop.abort()
    },
  })
  const bad = told.slice(0, weathers.length)
  expect(bad.map(({ problem }, index) => [weathers[index]?.[0], problem?.code])).toEqual(
    weathers.map(([name, , code]) => [name, code]),
  )
  // Full jitter: half of the longest wait, which doubles up to a quarter of an hour.
  expect(bad.map(({ nextInSeconds }) => nextInSeconds)).toEqual(
    weathers.map((_, index) => Math.min(900, 5 * 2 ** index) / 2),
  )
  expect(told.at(-1)?.words).toBe('update 10 → 20: proved')
  expect(rack.installed()).toBe('20')
})

test('a registry that asks to be left alone is left alone, for a day at most', {
  timeout: 60_000,
}, async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  const told: ToldRound[] = []
  const stop = new AbortController()
  const waits = ['120', '31536000']
  yard.intercept((_, response) => {
    const [wait = ''] = waits
    response.writeHead(503, { 'retry-after': wait }).end('later')
    return true
  })
  await runAgent({
    place: {
      dir: rack.dir,
      files: realFiles,
      clock: hurriedClock(100_000),
      env: process.env,
      send: sendDirectly,
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
    },
    signal: stop.signal,
    chance: () => 0.5,
    onStart: () => undefined,
    onRound(round) {
      told.push(round)
      waits.shift()
      if (waits.length === 0) stop.abort()
    },
  })
  expect(told.map(({ nextInSeconds }) => nextInSeconds)).toEqual([126, 86_400 * 1.05])
})
