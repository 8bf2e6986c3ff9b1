// Convox's versions.json: what its flags mean here.
import { expect, test } from 'vitest'
import { convertConvoxVersion } from '../../../shared/contract/convox-versions.ts'
import { importRow } from '../../../shared/contract/release.ts'

const aVersion = { version: '20160816160115', description: ' Masks it \n', published: true, required: false }

test('a published version is on unstable and stable, with its description as notes and its id as its time', () => {
  expect(convertConvoxVersion(aVersion)).toEqual({
    row: {
      version: '20160816160115',
      publishedAt: '2016-08-16T16:01:15.000Z',
      notes: 'Masks it',
      channels: ['unstable', 'stable'],
    },
    isRequiredDropped: false,
  })
})

test('an unpublished one is on unstable only: unpublished meant hidden, and nobody was told why', () => {
  expect(convertConvoxVersion({ ...aVersion, published: false })).toMatchObject({
    row: { channels: ['unstable'] },
  })
})

test('required counts for what is published, and is said to be dropped for the rest', () => {
  expect(convertConvoxVersion({ ...aVersion, required: true })).toMatchObject({
    row: { required: true },
    isRequiredDropped: false,
  })
  const hidden = convertConvoxVersion({ ...aVersion, published: false, required: true })
  expect(hidden).toMatchObject({ isRequiredDropped: true })
  expect(hidden).not.toHaveProperty('row.required')
})

test('a branch build keeps its name and has its time; a name that is no time has none', () => {
  expect(convertConvoxVersion({ version: '20160328231208-my-branch' })).toMatchObject({
    row: { version: '20160328231208-my-branch', publishedAt: '2016-03-28T23:12:08.000Z' },
  })
  expect(convertConvoxVersion({ version: '7' })).not.toHaveProperty('row.publishedAt')
})

test('whatever it converts is a row of our import', () => {
  for (const given of [aVersion, { version: '7' }, { ...aVersion, required: true, added: 'later' }]) {
    const converted = convertConvoxVersion(given)
    expect('row' in converted && importRow.safeParse(converted.row).success).toBe(true)
  }
})

test.each([
  [null, 'the row'],
  ['20160816160115', 'the row'],
  [[], 'the row'],
  [{ published: true }, 'version'],
  [{ ...aVersion, version: 20160816160115 }, 'version'],
  [{ ...aVersion, version: '' }, 'version'],
  [{ ...aVersion, published: 'yes' }, 'published'],
  [{ ...aVersion, required: 1 }, 'required'],
  [{ ...aVersion, description: null }, 'description'],
])('%j is none: %s is wrong', (given, where) => {
  expect(convertConvoxVersion(given)).toEqual({ why: expect.stringMatching(new RegExp(`^${where}[.:]`)) })
})
