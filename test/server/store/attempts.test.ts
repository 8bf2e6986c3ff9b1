// Attempts: the first word counts, the rest is progress; and the lists that promotions and people ask for.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  latestOutcomes,
  listAttemptsOfRack,
  listAttemptsOfTarget,
  listOpenAttempts,
} from '../../../server/store/attempt-lists.ts'
import { type AttemptRow, findAttempt, insertAttempt, updateAttempt } from '../../../server/store/attempts.ts'
import { dialects, type TestStore } from '../../support/open-test-store.ts'
import { anAttempt, noon } from './rows.ts'

describe.each(dialects)('attempts on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  function insert(...attempts: AttemptRow[]) {
    return opened.store.transact(async (tx) => {
      const results = []
      for (const attempt of attempts) results.push(await insertAttempt(tx, attempt))
      return results
    })
  }

  test('are kept whole', async () => {
    expect(await insert(anAttempt())).toEqual([{ result: 'inserted', stored: anAttempt(), differs: [] }])
    const { read } = await opened.reopen()
    expect(await findAttempt(read, 'attempt-1')).toEqual(anAttempt())
    expect(await findAttempt(read, 'attempt-2')).toBeUndefined()
  })

  test('the same again is no second one, whatever has been granted or happened since', async () => {
    await insert(anAttempt())
    await opened.store.transact((tx) => updateAttempt(tx, 'attempt-1', { state: 'applying', step: 'stop' }))
    const plan = {
      restart: true,
      steps: [{ bytes: 1_000, name: 'fetch', note: undefined }, { name: 'apply' }],
    }
    const again = anAttempt({ plan, grantedAt: noon + 9, leaseExpiresAt: noon + 99, ledgerSequence: 8 })
    const [result] = await insert(again)
    expect(result).toEqual({
      result: 'same',
      stored: anAttempt({ state: 'applying', step: 'stop' }),
      differs: [],
    })
  })

  test('different content under the same id is named, and changes nothing', async () => {
    await insert(anAttempt())
    const [result] = await insert(anAttempt({ target: '20160818013241', plan: { steps: [] } }))
    expect(result).toEqual({ result: 'different', stored: anAttempt(), differs: ['target', 'plan'] })
    expect(await findAttempt(opened.store.read, 'attempt-1')).toEqual(anAttempt())
  })

  test('progress and outcome change what they name and nothing else', async () => {
    await insert(anAttempt())
    const changes = {
      state: 'over',
      outcome: 'returned',
      step: 'settle',
      message: 'GET /health answered 500, 3 times',
      finishedAt: noon + 90_000,
      log: ['starting', 'unhealthy'],
    } as const
    const changed = await opened.store.transact((tx) => updateAttempt(tx, 'attempt-1', changes))
    expect(changed).toEqual(anAttempt(changes))
    expect(await findAttempt(opened.store.read, 'attempt-1')).toEqual(changed)
    const unknown = opened.store.transact((tx) => updateAttempt(tx, 'attempt-9', { state: 'over' }))
    await expect(unknown).rejects.toMatchObject({ code: 'attempt_not_found' })
  })

  test('of a rack come newest first, page by page, also where they share an instant', async () => {
    const attempts = Array.from({ length: 7 }, (_, number) =>
      anAttempt({ id: `a-${number}`, grantedAt: noon + Math.floor(number / 3), target: `v${number}` }),
    )
    await insert(...attempts, anAttempt({ id: 'b', rack: 'prod-2' }), anAttempt({ id: 'c', app: 'billing' }))
    const seen: AttemptRow[] = []
    for (let after: AttemptRow | undefined; ; after = seen.at(-1)) {
      const page = { app: 'rack', rack: 'prod-1', limit: 3, ...(after === undefined ? {} : { after }) }
      const rows = await listAttemptsOfRack(opened.store.read, page)
      seen.push(...rows)
      if (rows.length < 3) break
    }
    expect(seen.map(({ id }) => id)).toEqual(['a-6', 'a-5', 'a-4', 'a-3', 'a-2', 'a-1', 'a-0'])
  })

  test('to a target come newest first, of that app only', async () => {
    await insert(
      anAttempt({ id: 'a', rack: 'prod-1' }),
      anAttempt({ id: 'b', rack: 'prod-2', grantedAt: noon + 1 }),
      anAttempt({ id: 'c', rack: 'prod-3', grantedAt: noon + 2 }),
      anAttempt({ id: 'd', target: '20160818013241' }),
      anAttempt({ id: 'e', app: 'billing' }),
    )
    const page = { app: 'rack', target: '20160816160115', limit: 2 }
    const first = await listAttemptsOfTarget(opened.store.read, page)
    expect(first.map(({ id }) => id)).toEqual(['c', 'b'])
    const after = first.at(-1) ?? { grantedAt: 0, id: '' }
    const second = await listAttemptsOfTarget(opened.store.read, { ...page, after })
    expect(second.map(({ id }) => id)).toEqual(['a'])
  })

  test('are open until they have an outcome', async () => {
    await insert(
      anAttempt({ id: 'late', grantedAt: noon + 5 }),
      anAttempt({ id: 'early', rack: 'prod-2' }),
      anAttempt({ id: 'over', rack: 'prod-3', outcome: 'proved', finishedAt: noon + 1 }),
      anAttempt({ id: 'other', app: 'billing' }),
    )
    const open = await listOpenAttempts(opened.store.read, 'rack')
    expect(open.map(({ id }) => id)).toEqual(['early', 'late'])
  })

  test('the latest outcome of each rack replaces the earlier ones, in whatever order they were written', async () => {
    const ended = (id: string, rack: string, outcome: AttemptRow['outcome'], minutes: number) =>
      anAttempt({ id, rack, outcome, grantedAt: noon, finishedAt: noon + minutes * 60_000, state: 'over' })
    await insert(
      ended('1', 'staging-1', 'proved', 30),
      ended('2', 'staging-1', 'returned', 10),
      ended('3', 'staging-2', 'proved', 10),
      ended('4', 'staging-2', 'stuck', 20),
      anAttempt({ id: '5', rack: 'staging-2' }),
      anAttempt({ id: '6', rack: 'staging-3' }),
      ended('7', 'staging-4', 'failed', 1),
      ended('8', 'staging-4', 'proved', 1),
      { ...ended('9', 'staging-5', 'proved', 1), target: '20160818013241' },
      { ...ended('10', 'staging-6', 'proved', 1), app: 'billing' },
    )
    const latest = await latestOutcomes(opened.store.read, 'rack', '20160816160115')
    expect(latest.map(({ rack, attemptId, outcome }) => [rack, attemptId, outcome])).toEqual([
      ['staging-1', '1', 'proved'],
      ['staging-2', '4', 'stuck'],
      ['staging-4', '8', 'proved'],
    ])
    expect(latest[0]).toEqual({
      rack: 'staging-1',
      attemptId: '1',
      fromVersion: '20160816140022',
      motive: 'rollout',
      outcome: 'proved',
      step: null,
      severity: null,
      lostData: false,
      message: null,
      finishedAt: noon + 1_800_000,
    })
  })
})
