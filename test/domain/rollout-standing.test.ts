// Where a rack stands in the rollouts that concern it, told as stories of one channel: base apart from head, remedies and
// recalls with waves of their own, and what is taken back.
import { describe, expect, test } from 'vitest'
import { cohortOf } from '../../shared/domain/cohort.ts'
import { hour, minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { RolloutPolicy } from '../../shared/domain/rollout-policy.ts'
import {
  type RolloutConditions,
  rolloutConditions,
  rolloutOfMove,
} from '../../shared/domain/rollout-standing.ts'
import { aRack, aRegistry, type RegistryStory, storyStart } from '../support/builders.ts'

const keys = Array.from({ length: 10 }, (_, n) => cohortOf(`${n}`.repeat(16), 'feedfeedfeedfeed'))
const racks = keys.map((key) => ({ key }))
const policy: RolloutPolicy = {
  waves: [
    { name: 'canary', share: 1, soakMinutes: 10 },
    { name: 'rest', share: 'rest', soakMinutes: 10, afterMinutes: 60 },
  ],
  maxInFlight: 2,
  onFail: 'halt',
  silentMinutes: 60,
}
const promoted = (own: RolloutPolicy = policy): RegistryStory =>
  aRegistry().withApp('rack').serves('10').publishes('20').promotes('20', { rollout: own })
const running = (own?: RolloutPolicy): RegistryStory => promoted(own).plans('R-1', racks).steps('R-1', {}, {})

/** By their place in the draw of a rollout: 0 is the canary. */
function keyAt(story: RegistryStory, place: number, rollout = 'R-1'): string {
  const { key } = story.rollout(rollout)
  const drawn = keys.toSorted((a, b) => (cohortOf(a, key) < cohortOf(b, key) ? -1 : 1))
  return drawn[place] ?? ''
}

interface Standing {
  readonly current?: string | undefined
  readonly key?: string
  readonly taken?: number
}
function standing(
  story: RegistryStory,
  { current = '10', key, taken = 0 }: Standing = {},
): RolloutConditions | undefined {
  const placed = key === undefined ? undefined : { key, labelsAt: () => ({}) }
  return rolloutConditions({
    app: story.app,
    channel: story.channel(),
    current,
    placed,
    underWay: () => taken,
  })
}

function told(story: RegistryStory, facts: Partial<RackFacts>, key: string): string {
  const conditions = standing(story, { current: facts.current, key })
  const { action, reason, target } = aRack(facts).asks(story, { conditions: conditions ?? {} })
  return `${action}${target ? ` ${target.version}` : ''}: ${reason}`
}

describe('while a head is on its way', () => {
  test('its wave is open for the canary and not for the others, who are told which is theirs and from when', () => {
    const story = running()
    expect(standing(story, { key: keyAt(story, 0) })).toEqual({
      rollout: { state: 'running', isWaveOpen: true, detail: 'wave 1 of R-1 is open' },
      slots: { isFree: true, detail: '0 of 2 racks of R-1 are under way' },
    })
    expect(standing(story, { key: keyAt(story, 1), taken: 2 })).toEqual({
      rollout: {
        state: 'running',
        isWaveOpen: false,
        opensAt: storyStart + hour,
        detail:
          'this rack is in wave 2 of 2 (rest) of R-1; wave 1 is open; its own not before 2016-08-16T17:00:15.000Z',
      },
      slots: { isFree: false, detail: '2 of 2 racks of R-1 are under way' },
    })
  })

  test('a rack outside of the open waves waits at the base, and from below goes there', () => {
    const story = running()
    expect(told(story, { current: '10' }, keyAt(story, 0))).toBe('update 20: offered')
    expect(told(story, { current: '10' }, keyAt(story, 5))).toBe('wait 20: wave_not_open')
    expect(told(story, { current: '5' }, keyAt(story, 5))).toBe('update 10: offered')
    expect(told(story, {}, keyAt(story, 0))).toBe('update 10: offered')
  })

  test('asks again as usual once its time has come and only the proof is missing', () => {
    const story = running()
    const key = keyAt(story, 5)
    const asks = () => aRack({ current: '10' }).asks(story, { conditions: standing(story, { key }) ?? {} })
    expect(asks().until).toBe(storyStart + hour)
    story.later(60)
    expect([asks().reason, asks().until, asks().askAgainSeconds]).toEqual(['wave_not_open', undefined, 300])
  })

  test('whoever is no enrolled rack waits until it is through', () => {
    expect(standing(running())?.rollout).toEqual({
      state: 'running',
      isWaveOpen: false,
      detail: 'R-1 goes to enrolled racks, wave by wave, before it goes to everybody',
    })
    expect(standing(promoted())?.rollout).toMatchObject({ isWaveOpen: false, detail: 'R-1 is being planned' })
  })

  test('a pause keeps its words and whose wave is open; a halt closes all', () => {
    const story = running().pauses('R-1', 'demo day')
    const detail = 'R-1 was paused by token:ada: demo day'
    expect(standing(story, { key: keyAt(story, 0) })?.rollout).toEqual({
      state: 'paused',
      isWaveOpen: true,
      detail,
    })
    expect(standing(story, { key: keyAt(story, 1) })?.rollout).toEqual({
      state: 'paused',
      isWaveOpen: false,
      detail,
    })
    story.halts('R-1')
    expect(standing(story, { key: keyAt(story, 0) })?.rollout).toEqual({
      state: 'halted',
      isWaveOpen: false,
      detail: 'R-1 is halted: token:ada: it burns',
    })
  })

  test('a retry is remembered by the rollout that it was asked for, and by no other', () => {
    const story = running().yanks('10', { severity: 'critical' }).later(5).retries('R-1')
    expect(standing(story, { key: keyAt(story, 0) })).toMatchObject({ rollout: { retriedAt: story.now } })
    expect(standing(story, { key: keyAt(story, 0) })?.remedy).not.toHaveProperty('retriedAt')
    const failures = [{ target: '20', count: 2, lastAt: story.now - minute }]
    story.unyanks('ADV-1')
    expect(told(story, { current: '10', failures }, keyAt(story, 0))).toBe('update 20: offered')
    const after = [{ target: '20', count: 3, lastAt: story.now + 1 }]
    expect(told(story.later(1), { current: '10', failures: after }, keyAt(story, 0))).toBe(
      'wait 20: failed_here',
    )
  })

  test('one that has ended without being through, or is missing, brings a head to nobody', () => {
    const story = running().halts('R-1')
    const channel = story.channel()
    story.publishes('30').promotes('30', { rollout: policy })
    const asked = { app: story.app, current: '10', placed: undefined, underWay: () => 0 }
    expect(rolloutConditions({ ...asked, channel })?.rollout).toEqual({
      state: 'halted',
      isWaveOpen: false,
      detail: 'R-1 was superseded',
    })
    const { rollout: _none, ...without } = channel
    expect(rolloutConditions({ ...asked, channel: without })?.rollout).toEqual({
      state: 'halted',
      isWaveOpen: false,
      detail: '20 goes to no further rack: it has no rollout',
    })
  })

  test('of which nothing is left to ask once it is through', () => {
    const story = running().later(60).steps('R-1', { soaked: 1 }, { soaked: 9 })
    expect(story.channel()).toMatchObject({ head: '20', base: '20' })
    expect(standing(story, { key: keyAt(story, 5) })).toBeUndefined()
    expect(standing(aRegistry().withApp('rack').serves('10'))).toBeUndefined()
  })
})

describe('a halted head', () => {
  const halted = (): RegistryStory =>
    running()
      .later(5)
      .steps('R-1', { failures: [{}] }, {})

  test('goes to nobody; racks are told why', () => {
    const story = halted()
    expect(told(story, { current: '10' }, keyAt(story, 0))).toBe('wait 20: rollout_halted')
    expect(told(story, { current: '5' }, keyAt(story, 0))).toBe('update 10: offered')
    expect(story.channel()).toMatchObject({ head: '20', base: '10' })
  })

  test('that a fix overtakes never becomes the base, nor a place to fall back to', () => {
    const story = halted().publishes('30').promotes('30', { rollout: policy })
    expect([story.rollout('R-1').state, story.channel().base]).toEqual(['superseded', '10'])
    story.plans('R-2', racks).steps('R-2', {}, {})
    expect(told(story, { current: '10' }, keyAt(story, 0, 'R-2'))).toBe('update 30: offered')
    expect(told(story, { current: '10' }, keyAt(story, 5, 'R-2'))).toBe('wait 30: wave_not_open')
    expect(told(story, { current: '20' }, keyAt(story, 5, 'R-2'))).toBe('wait 30: wave_not_open')
    story.yanks('30')
    expect([story.channel().head, story.channel().base]).toEqual(['10', '10'])
    expect(story.rollout('R-2').state).toBe('superseded')
  })

  test('ends its nomination: nobody new gets it for another channel either', () => {
    const story = aRegistry()
      .withApp('rack')
      .withChannel('beta', { from: 'stable' })
      .serves('10')
      .publishes('20')
    story.withPolicy('beta', { soak: { minRacks: 1, soakMinutes: 60, dwell: true } })
    story.promotes('20', { rollout: policy }).nominates('20', 'beta').plans('R-1', racks).steps('R-1', {}, {})
    expect(story.channel().nomination?.version).toBe('20')
    expect(told(story, { current: '10' }, keyAt(story, 5))).toBe('wait 20: wave_not_open')
    story.steps('R-1', { failures: [{}] }, {})
    expect(story.channel().nomination).toBeUndefined()
  })

  test('is left by a revert, which needs no rollout; and what never reached everybody is no way back', () => {
    const story = halted().reverts('10')
    expect(story.channel()).toMatchObject({ head: '10', base: '10' })
    expect([story.rollout('R-1').state, standing(story)]).toEqual(['reverted', undefined])
  })
})

describe('base and head', () => {
  test('the base may be withdrawn while a head is on its way, and come back', () => {
    const story = aRegistry()
      .withApp('rack')
      .serves('5', '10')
      .publishes('20')
      .promotes('20', { rollout: policy })
    expect(story.yanks('10').channel()).toMatchObject({ head: '20', base: '5' })
    expect(story.unyanks('ADV-1').channel()).toMatchObject({ head: '20', base: '10' })
    expect(story.yanks('5..10').channel()).toMatchObject({ head: '20', base: undefined })
    expect(told(story.plans('R-1', racks), {}, keyAt(story, 0))).toBe('wait: channel_empty')
  })

  test('a withdrawn head ends its rollout, whatever state it is in', () => {
    for (const story of [promoted(), running(), running().pauses('R-1'), running().halts('R-1')]) {
      story.yanks('20')
      expect([story.rollout('R-1').state, story.channel().head, story.channel().base]).toEqual([
        'superseded',
        '10',
        '10',
      ])
    }
  })

  test('what an import takes over reached everybody elsewhere; it stays away from a channel with a rollout', () => {
    const story = aRegistry().withApp('rack').serves('10')
    expect(story.channel()).toMatchObject({ head: '10', base: '10' })
  })
})

describe('a remedy', () => {
  const withdrawn = (): RegistryStory =>
    aRegistry()
      .withApp('rack')
      .serves('10', '20')
      .yanks('20', { severity: 'critical' })
      .plans('R-1', racks)
      .steps('R-1', { waiting: 1 }, {}, {})

  test('moves its first wave, and nobody else before that is proved', () => {
    const story = withdrawn()
    const on20 = (place: number) => told(story, { current: '20' }, keyAt(story, place))
    expect([on20(0), on20(1), on20(9)]).toEqual([
      'rollback 10: yanked',
      'wait 10: remedy_wave_not_open',
      'wait 10: remedy_wave_not_open',
    ])
    story.later(5).steps('R-1', { soaked: 1 }, { waiting: 1 }, {})
    expect([on20(0), on20(1), on20(9)]).toEqual([
      'rollback 10: yanked',
      'rollback 10: yanked',
      'wait 10: remedy_wave_not_open',
    ])
  })

  test('concerns as well who writes the version otherwise, or runs one that nobody published here', () => {
    const story = aRegistry().withApp('rack').serves('10', '20').yanks('15..20', { severity: 'critical' })
    story.plans('R-1', racks).steps('R-1', { waiting: 1 }, {}, {})
    for (const current of ['20', '020', '17', '17-unseen'])
      expect(told(story, { current }, keyAt(story, 9)), current).toBe('wait 10: remedy_wave_not_open')
  })

  test('has a pool of its own, and stays open to who comes late', () => {
    const story = withdrawn()
    expect(standing(story, { current: '20', key: keyAt(story, 0), taken: 1 })?.remedySlots).toEqual({
      isFree: false,
      detail: '1 of 1 racks of R-1 are under way',
    })
    story.later(5).steps('R-1', { soaked: 1 }, { soaked: 1 }, { soaked: 8 })
    expect(story.rollout('R-1').state).toBe('completed')
    expect(told(story, { current: '20' }, 'ffffffffffffffff')).toBe('rollback 10: yanked')
  })

  test('that leads forward brings a head on its way to nobody whom its own waves have not reached', () => {
    const story = running().yanks('10', { remedy: 'forward' })
    story.plans('R-2', racks).steps('R-2', { waiting: 1 }, {}, {})
    const canaryOfRemedy = keyAt(story, 0, 'R-2')
    expect(told(story, { current: '10' }, keyAt(story, 0))).toBe('update 20: offered')
    expect(canaryOfRemedy).not.toBe(keyAt(story, 0))
    expect(told(story, { current: '10' }, canaryOfRemedy)).toBe('wait 20: wave_not_open')
    story.halts('R-1')
    expect(told(story, { current: '10' }, canaryOfRemedy)).toBe('wait 20: rollout_halted')
  })

  test('from before there were rollouts moves at once', () => {
    const story = aRegistry().withApp('rack').serves('10', '20')
    story.records([
      {
        type: 'release.yanked',
        v: 1,
        at: story.now,
        actor: 'ada',
        app: 'rack',
        yank: 'ADV-1',
        range: '20',
        severity: 'critical',
        remedy: 'rollback',
      },
    ])
    expect(standing(story, { current: '20' })).toBeUndefined()
  })

  test('ends when its yank is lifted', () => {
    const story = withdrawn().unyanks('ADV-1')
    expect([story.rollout('R-1').state, told(story, { current: '20' }, keyAt(story, 0))]).toEqual([
      'superseded',
      'none: ahead_of_channel',
    ])
  })
})

describe('a head that is taken back', () => {
  const proved = (version: string, at: number): RackFacts['proved'] => [{ version, at, parametersHold: true }]
  /** Halted 30 minutes after it began, with a soak of 10. */
  const takenBack = (): RegistryStory =>
    running({ ...policy, onFail: 'halt-and-revert' })
      .later(30)
      .steps('R-1', { failures: [{}] }, {})
      .plans('R-2', racks)
      .steps('R-2', { waiting: 1 }, {}, {})
  const haltedAt = storyStart + 30 * minute
  const young = { current: '20', proved: proved('20', haltedAt - 10 * minute + 1) }
  const past = { current: '20', proved: proved('20', haltedAt - 10 * minute) }

  test('calls racks that were not past their soak, by waves of their own', () => {
    const story = takenBack()
    expect(told(story, young, keyAt(story, 0, 'R-2'))).toBe('rollback 10: recalled')
    expect(told(story, young, keyAt(story, 5, 'R-2'))).toBe('wait 10: remedy_wave_not_open')
    expect(told(story, { current: '20' }, keyAt(story, 0, 'R-2'))).toBe('rollback 10: recalled')
    expect(told(story, past, keyAt(story, 0, 'R-2'))).toBe('none: up_to_date')
  })

  test('does not let go of racks that soak on while they wait for their turn', () => {
    const story = takenBack().later(600)
    expect(told(story, young, keyAt(story, 5, 'R-2'))).toBe('wait 10: remedy_wave_not_open')
  })

  test('asks each rack for the soak of its own wave', () => {
    const uneven: RolloutPolicy = {
      ...policy,
      waves: [
        { share: 1, soakMinutes: 40 },
        { share: 'rest', soakMinutes: 5 },
      ],
      onFail: 'halt-and-revert',
    }
    const story = running(uneven)
      .later(50)
      .steps('R-1', { soaked: 1 }, { failures: [{}] })
    expect(story.channel().takenBack).toBeUndefined()
    story.later(10).steps('R-1', { soaked: 1 }, { failures: [{}] })
    const [inFirst, inRest] = [keyAt(story, 0), keyAt(story, 1)]
    const since = (minutes: number) => ({ current: '20', proved: proved('20', story.now - minutes * minute) })
    const back = (minutes: number, key: string) => told(story, since(minutes), key) !== 'none: up_to_date'
    expect([39, 40].map((minutes) => back(minutes, inFirst))).toEqual([true, false])
    expect([4, 5, 39].map((minutes) => back(minutes, inRest))).toEqual([true, false, false])
    // Who is in no wave of it had no soak to be past.
    expect(aRack(since(1_000)).asks(story).motive).toBe('recall')
  })

  test('goes on when the channel is reverted without a recall, and becomes part of one that is called', () => {
    const plain = takenBack().reverts('10')
    expect([plain.rollout('R-1').state, plain.rollout('R-2').state]).toEqual(['reverted', 'running'])
    expect(told(plain, young, keyAt(plain, 0, 'R-2'))).toBe('rollback 10: recalled')
    expect(told(plain, past, keyAt(plain, 0, 'R-2'))).toBe('none: ahead_of_channel')
    const called = takenBack().reverts('10', { recall: true })
    expect([called.rollout('R-2').state, called.channel().takenBack]).toEqual(['superseded', undefined])
    called.plans('R-3', racks).steps('R-3', { waiting: 1 }, {}, {})
    expect(told(called, past, keyAt(called, 0, 'R-3'))).toBe('rollback 10: recalled')
  })

  test('is over with the next head', () => {
    const story = takenBack().publishes('30').promotes('30', { rollout: policy })
    expect([story.rollout('R-2').state, story.channel().takenBack]).toEqual(['superseded', undefined])
  })

  test('leaves racks of an earlier recall to that', () => {
    const story = aRegistry().withApp('rack').serves('10', '20', '30').reverts('10', { recall: true })
    story.promotes('20', { rollout: { ...policy, onFail: 'halt-and-revert' } })
    story
      .plans('R-2', racks)
      .steps('R-2', {}, {})
      .steps('R-2', { failures: [{}] }, {})
    expect(story.channel()).toMatchObject({ recall: { rollout: 'R-1' }, takenBack: { rollout: 'R-3' } })
    const backBy = (current: string): unknown => [
      standing(story, { current, key: keyAt(story, 0) })?.recall?.detail.match(/R-\d/)?.[0],
      rolloutOfMove(story.app, story.channel(), current, { motive: 'recall', destination: undefined }),
    ]
    expect(backBy('30')).toEqual(['R-1', 'R-1'])
    expect(backBy('20')).toEqual(['R-3', 'R-3'])
  })
})
