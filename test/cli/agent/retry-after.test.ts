/** Retry-After: what is understood, what is not, and how an agent keeps to it. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../cli/agent/clock.ts'
import { createRegistryClient } from '../../../cli/agent/registry-client.ts'
import { retryAfterMs } from '../../../cli/agent/retry-after.ts'
import { sendDirectly, sendFor } from '../../../cli/agent/send.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { oddServer } from '../../support/odd-server.ts'
import { aReport } from '../../support/test-registry.ts'

const now = Date.UTC(2016, 7, 16, 12)

test.each([
  ['120', 120_000],
  [' 7 ', 7_000],
  ['0', 0],
  ['Tue, 16 Aug 2016 12:05:00 GMT', 300_000],
  ['Tue, 16 Aug 2016 11:05:00 GMT', 0],
  ['99999999', 86_400_000],
  ['Tue, 16 Aug 2036 12:00:00 GMT', 86_400_000],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['2016-08-16', undefined],
  ['Tue, 99 Aug 2016 12:05:00 GMT', undefined],
  [undefined, undefined],
])('%s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, { now, mostMs: 86_400_000 })).toBe(ms)
})

async function refusedWith(
  status: number,
  headers: Record<string, string>,
  text: string,
  send = sendDirectly,
): Promise<Problem> {
  const { origin } = await oddServer((_request, response) => response.writeHead(status, headers).end(text))
  const client = createRegistryClient({
    url: origin,
    app: 'rack',
    channel: 'stable',
    rack: 'prod-1',
    token: 'hg_x',
    clock: { ...systemClock, now: () => now },
    send,
    spoken: { present: () => 2, learn: () => undefined },
  })
  return client.check(aReport()).then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => {
      if (error instanceof Problem) return error
      throw error
    },
  )
}

describe('a registry that wants to be left alone', () => {
  const problem = JSON.stringify({ code: 'too_many_requests', detail: 'Slower.', numbers: { limit: 5 } })
  test.each([
    ['by itself', 429, problem, 'too_many_requests'],
    ['by a proxy', 503, '<html>busy</html>', 'registry_unreachable'],
    ['by a proxy that counts', 429, '<html>slow down</html>', 'registry_unreachable'],
  ] as const)('says so %s', async (_, status, text, code) => {
    const seconds = await refusedWith(status, { 'retry-after': '90' }, text)
    expect(seconds).toMatchObject({ code, numbers: { retryAfterSeconds: 90 } })
    const date = await refusedWith(status, { 'retry-after': 'Tue, 16 Aug 2016 12:00:30 GMT' }, text)
    expect(date).toMatchObject({ code, numbers: { retryAfterSeconds: 30 } })
  })

  test('and is heard through the other way out too', async () => {
    const send = sendFor({ http_proxy: 'http://127.0.0.1:9' })
    const refused = await refusedWith(503, { 'retry-after': '90' }, 'busy', send)
    expect(refused).toMatchObject({ code: 'registry_unreachable', numbers: { retryAfterSeconds: 90 } })
  })

  test.each([
    ['a word that is none', 503, { 'retry-after': 'later' }],
    ['an answer that is no refusal of that kind', 500, { 'retry-after': '90' }],
  ])('but not with %s', async (_, status, headers) => {
    expect((await refusedWith(status, headers, 'x')).numbers?.retryAfterSeconds).toBeUndefined()
  })

  test('asks for a day at most', async () => {
    const refused = await refusedWith(503, { 'retry-after': '31536000' }, 'x')
    expect(refused.numbers).toMatchObject({ retryAfterSeconds: 86_400 })
  })
})
