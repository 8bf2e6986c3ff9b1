// What is the matter with a rack: one row for each standing, and what is no regression.
import { describe, expect, test } from 'vitest'
import { cameBackFrom, hearInstallation } from '../../shared/domain/fleet-clones.ts'
import { isToRetire } from '../../shared/domain/fleet-retirement.ts'
import {
  allowedSilence,
  type RackPicture,
  reasonsOf,
  type Standing,
  standings,
  standingsOf,
} from '../../shared/domain/fleet-standing.ts'
import { hour, minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import { aRegistry } from '../support/builders.ts'

const facts: RackFacts = {
  name: 'prod-1',
  current: '20',
  platform: 'any',
  proved: [{ version: '20', at: 1, parametersHold: true }],
  pins: [],
  holds: [],
  failures: [],
  isAligning: false,
  apps: {},
}
const heard = { lastSeenAt: 0, byTheClock: minute, receiving: minute, allowed: 15 * minute }

function aPicture(given: Partial<RackPicture> = {}, of: Partial<RackFacts> = {}): RackPicture {
  const none = { yank: undefined, newestProved: undefined, recall: undefined, barUpToKey: undefined }
  const well = { ...none, outside: undefined, stuck: undefined, targets: [], isCloned: false }
  return { ...well, facts: { ...facts, ...of }, now: hour, currentKey: '20', silence: heard, ...given }
}

const yank = aRegistry().withApp('rack', 'timestamp').serves('20').yanks('20').app.yanks.get('ADV-1')
const outside = { from: '10', to: '20', at: 0, heardAt: 0, saidBy: 'rack', isSure: true } as const
const older = { newestProved: { version: '30', key: '30', isYanked: false } }
const provedNewer = { proved: [{ version: '30', at: 1, parametersHold: true }] }
const failed = { failures: [{ target: '30', count: 2, lastAt: 0 }] }

const rows: Readonly<Record<Standing, RackPicture>> = {
  stuck: aPicture({ stuck: { target: '30', at: 0 } }),
  unhealthy: aPicture({}, { health: { state: 'unhealthy', since: 0, checks: [] } }),
  withdrawn: aPicture({ yank }),
  failing: aPicture({ targets: ['30'] }, failed),
  regressed: aPicture(older, provedNewer),
  cloned: aPicture({ isCloned: true }),
  silent: aPicture({ silence: { ...heard, byTheClock: hour, receiving: hour } }),
  never_heard: aPicture({ silence: { ...heard, lastSeenAt: undefined } }),
  changed_outside: aPicture({ outside }),
  drifting: aPicture({}, { drifted: ['Password'] }),
  unheard: aPicture({ silence: { ...heard, byTheClock: hour } }),
  well: aPicture(),
}

test.each(standings)('a rack may be %s', (standing) => {
  expect(standingsOf(rows[standing])).toEqual([standing])
  expect(reasonsOf(rows[standing])).toHaveLength(standing === 'well' ? 0 : 1)
})

test('the worst of several comes first', () => {
  const silence = rows.silent.silence
  expect(standingsOf(aPicture({ yank, silence, isCloned: true }))).toEqual(['withdrawn', 'cloned', 'silent'])
})

test('what failed and is no longer offered is past', () => {
  expect(standingsOf(aPicture({ targets: ['40'] }, failed))).toEqual(['well'])
})

const pin = { version: '20', owner: 'ada', reason: 'audit', origin: 'rack' } as const
const recall = { aboveKey: '20', upToKey: '30', reason: 'too early' }
describe('an older version than was proved is no regression', () => {
  test.each<[string, Partial<RackPicture>, Partial<RackFacts>]>([
    ['when it was proved again since', {}, facts],
    ['under an attempt', {}, { attempt: { id: 'a', target: '30', motive: 'rollout', isConfirmed: true } }],
    ['that is pinned', {}, { pins: [pin] }],
    ['behind a bar', { barUpToKey: '30' }, {}],
    ['after a recall', { recall }, {}],
    ['while it aligns', {}, { isAligning: true }],
    ['when the newer one was withdrawn', { newestProved: { ...older.newestProved, isYanked: true } }, {}],
  ])('%s', (_, given, of) => {
    expect(standingsOf(aPicture({ ...older, ...given }, { ...provedNewer, ...of }))).toEqual(['well'])
  })

  test('but a bar that the agent made of somebody’s way back explains nothing', () => {
    const found = standingsOf(aPicture({ ...older, outside, barUpToKey: '30' }, provedNewer))
    expect(found).toEqual(['regressed', 'changed_outside'])
  })

  test('nor does a pin to another version, or a recall of others', () => {
    const pinned = aPicture(older, { ...provedNewer, pins: [{ ...pin, version: '10' }] })
    expect(standingsOf(pinned)).toEqual(['regressed'])
    const recalled = aPicture({ ...older, recall: { ...recall, upToKey: '25' } }, provedNewer)
    expect(standingsOf(recalled)).toEqual(['regressed'])
  })
})

test('silence is allowed for three questions, and for a quarter of an hour at least', () => {
  const policy = (checkSeconds: number) => ({
    policy: { promoteOnPublish: false, checkSeconds, gates: {} },
  })
  expect(allowedSilence(policy(60))).toBe(15 * minute)
  expect(allowedSilence(policy(3_600))).toBe(3 * hour)
})

test('an ephemeral rack is retired after its hours, once a registry has listened for a while', () => {
  const rack = { ephemeralHours: 2, silence: 2 * hour, receivedSinceStart: hour, allowed: 15 * minute }
  expect(isToRetire(rack)).toBe(true)
  expect(isToRetire({ ...rack, silence: 2 * hour - 1 })).toBe(false)
  expect(isToRetire({ ...rack, receivedSinceStart: 15 * minute - 1 })).toBe(false)
})

describe('of installations under one name', () => {
  const having = (...ids: readonly string[]) =>
    ids.reduce<ReturnType<typeof hearInstallation> | undefined>(
      (known, id, at) => hearInstallation(known, id, at),
      undefined,
    )

  test('one that was replaced and speaks again has come back; a new one has not', () => {
    expect(cameBackFrom(having('a', 'b'), 'a', undefined)).toBe(1)
    expect(cameBackFrom(having('a', 'b'), 'b', undefined)).toBeUndefined()
    expect(cameBackFrom(having('a', 'b'), 'c', undefined)).toBeUndefined()
    expect(cameBackFrom(having('a', 'b'), 'a', 1)).toBeUndefined()
  })

  test('no more than a few are remembered', () => {
    const many = having(...Array.from({ length: 50 }, (_, index) => String(index)))
    expect(many?.former.size).toBe(8)
    expect(cameBackFrom(many, '0', undefined)).toBeUndefined()
    expect(cameBackFrom(many, '48', undefined)).toBe(49)
  })
})
