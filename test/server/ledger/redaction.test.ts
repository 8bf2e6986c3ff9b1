// Words are erased from rows, files, memory and kept answers, and everything else is as it was.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainState } from '../../domain/plain-state.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'
import { saidBy } from './requests.ts'

const secret = 'the password is hunter2, said Zoë'

let here: TestRegistry
beforeEach(async () => {
  here = await openTestRegistry()
  await here.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
})
afterEach(() => here.dispose())

/** Of every file of the database, as bytes. */
function filesSay(text: string): string[] {
  return readdirSync(here.dataDir)
    .filter((name) => name.startsWith('registry.sqlite'))
    .filter((name) => readFileSync(join(here.dataDir, name)).includes(text))
}

async function freeze(reason = secret, headers: Record<string, string> = {}): Promise<number> {
  await here.call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'stable', reason }, headers })
  return here.registry.ledger.head.sequence
}

function redact(sequence: number, fields: readonly string[], more: object = {}) {
  return here.ask('POST', `/v1/audit/${sequence}/redact`, { json: { fields, reason: 'a password', ...more } })
}

describe('a redaction', () => {
  test('leaves the words in no file, no answer and no memory, also after a restart; the chain holds', async () => {
    const sequence = await freeze(secret, { 'idempotency-key': 'the-key' })
    expect(filesSay('hunter2')).not.toEqual([])
    const before = plainState(here.registry.ledger.state)
    const redacted = await redact(sequence, ['/reason'])
    expect(redacted).toMatchObject({
      status: 200,
      json: { sequence, redaction: sequence + 1, type: 'freeze.set', app: 'rack', alsoIn: [], dryRun: false },
    })
    const blanked = JSON.parse(JSON.stringify(before).replaceAll(secret, '[redacted]'))
    for (const isRestarted of [false, true]) {
      if (isRestarted) await here.restart()
      expect(filesSay('hunter2')).toEqual([])
      expect(JSON.stringify(await saidBy(here))).not.toContain('hunter2')
      expect(JSON.parse(JSON.stringify(plainState(here.registry.ledger.state)))).toEqual(blanked)
      expect(await here.call('GET', '/v1/audit/verify')).toMatchObject({ holds: true, redacted: 1 })
    }
    const again = await here.ask('POST', '/v1/freezes', {
      json: { app: 'rack', channel: 'stable', reason: secret },
      headers: { 'idempotency-key': 'the-key' },
    })
    expect(again.json).toMatchObject({ reason: '[redacted]', all: false })
  })

  test('shows in the log what stands for the event, and which event says so', async () => {
    const sequence = await freeze()
    await redact(sequence, ['/reason'])
    const { entries } = await here.call('GET', '/v1/audit?limit=2')
    expect(entries).toMatchObject([
      {
        type: 'event.redacted',
        app: 'rack',
        reason: 'a password',
        redactedBy: null,
        event: { sequence, fields: ['/reason'], supersedes: [] },
      },
      {
        sequence,
        type: 'freeze.set',
        actor: 'token:first-admin',
        reason: '[redacted]',
        redactedBy: sequence + 1,
        event: { channel: 'stable', reason: '[redacted]' },
      },
    ])
  })

  test('writing goes on: the state that others hold is the one that forgot', async () => {
    const sequence = await freeze()
    const { state } = here.registry.ledger
    await redact(sequence, ['/reason'])
    expect(here.registry.ledger.state).toBe(state)
    expect(state.apps.get('rack')?.owner).toBe(state)
    await here.call('POST', '/v1/apps/rack/releases', { json: { version: '20160816140022' } })
    expect(state.apps.get('rack')?.channels.get('unstable')?.head).toBe('20160816140022')
    const before = plainState(state)
    await here.restart()
    expect(plainState(here.registry.ledger.state)).toEqual(before)
  })

  test('of the same event again erases the earlier redaction with it: it still said the other words', async () => {
    await here.call('POST', '/v1/apps/rack/releases', {
      json: { version: '20160816140022', notes: 'first secret', source: { url: 'https://second.secret' } },
    })
    const [entry] = (await here.call('GET', '/v1/audit?type=release.published')).entries as {
      sequence: number
    }[]
    const sequence = entry?.sequence ?? 0
    const first = (await redact(sequence, ['/content/notes'])).json
    expect(filesSay('first secret')).toEqual([])
    expect(filesSay('second.secret')).not.toEqual([])
    const second = (await redact(sequence, ['/content/source/url'])).json
    expect(filesSay('second.secret')).toEqual([])
    const verdict = await here.call('GET', '/v1/audit/verify')
    expect(verdict).toMatchObject({ holds: true, redacted: 2 })
    await here.restart()
    expect(await here.call('GET', '/v1/audit/verify')).toEqual(verdict)
    expect(await here.call('GET', '/v1/apps/rack/releases/20160816140022')).toMatchObject({
      notes: '[redacted]',
      source: { url: '[redacted]' },
    })
    const { entries } = await here.call('GET', '/v1/audit?type=event.redacted')
    expect(entries).toMatchObject([
      { sequence: second.redaction, event: { supersedes: [first.redaction] } },
      { sequence: first.redaction, event: null, actor: 'redacted', redactedBy: null },
    ])
    expect((await redact(Number(first.redaction), ['/reason'])).json).toMatchObject({
      code: 'event_not_found',
      detail: expect.stringContaining('a later one took'),
    })
  })

  test('can be redacted itself, for what its own reason says; and its subject then once more', async () => {
    await here.call('POST', '/v1/apps/rack/releases', {
      json: { version: '20160816140022', notes: 'a secret', source: { url: 'https://other.secret' } },
    })
    const [entry] = (await here.call('GET', '/v1/audit?type=release.published')).entries as {
      sequence: number
    }[]
    const sequence = entry?.sequence ?? 0
    const first = (await redact(sequence, ['/content/notes'], { reason: 'it says hunter2' })).json
    const second = (await redact(Number(first.redaction), ['/reason'])).json
    expect(filesSay('hunter2')).toEqual([])
    const shown = async () => (await here.call('GET', '/v1/apps/rack/releases/20160816140022')).notes
    expect(await shown()).toBe('[redacted]')
    await here.restart()
    expect(await shown()).toBe('[redacted]')
    await redact(sequence, ['/content/source/url'])
    expect(filesSay('other.secret')).toEqual([])
    await here.restart()
    expect(await here.call('GET', '/v1/audit/verify')).toMatchObject({ holds: true, redacted: 3 })
    expect(second.event).toMatchObject({ type: 'event.redacted', sequence, reason: '[redacted]' })
  })

  test('names the other events in which the same words stand', async () => {
    const first = await freeze()
    await here.call('POST', '/v1/freezes/lift', { json: { app: 'rack', channel: 'stable' } })
    const second = await freeze(`again: ${secret}`)
    const { json } = await redact(first, ['/reason'])
    expect(json.alsoIn).toEqual([second])
    expect(filesSay('hunter2')).not.toEqual([])
    expect((await redact(second, ['/reason'])).json.alsoIn).toEqual([])
    expect(filesSay('hunter2')).toEqual([])
  })

  test.each([
    [9999, ['/reason'], 404, /The ledger has no event 9999/],
    [1, ['/reason'], 400, /registry\.initialized has nothing at "\/reason"/],
    [3, ['/app'], 400, /"\/app" of app\.created is part of what the registry reckons with/],
    [3, ['reason'], 400, /nothing at "reason"/],
    [3, ['/__proto__/x'], 400, /nothing at/],
    [3, [], 400, /fields/],
  ])('of event %i at %j is refused', async (sequence, fields, status, detail) => {
    const before = await here.call('GET', '/v1/audit?limit=100')
    const refused = await redact(sequence, fields)
    expect(refused.status).toBe(status)
    expect(refused.json.detail).toMatch(detail)
    expect(await here.call('GET', '/v1/audit?limit=100')).toEqual(before)
  })

  test('twice at one field is refused, with what is left', async () => {
    const sequence = await freeze()
    await redact(sequence, ['/reason'])
    const refused = await redact(sequence, ['/reason'])
    expect(refused.json).toMatchObject({ code: 'invalid_input', detail: '/reason is erased already.' })
  })
})

describe('what is no redaction', () => {
  test('an erased row that nothing announces is found by verifying, and keeps the registry from opening', async () => {
    const sequence = await freeze()
    const { store } = here.registry
    const { ledger } = store.read.tables
    await store.transact(async (tx) => {
      await tx.db.update(ledger).set({ salt: null, body: null }).where(eq(ledger.sequence, sequence))
    })
    expect(await here.call('GET', '/v1/audit/verify')).toMatchObject({
      holds: false,
      redacted: 1,
      why: `event ${sequence} is erased, and no later event says that it was redacted`,
    })
    await expect(here.restart()).rejects.toThrow('no redaction says what stands for it')
  })
})
