// What is known of hosted artifacts.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findArtifact, insertArtifact, listArtifacts } from '../../../server/store/artifacts.ts'
import { dialects, type TestStore } from '../../support/open-test-store.ts'
import { noon, sha256 } from './rows.ts'

function anArtifact(content: string) {
  const size = 5_000_000_000
  return { sha256: sha256(content), size, mediaType: 'application/gzip', createdAt: noon, createdBy: 'ci' }
}

describe.each(dialects)('artifacts on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('are known once; who brought them first stays', async () => {
    const isNew = await opened.store.transact((tx) => insertArtifact(tx, anArtifact('a')))
    const isNewAgain = await opened.store.transact((tx) =>
      insertArtifact(tx, { ...anArtifact('a'), createdBy: 'zoe', createdAt: noon + 1 }),
    )
    expect([isNew, isNewAgain]).toEqual([true, false])
    const { read } = await opened.reopen()
    expect(await findArtifact(read, sha256('a'))).toEqual(anArtifact('a'))
    expect(await findArtifact(read, sha256('b'))).toBeUndefined()
  })

  test('are listed by digest, page by page', async () => {
    const artifacts = Array.from({ length: 5 }, (_, number) => anArtifact(`content ${number}`))
    await opened.store.transact(async (tx) => {
      for (const artifact of artifacts) await insertArtifact(tx, artifact)
    })
    const first = await listArtifacts(opened.store.read, { limit: 3 })
    const second = await listArtifacts(opened.store.read, { limit: 3, after: first.at(-1)?.sha256 ?? '' })
    expect([...first, ...second]).toEqual(artifacts.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)))
  })
})
