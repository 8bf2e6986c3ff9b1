// The ledger as it grows, over real sockets: taken up again by the last id, bounded for readers who do not read, ended when
// the registry stops or a token does.
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEventStreams } from '../../../server/ledger/event-streams.ts'
import { day } from '../../../shared/domain/instants.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

let here: TestRegistry
const open: ClientRequest[] = []
beforeEach(async () => {
  here = await openTestRegistry()
  await here.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  await here.call('POST', '/v1/apps', { json: { app: 'other', scheme: 'semver' } })
})
afterEach(async () => {
  for (const one of open.splice(0)) one.destroy()
  await here.dispose()
})

interface Listening {
  readonly answer: IncomingMessage
  text(): string
  ids(): number[]
  until(isTrue: () => boolean): Promise<void>
}

async function listen(
  query = '',
  headers: Record<string, string> = {},
  token = here.admin,
): Promise<Listening> {
  const asked = request(`${here.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  open.push(asked)
  asked.on('error', () => undefined).end()
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  if (!answer) throw new Error('no answer')
  let text = ''
  answer.setEncoding('utf8').on('error', () => undefined)
  answer.on('data', (part: string) => {
    text += part
  })
  return {
    answer,
    text: () => text,
    ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    until: (isTrue) => vi.waitFor(() => expect(isTrue(), text).toBe(true), { timeout: 5_000 }),
  }
}

const freeze = (app = 'rack', reason = 'x') => here.call('POST', '/v1/freezes', { json: { app, reason } })
const lift = (app = 'rack') => here.call('POST', '/v1/freezes/lift', { json: { app } })
const head = () => here.registry.ledger.head.sequence

describe('the stream of events', () => {
  test('says what happens from then on, each with its sequence, as the audit log says it', async () => {
    const { answer, text, until, ids } = await listen()
    expect(answer.headers['content-type']).toBe('text/event-stream')
    await until(() => text().includes('retry: '))
    const before = head()
    await freeze()
    await until(() => ids().length === 1)
    expect(ids()).toEqual([before + 1])
    const [, data = ''] = /^data: (.*)$/m.exec(text()) ?? []
    const { entries } = await here.call('GET', '/v1/audit?limit=1')
    expect([JSON.parse(data)]).toEqual(entries)
  })

  test('goes on behind Last-Event-ID with all that was missed, many pages of it, and nothing twice', async () => {
    const start = head()
    for (let i = 0; i < 60; i += 1) {
      await freeze('rack', `number ${i}`)
      await lift()
    }
    const { ids, until } = await listen('', { 'last-event-id': String(start) })
    await until(() => ids().length === 120)
    await freeze()
    await until(() => ids().length === 121)
    expect(ids()).toEqual(Array.from({ length: 121 }, (_, i) => start + 1 + i))
  })

  test('of one app says nothing of another; and by type and actor', async () => {
    const mine = await listen('?app=rack')
    const lifted = await listen('?type=freeze.lifted&actor=first-admin')
    await freeze('other')
    await freeze('rack')
    await lift('rack')
    await mine.until(() => mine.ids().length === 2)
    await lifted.until(() => lifted.ids().length === 1)
    expect(mine.text()).not.toContain('"app":"other"')
    expect(lifted.ids()).toEqual([head()])
  })

  test.each([
    ['?after=x', {}, 400, /after: expected a sequence/],
    ['?apps=rack', {}, 400, /apps/],
    ['?type=freze.set', {}, 400, /no type of event "freze\.set"/],
    ['', { 'last-event-id': 'x' }, 400, /Last-Event-ID "x"/],
    ['', { 'last-event-id': '999999' }, 400, /Event 999999 was seen before, and the ledger ends with event/],
  ])('asked %s %j is refused', async (query, headers, status, detail) => {
    const refused = await here.ask('GET', `/v1/events${query}`, { headers })
    expect(refused.status).toBe(status)
    expect(refused.json.detail).toMatch(detail)
  })

  test('ends when the registry stops, at once', async () => {
    const { answer } = await listen()
    const ended = once(answer, 'end')
    here.registry.eventStreams.end()
    await ended
    expect(here.registry.eventStreams.size).toBe(0)
    expect((await here.ask('GET', '/v1/events')).status).toBe(429)
  })
})

describe('a reader', () => {
  const quick = { heartbeatMilliseconds: 50, patienceMilliseconds: 200, streams: 3, streamsOfOne: 2 }

  function streams() {
    return createEventStreams({ store: here.registry.store, ledger: here.registry.ledger, limits: quick })
  }

  const asked = { who: 'ada', filter: {}, after: 0, stillMay: () => undefined, drop: () => undefined }

  test('is told that the line is alive, and cut off when it may read no longer', async () => {
    let isAllowed = true
    const stillMay = (): void => {
      if (!isAllowed) throw new Error('ended')
    }
    const reader = streams()
      .open({ ...asked, after: head(), stillMay })
      .getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toContain('retry')
    expect(await next()).toBe(': still here\n\n')
    isAllowed = false
    expect(await next()).toBe('')
  })

  test('who does not read is dropped, and nothing is kept for it', async () => {
    const all = streams()
    const drop = vi.fn()
    const stream = all.open({ ...asked, drop })
    expect(all.size).toBe(1)
    await vi.waitFor(() => expect(all.size).toBe(0), { timeout: 3_000 })
    expect(drop).toHaveBeenCalledOnce()
    await stream.cancel()
  })

  test('that takes too many is refused, and so is one too many of all', () => {
    const all = streams()
    all.open(asked)
    all.open(asked)
    expect(() => all.open(asked)).toThrow('ada has 2 streams of events already')
    all.open({ ...asked, who: 'bea' })
    expect(() => all.open({ ...asked, who: 'cid' })).toThrow('All 3 streams of events are taken')
    all.end()
  })

  test('at a socket that is full is cut off, without the registry growing', async () => {
    // More than any kernel keeps for a connection.
    for (let i = 0; i < 130; i += 1) {
      const json = { version: String(20160816000000 + i), notes: 'x'.repeat(100_000) }
      await here.call('POST', '/v1/apps/rack/releases', { json })
    }
    const own = createEventStreams({
      store: here.registry.store,
      ledger: here.registry.ledger,
      limits: quick,
    })
    vi.spyOn(here.registry.eventStreams, 'open').mockImplementation(own.open)
    const { port } = new URL(here.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${here.admin}\r\n\r\n`)
    socket.pause()
    await vi.waitFor(() => expect(own.size).toBe(1), { timeout: 3_000 })
    await vi.waitFor(() => expect(own.size).toBe(0), { timeout: 8_000 })
    const closed = once(socket, 'close')
    socket.resume()
    await closed
  })

  test('whose token ends is told at the next heartbeat', async () => {
    const token = await here.mint('viewer', { days: 1 })
    const own = createEventStreams({
      store: here.registry.store,
      ledger: here.registry.ledger,
      limits: quick,
    })
    vi.spyOn(here.registry.eventStreams, 'open').mockImplementation(own.open)
    const { answer } = await listen('', {}, token)
    const ended = once(answer, 'end')
    here.clock.advance(2 * day)
    await ended
  })
})
