// A new agent at an older registry: it speaks what that understands, remembers it for a while, and tries again later.
import { describe, expect, test } from 'vitest'
import { createRegistryClient } from '../../../cli/agent/registry-client.ts'
import type { Send } from '../../../cli/agent/send.ts'
import { fieldBeyond, protocol1, protocolHeader } from '../../../shared/contract/protocol.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aReport } from '../../support/test-registry.ts'

interface Heard {
  readonly path: string
  readonly header: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

const decision = {
  app: 'rack',
  scheme: 'timestamp',
  channel: 'stable',
  rack: 'prod-1',
  current: null,
  action: 'none',
  reason: 'up_to_date',
  motive: 'rollout',
  target: null,
  destination: null,
  until: null,
  askAgainSeconds: 60,
  detail: 'nothing to do',
  advisories: [],
  revision: 1,
  ledgerSequence: 1,
}

const problem = (code: string, numbers?: object) => ({
  status: 400,
  text: JSON.stringify({ type: 'about:blank', title: code, status: 400, code, detail: code, numbers }),
})

/** The rule of the registry of 0.1.0: strict about the fields first, then about the number; no header is read. */
function registryOfBefore(heard: Heard[]): Send {
  return async (url, { headers, body }) => {
    const said = body === '' ? {} : JSON.parse(body)
    heard.push({ path: url.pathname, header: headers[protocolHeader], body: said })
    if (url.pathname.endsWith('/check')) {
      if (fieldBeyond(said, protocol1.report) !== undefined) return problem('invalid_input')
      if (said.protocol !== 1) return problem('unsupported_protocol', { got: said.protocol, served: [1] })
      return { status: 200, text: JSON.stringify(decision) }
    }
    const fields = url.pathname.endsWith('/attempts') ? protocol1.grant : protocol1.attemptReport
    if (fieldBeyond(said, fields) !== undefined) return problem('invalid_input')
    return { status: 200, text: JSON.stringify({ id: said.id ?? url.pathname.split('/').at(-1) }) }
  }
}

function anAgent(send: Send, spoken = 2) {
  let present = spoken
  const client = createRegistryClient({
    url: 'http://registry.test',
    app: 'rack',
    channel: 'stable',
    rack: 'prod-1',
    token: 'token',
    clock: fakeClock(),
    send,
    spoken: {
      present: () => present,
      learn: (protocol) => {
        present = protocol
      },
    },
  })
  return { client, speaks: () => present }
}

/** A report with something that protocol 1 has no word for, at the top and below. */
const newerReport = () =>
  Object.assign(
    aReport({ pin: Object.assign({ version: '1', owner: 'ada', reason: 'x' }, { ticket: 'T-1' }) }),
    {
      mood: 'fine',
    },
  )

describe('a registry of protocol 1', () => {
  test('is asked again without the newer fields, whether it minds the number or the fields first', async () => {
    for (const report of [aReport(), newerReport()]) {
      const heard: Heard[] = []
      const { client, speaks } = anAgent(registryOfBefore(heard))
      expect((await client.check(report)).action).toBe('none')
      expect(heard.map(({ header }) => header)).toEqual(['2', '1'])
      expect(heard[1]?.body).toMatchObject({ protocol: 1 })
      expect(fieldBeyond(heard[1]?.body, protocol1.report)).toBeUndefined()
      expect(speaks()).toBe(1)
    }
  })

  test('is spoken to in its own words from then on, in one request each', async () => {
    const heard: Heard[] = []
    const { client } = anAgent(registryOfBefore(heard))
    await client.check(newerReport())
    heard.length = 0
    await client.check(newerReport())
    const asked = {
      id: crypto.randomUUID(),
      target: '1',
      action: 'update',
      motive: 'rollout',
      plan: { any: 1 },
    } as const
    await client.grant({ ...asked, report: newerReport() })
    expect(heard.map(({ header }) => header)).toEqual(['1', '1'])
    expect(heard[1]?.body).toMatchObject({ plan: { any: 1 }, report: { protocol: 1 } })
  })

  test('hears of an attempt even when the attempt has newer things to say', async () => {
    const heard: Heard[] = []
    const { client } = anAgent(registryOfBefore(heard))
    const told = {
      from: null,
      target: '1',
      action: 'update',
      motive: 'rollout',
      reason: 'offered',
      startedAt: new Date(0).toISOString(),
      events: [
        Object.assign({ index: 0, at: new Date(0).toISOString(), state: 'proved', detail: '' }, { hosts: 3 }),
      ],
      outcome: 'proved',
    } as const
    await client.reportAttempt(crypto.randomUUID(), { ...told, events: [...told.events] })
    expect(heard).toHaveLength(2)
    expect(heard[1]?.body).toMatchObject({ outcome: 'proved', events: [{ index: 0, state: 'proved' }] })
  })
})

describe('a registry of now', () => {
  const said =
    (code: string, numbers: object): Send =>
    async () =>
      problem(code, numbers)

  test('that finds a report wrong is not asked again in another protocol', async () => {
    let asked = 0
    const { client, speaks } = anAgent(async (...request) => {
      asked += 1
      return said('invalid_input', { served: [1, 2] })(...request)
    })
    await expect(client.check(aReport())).rejects.toMatchObject({ code: 'invalid_input' })
    expect(asked).toBe(1)
    expect(speaks()).toBe(2)
  })

  test('that was updated since is spoken to in the newest again', async () => {
    const heard: (string | undefined)[] = []
    const { client, speaks } = anAgent(async (_url, { headers, body }) => {
      heard.push(headers[protocolHeader])
      return JSON.parse(body).protocol === 2
        ? { status: 200, text: JSON.stringify(decision) }
        : problem('unsupported_protocol', { got: 1, served: [2, 3] })
    }, 1)
    await client.check(aReport())
    expect(speaks()).toBe(2)
    expect(heard).toEqual(['1', '2'])
  })

  test('with which no protocol is shared says so, and nothing is remembered', async () => {
    const { client, speaks } = anAgent(said('unsupported_protocol', { got: 2, served: [7, 8] }))
    await expect(client.check(aReport())).rejects.toMatchObject({ code: 'unsupported_protocol' })
    expect(speaks()).toBe(2)
  })
})
