// What a newer agent wrote is read by the one before it: a self-update that goes back finds its rack as it left it.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attemptOf } from '../../../../cli/agent/attempt.ts'
import { realFiles } from '../../../../cli/agent/files.ts'
import { type RackState, readRackState, remember, writeRackState } from '../../../../cli/agent/rack-state.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

/** The memory as 0.1.0 writes it, with every field in use. It stays as it is: the next release adds its own. */
const golden = join(import.meta.dirname, '../../../golden/rack/state-0.1.0.json')

function stateFrom(file: string): { dir: string; state: RackState } {
  const dir = scratchDirectory()
  mkdirSync(dir, { recursive: true })
  copyFileSync(file, join(dir, 'state.json'))
  return { dir, state: readRackState(dir, 'stable', realFiles) }
}

const proved = attemptOf({
  attempt: '00000000-0000-4000-8000-000000000009',
  entries: [
    {
      n: 90,
      attempt: '00000000-0000-4000-8000-000000000009',
      state: 'planned',
      at: 1_471_363_200_000,
      data: {
        input: {
          from: '20160801000000',
          to: '20160820000000',
          action: 'update',
          motive: 'rollout',
          reason: 'offered',
          artifact: null,
          floor: null,
          revision: 4,
          pin: null,
          bar: null,
        },
      },
    },
    {
      n: 91,
      attempt: '00000000-0000-4000-8000-000000000009',
      state: 'proved',
      at: 1_471_363_260_000,
      data: {},
    },
  ],
})

test('the memory of 0.1.0 is read by this version, and everything in it counts', () => {
  const { state } = stateFrom(golden)
  expect(state).toMatchObject({
    runs: '20160801000000',
    proved: [{ version: '20160801000000' }, { version: '20160701000000', adopted: true }],
    pin: { version: '20160801000000', owner: 'ada' },
    hold: { owner: 'ada' },
    bar: { above: '20160801000000', upTo: '20160810000000' },
    failures: [{ target: '20160810000000', count: 2 }],
    rememberedThrough: 41,
  })
  if (!proved) throw new Error('no attempt')
  const after = remember(state, proved)
  expect(after.proved[0]?.version).toBe('20160820000000')
  expect(after.bar).toBeNull()
})

test('fields that are not known yet go through this version unharmed, back to the one that wrote them', () => {
  const newer = { ...JSON.parse(readFileSync(golden, 'utf8')), fromTheFuture: { kept: [1, 2, 3] } }
  const { dir } = stateFrom(golden)
  writeFileSync(join(dir, 'state.json'), JSON.stringify(newer))
  const state = readRackState(dir, 'stable', realFiles)
  if (!proved) throw new Error('no attempt')
  writeRackState(dir, remember(state, proved), realFiles)
  expect(JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))).toMatchObject({
    fromTheFuture: { kept: [1, 2, 3] },
    runs: '20160820000000',
  })
})

test('what this version writes has everything that 0.1.0 reads, under the same names', () => {
  const { dir, state } = stateFrom(golden)
  writeRackState(dir, state, realFiles)
  const written: unknown = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))
  expect(written).toMatchObject(JSON.parse(readFileSync(golden, 'utf8')))
})
