// Racks: enrolled once by name, changed by compare-and-set, and seen again and again.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  findRack,
  insertRack,
  loadRacks,
  markForgotten,
  type RackRow,
  updateRack,
  upsertCheckIns,
  writeOutside,
} from '../../../server/store/racks.ts'
import { countRows, dialects, type TestStore } from '../../support/open-test-store.ts'
import { anOutsideChange, aRack, noon } from './rows.ts'

const prod1 = { app: 'rack', name: 'prod-1' }

describe.each(dialects)('racks on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  async function enrol(...racks: RackRow[]): Promise<void> {
    await opened.store.transact(async (tx) => {
      for (const rack of racks) await insertRack(tx, rack)
    })
  }

  test('keep everything they were enrolled with', async () => {
    const rack = aRack({ report: { version: '20160816140022', disks: [{ free: 1.5 }] }, lastSeenAt: noon })
    await enrol(rack)
    const { read } = await opened.reopen()
    expect(await findRack(read, prod1)).toEqual(rack)
  })

  test('a taken name is a problem, in its app only, and the first rack stays', async () => {
    await enrol(aRack(), aRack({ app: 'billing' }))
    const asked = enrol(aRack({ tokenSha256: 'another', channel: 'unstable' }))
    await expect(asked).rejects.toMatchObject({
      code: 'name_taken',
      message: expect.stringContaining('prod-1'),
    })
    expect(await findRack(opened.store.read, prod1)).toEqual(aRack())
  })

  test('a change raises the revision, and a second one from the same look is refused with both numbers', async () => {
    await enrol(aRack())
    const changed = await opened.store.transact((tx) =>
      updateRack(tx, { ...prod1, revision: 1 }, { channel: 'unstable', labels: { tier: 'iron' } }),
    )
    expect(changed).toEqual(aRack({ channel: 'unstable', labels: { tier: 'iron' }, revision: 2 }))
    const late = opened.store.transact((tx) =>
      updateRack(tx, { ...prod1, revision: 1 }, { channel: 'nightly' }),
    )
    await expect(late).rejects.toMatchObject({
      code: 'revision_conflict',
      numbers: { expected: 1, found: 2 },
    })
    expect(await findRack(opened.store.read, prod1)).toEqual(changed)
  })

  test('of many who change the same revision exactly one wins', async () => {
    await enrol(aRack())
    const asked = Array.from({ length: 20 }, (_, number) =>
      opened.store.transact((tx) =>
        updateRack(tx, { ...prod1, revision: 1 }, { channel: `channel-${number}` }),
      ),
    )
    const settled = await Promise.allSettled(asked)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('a rack that is not there cannot be changed', async () => {
    const asked = opened.store.transact((tx) =>
      updateRack(tx, { ...prod1, revision: 1 }, { channel: 'stable' }),
    )
    await expect(asked).rejects.toMatchObject({ code: 'rack_not_found' })
  })

  test('a forgotten rack keeps its row and its name', async () => {
    await enrol(aRack())
    await opened.store.transact((tx) => markForgotten(tx, { ...prod1, revision: 1 }, noon + 5))
    expect(await findRack(opened.store.read, prod1)).toEqual(aRack({ forgottenAt: noon + 5, revision: 2 }))
    await expect(enrol(aRack({ tokenSha256: 'another' }))).rejects.toMatchObject({ code: 'name_taken' })
  })

  test.each([1, 7, 40, 41, 1_000])(
    'all are loaded once in batches of %i, by app and name',
    async (batchSize) => {
      const racks = Array.from({ length: 40 }, (_, number) =>
        aRack({
          app: number % 2 === 0 ? 'rack' : 'billing',
          name: `Rack ${String(number).padStart(2, '0')}`,
        }),
      )
      await enrol(...racks)
      const loaded: RackRow[] = []
      for await (const batch of loadRacks(opened.store.read, batchSize)) {
        expect(batch.length).toBeLessThanOrEqual(batchSize)
        expect(batch.length).toBeGreaterThan(0)
        loaded.push(...batch)
      }
      const inOrder = [
        ...racks.filter(({ app }) => app === 'billing'),
        ...racks.filter(({ app }) => app === 'rack'),
      ]
      expect(loaded).toEqual(inOrder)
    },
  )

  test('check-ins write the last report and nothing else', async () => {
    await enrol(aRack(), aRack({ name: 'prod-2' }))
    const report = { version: '20160816160115', proved: ['20160816140022'], note: null }
    const outside = anOutsideChange({ from: '20160816140022', to: '20160816160115' })
    const batch = [
      { ...prod1, lastSeenAt: noon + 60_000, report, outside },
      { app: 'rack', name: 'prod-2', lastSeenAt: noon + 61_000, report: null, outside: null },
    ]
    expect(await opened.store.transact((tx) => upsertCheckIns(tx, batch))).toBe(2)
    expect(await findRack(opened.store.read, prod1)).toEqual(
      aRack({ lastSeenAt: noon + 60_000, report, outside }),
    )
  })

  test('a check-in never goes back in time and never makes a rack', async () => {
    await enrol(aRack({ lastSeenAt: noon, report: { n: 2 } }))
    const batch = [
      { ...prod1, lastSeenAt: noon - 1, report: { n: 1 }, outside: null },
      { app: 'rack', name: 'unknown', lastSeenAt: noon, report: {}, outside: null },
    ]
    expect(await opened.store.transact((tx) => upsertCheckIns(tx, batch))).toBe(0)
    expect(await findRack(opened.store.read, prod1)).toEqual(aRack({ lastSeenAt: noon, report: { n: 2 } }))
    expect(await countRows(opened.store)).toMatchObject({ racks: 1 })
    const same = [{ ...prod1, lastSeenAt: noon, report: { n: 3 }, outside: null }]
    expect(await opened.store.transact((tx) => upsertCheckIns(tx, same))).toBe(1)
  })

  test('what is found out about a change outside is written alone, whatever the report says', async () => {
    await enrol(aRack({ lastSeenAt: noon, report: { n: 2 } }))
    const outside = anOutsideChange({ isSure: false })
    await opened.store.transact((tx) => writeOutside(tx, { ...prod1, outside }))
    const rack = aRack({ lastSeenAt: noon, report: { n: 2 }, outside })
    expect(await findRack(opened.store.read, prod1)).toEqual(rack)
    await opened.store.transact((tx) => writeOutside(tx, { ...prod1, outside: null }))
    expect(await findRack(opened.store.read, prod1)).toEqual({ ...rack, outside: null })
  })
})
