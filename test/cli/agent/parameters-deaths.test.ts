/**
 * A rack dies at every call while it records parameters: by `adopt`, by `verify`, and at the end of an update over an
 * accepted drift. What is left never refers to a record that is not there, and the same words go through afterwards.
 */
import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { RackState } from '../../../cli/agent/rack-state.ts'
import { recordsInUse } from '../../../cli/agent/rack-state.ts'
import type { YardRack } from '../../support/campaign-yard.ts'
import { aConfiguredRack, type ConfiguredRack } from '../../support/configured-rack.ts'
import { dyingFiles } from '../../support/dying-files.ts'

/** The words, and how many calls lie between two deaths: an update makes many, and most of them elsewhere. */
const stories: readonly (readonly [name: string, words: readonly string[], step: number])[] = [
  ['adopting', ['adopt', '--all'], 1],
  ['verifying', ['verify'], 1],
  ['an update over an accepted drift', ['update', '--yes', '--accept-drift', 'CertificateArn'], 2],
]

const powerCut = { tears: true, losesUnsynced: true }

function copyOf({ yard, dir }: ConfiguredRack, name: string): YardRack {
  cpSync(dir, `${dir}-${name}`, { recursive: true, verbatimSymlinks: true })
  return yard.rackAt(`${dir}-${name}`)
}

function everyRecordIsThere(rack: YardRack): void {
  const state = rack.state() as unknown as RackState
  const { records } = JSON.parse(rack.read('parameters.json') ?? '{"records":{}}')
  const used = recordsInUse(state)
  expect(used.length, rack.dir).toBeGreaterThan(0)
  for (const fingerprint of used) expect(Object.keys(records), rack.dir).toContain(fingerprint)
}

describe('a rack that dies while it records parameters', () => {
  test.each(stories)('by %s', { timeout: 300_000 }, async (_name, words, step) => {
    const before = await aConfiguredRack()
    await before.yard.serves('20')
    before.configures({ CertificateArn: 'arn:aws:acm:certificate/2222' })
    const living = dyingFiles({ diesAt: Infinity })
    const alive = copyOf(before, 'alive')
    expect((await alive.with({ files: living.files })(...words)).code).toBe(0)
    everyRecordIsThere(alive)
    expect(living.calls()).toBeGreaterThan(5)

    for (let call = 1; call <= living.calls(); call += step) {
      for (const death of call % 3 === 0 ? [{}, powerCut] : [{}]) {
        const rack = copyOf(before, `${call}${'tears' in death ? '-cut' : ''}`)
        await rack.with({ files: dyingFiles({ ...death, diesAt: call }).files })(...words)
        const { json } = await rack.does('check', '--json')
        everyRecordIsThere(rack)
        const isRecorded = JSON.stringify(json.drifted) === '[]'
        expect(isRecorded || JSON.stringify(json.drifted) === '["CertificateArn"]', rack.dir).toBe(true)
        if (rack.installed() === '20') expect(isRecorded, rack.dir).toBe(true)
        await rack.does(...words)
        expect((await rack.does('check', '--json')).json.drifted, rack.dir).toEqual([])
      }
    }
  })
})
