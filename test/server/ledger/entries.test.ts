// The audit log by its filters: what a plain scan of the whole ledger would find, page by page from either end.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEntries } from '../../../server/ledger/entries.ts'
import { redactionsIn } from '../../../server/ledger/redactions.ts'
import { appendRows, type LedgerHead } from '../../../server/store/ledger.ts'
import type { AuditEntryBody } from '../../../shared/contract/audit.ts'
import { minute, toIso } from '../../../shared/domain/instants.ts'
import { openTestStore } from '../../support/open-test-store.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'
import { someEvents } from '../store/rows.ts'

let here: TestRegistry
let all: AuditEntryBody[]
const started = Date.UTC(2016, 7, 16, 12)
beforeAll(async () => {
  here = await openTestRegistry({ now: started })
  const { call, clock, mint } = here
  const ada = await mint('maintainer', { name: 'ada' })
  for (const app of ['rack', 'site']) await call('POST', '/v1/apps', { json: { app, scheme: 'semver' } })
  for (let i = 1; i <= 30; i += 1) {
    clock.advance(10 * minute)
    const app = i % 3 === 0 ? 'site' : 'rack'
    const token = i % 4 === 0 ? ada : here.admin
    await call('POST', `/v1/apps/${app}/releases`, { json: { version: `1.0.${i}` }, token })
    if (i % 5 === 0) await call('POST', `/v1/apps/${app}/channels/stable/promote`, { json: {}, token })
  }
  all = (await call('GET', '/v1/audit?limit=1000&order=oldest')).entries as AuditEntryBody[]
})
afterAll(() => here.dispose())

async function pages(query: string, limit: number): Promise<AuditEntryBody[]> {
  const found: AuditEntryBody[] = []
  for (let after = ''; ; ) {
    const { entries, next } = await here.call('GET', `/v1/audit?limit=${limit}${query}${after}`)
    found.push(...(entries as AuditEntryBody[]))
    if (next === null) return found
    after = `&after=${next}`
  }
}

const since = (minutes: number) => toIso(started + minutes * minute)

describe('the filters', () => {
  const filters: [string, (entry: AuditEntryBody) => boolean][] = [
    ['', () => true],
    ['&app=site', ({ app }) => app === 'site'],
    ['&type=channel.promoted', ({ type }) => type === 'channel.promoted'],
    ['&actor=token:ada', ({ actor }) => actor === 'token:ada'],
    ['&actor=ada', ({ actor }) => actor === 'token:ada'],
    ['&actor=da', () => false],
    ['&channel=stable', ({ event }) => event?.channel === 'stable'],
    ['&version=1.0.20', ({ event }) => event?.version === '1.0.20'],
    ['&version=1.0.2', ({ event }) => event?.version === '1.0.2'],
    [
      '&app=rack&type=channel.promoted&actor=ada',
      (one) => one.app === 'rack' && one.type === 'channel.promoted' && one.actor === 'token:ada',
    ],
    [`&since=${since(100)}`, ({ at }) => at >= since(100)],
    [`&until=${since(100)}`, ({ at }) => at < since(100)],
    [`&since=${since(100)}&until=${since(110)}`, ({ at }) => at >= since(100) && at < since(110)],
  ]

  test.each(filters)('%s', async (query, isMeant) => {
    const expected = all.filter(isMeant)
    for (const limit of [1, 7, 1000]) {
      expect(await pages(`&order=oldest${query}`, limit)).toEqual(expected)
      expect(await pages(query, limit)).toEqual(expected.toReversed())
    }
    if (!query.includes('=da')) expect(expected).not.toEqual([])
  })

  test.each([
    ['type=release.publishd', 'invalid_input', /no type of event "release\.publishd"/],
    ['actor=', 'invalid_input', /actor/],
    ['since=yesterday', 'invalid_input', /since/],
    ['since=2099-01-01T00:00:00Z', 'invalid_date', /since \(2099-.*has not come yet: it is \d+d/],
    ['since=2016-08-16T14:00:00Z&until=2016-08-16T13:00:00Z', 'invalid_date', /which is 1h before that/],
    ['since=2016-08-16T14:00:00Z&until=2016-08-16T14:00:00Z', 'invalid_date', /at the same time/],
  ])('%s is refused', async (query, code, detail) => {
    const { json } = await here.ask('GET', `/v1/audit?${query}`)
    expect(json.code).toBe(code)
    expect(json.detail).toMatch(detail)
  })
})

describe('a long ledger', () => {
  test('is looked through a stretch at a time: a rare event is found from either end, over empty pages', async () => {
    const test = await openTestStore()
    try {
      const { store } = test
      let head: LedgerHead | undefined
      for (let i = 0; i < 26; i += 1) {
        const rows = someEvents(10_000, head)
        head = rows.at(-1)
        await store.transact((tx) => appendRows(tx, rows))
      }
      const none = redactionsIn([])
      const version = '2016081614130000'
      for (const order of ['newest', 'oldest'] as const) {
        const found: number[] = []
        let asked = 0
        let from: number | undefined
        for (;;) {
          const page = await readEntries(store.read, none, { version }, { order, limit: 10, from })
          asked += 1
          found.push(...page.entries.map(({ sequence }) => sequence))
          if (page.next === null) break
          from = page.next
        }
        expect(found).toEqual([130_000])
        // A request reads 20,000 rows at most; whoever wants more asks again.
        expect(asked).toBe(14)
      }
    } finally {
      await test.dispose()
    }
  }, 120_000)
})
