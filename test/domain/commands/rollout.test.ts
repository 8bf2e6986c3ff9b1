// What moves a rollout: every transition of the table and every one that is not in it; and what is refused.
import { describe, expect, test } from 'vitest'
import {
  openAllWaves,
  recordPlan,
  resumeRollout,
  stepRollout,
} from '../../../shared/domain/commands/rollout.ts'
import { hour } from '../../../shared/domain/instants.ts'
import type { Problem } from '../../../shared/domain/problem.ts'
import { type RolloutState, rolloutStates, rolloutTransitions } from '../../../shared/domain/rollout.ts'
import { type RolloutPolicy, rolloutPresets } from '../../../shared/domain/rollout-policy.ts'
import { aRegistry, problemOf, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const racks = Array.from({ length: 10 }, (_, n) => ({ key: `${n}`.repeat(16) }))
const cause = 'settling: status #'
const policy: RolloutPolicy = {
  waves: [
    { share: 1, soakMinutes: 10, deadlineMinutes: 60 },
    { share: '50%', soakMinutes: 10, failures: { maxFailed: 1, percent: 0 }, afterMinutes: 120 },
    { share: 'rest', soakMinutes: 10, failures: { maxFailed: 1, percent: 0 } },
  ],
  onFail: 'halt',
  silentMinutes: 60,
}
const promoted = (own: RolloutPolicy = policy): RegistryStory =>
  aRegistry().withApp('rack').serves('10').publishes('20').promotes('20', { rollout: own })
const running = (own?: RolloutPolicy): RegistryStory =>
  promoted(own).plans('R-1', racks).steps('R-1', {}, {}, {})
const state = (story: RegistryStory, id = 'R-1'): string => {
  const { state: present, wave } = story.rollout(id)
  return `${present} ${wave}`
}
const bySelf = ({ now }: RegistryStory) => ({ now, actor: 'registry' })
const recorded = (story: RegistryStory, act: () => unknown): string[] => {
  const before = story.events.length
  act()
  return story.events.slice(before).map(({ type, actor }) => `${type} by ${actor}`)
}

const stories: Readonly<Record<RolloutState, () => RegistryStory>> = {
  planned: promoted,
  running: () => running(),
  paused: () => running().pauses('R-1'),
  halted: () => running().halts('R-1'),
  completed: () => promoted().completes('R-1').later(180).steps('R-1', {}, {}, {}),
  superseded: () => running().publishes('30').promotes('30', { rollout: policy }),
  reverted: () => running().reverts('10'),
}

describe('a rollout comes into every state, and from there only where the table leads', () => {
  test.each(rolloutStates)('%s', (present) => {
    expect(stories[present]().rollout('R-1').state).toBe(present)
  })

  const acts = {
    pause: (story: RegistryStory) => story.pauses('R-1'),
    halt: (story: RegistryStory) => story.halts('R-1'),
    resume: (story: RegistryStory) => story.resumes('R-1'),
  } as const
  const rows = rolloutStates.flatMap((from) =>
    (['pause', 'halt', 'resume'] as const).map((act) => ({ from, act, to: rolloutTransitions[from][act] })),
  )
  /** Asking for what is so already is success, and records nothing. */
  const already: Readonly<Record<keyof typeof acts, RolloutState>> = {
    pause: 'paused',
    halt: 'halted',
    resume: 'running',
  }

  test.each(rows)('$from, $act: $to', ({ from, act, to }) => {
    const story = stories[from]()
    if (already[act] === from) {
      expect(recorded(story, () => acts[act](story))).toEqual([])
      return
    }
    if (to) {
      expect(acts[act](story).rollout('R-1').state).toBe(to)
      return
    }
    const { code, message, hint } = problemOf(() => acts[act](story))
    expect([code, message, hint]).toEqual([
      'rollout_state',
      `R-1 is ${from}; there is nothing to ${act}.`,
      'headgate rollout show R-1 --app rack',
    ])
  })

  test.each(['completed', 'superseded', 'reverted'] as const)(
    '%s is the end: nothing is planned, opened or retried',
    (end) => {
      const story = stories[end]()
      const counts = story.counts({}, {}, {})
      expect(stepRollout(story.state, { app: 'rack', rollout: 'R-1', counts }, bySelf(story))).toEqual([])
      expect(problemOf(() => story.retries('R-1')).code).toBe('rollout_state')
      expect(rolloutTransitions[end]).toEqual({})
    },
  )
})

describe('the registry', () => {
  test('plans once, and not what has ended', () => {
    const story = promoted().plans('R-1', racks)
    const plan = story.rollout('R-1').plan
    if (!plan) throw new Error('it was planned')
    expect(recordPlan(story.state, { app: 'rack', rollout: 'R-1', plan }, bySelf(story))).toEqual([])
    const over = promoted().reverts('10')
    expect(recordPlan(over.state, { app: 'rack', rollout: 'R-1', plan }, bySelf(over))).toEqual([])
    expect(recordPlan(over.state, { app: 'rack', rollout: 'R-9', plan }, bySelf(over))).toEqual([])
  })

  test('opens the first wave when it is planned, and not before it may begin', () => {
    expect(recorded(promoted(), () => undefined)).toEqual([])
    const story = promoted().steps('R-1', {}, {}, {})
    expect(state(story)).toBe('planned -1')
    expect(state(story.plans('R-1', racks).steps('R-1', {}, {}, {}))).toBe('running 0')
    const later = aRegistry().withApp('rack').serves('10').publishes('20')
    later.promotes('20', { rollout: policy, notBefore: storyStart + hour }).plans('R-1', racks)
    expect(state(later.later(59).steps('R-1', {}, {}, {}))).toBe('planned -1')
    expect(state(later.later(1).steps('R-1', {}, {}, {}))).toBe('running 0')
  })

  test('opens the next by proof, in order, when its time has come, and completes behind the last', () => {
    const story = running()
    expect(state(story.later(10).steps('R-1', { soaking: 1 }, {}, {}))).toBe('running 0')
    expect(state(story.later(10).steps('R-1', { soaked: 1 }, {}, {}))).toBe('running 0')
    expect(state(story.later(100).steps('R-1', { soaked: 1 }, {}, {}))).toBe('running 1')
    expect(story.rollout('R-1').waveOpenedAt).toBe(story.now)
    expect(story.rollout('R-1').since.at).toBe(storyStart)
    expect(state(story.later(1).steps('R-1', { soaked: 1 }, { soaked: 3, soaking: 2 }, {}))).toBe('running 1')
    expect(state(story.later(1).steps('R-1', { soaked: 1 }, { soaked: 4, failures: [{}] }, {}))).toBe(
      'running 2',
    )
    expect(story.channel()).toMatchObject({ head: '20', base: '10' })
    const last = () => story.later(1).steps('R-1', { soaked: 1 }, { soaked: 5 }, { soaked: 4 })
    expect(recorded(story, last)).toEqual(['rollout.completed by registry'])
    expect(story.channel()).toMatchObject({ head: '20', base: '20' })
  })

  test('halts on the first open wave that failed, with what it stands on, and looks on while it is paused', () => {
    const story = running().later(130).steps('R-1', { soaked: 1 }, {}, {}).pauses('R-1').later(5)
    expect(
      state(story.steps('R-1', { soaked: 1 }, { failures: [{}] }, { failures: [{}, { rack: 'b' }] })),
    ).toBe('paused 1')
    story.steps('R-1', { soaked: 1 }, { failures: [{}, { rack: 'prod-2' }] }, {})
    expect(state(story)).toBe('halted 1')
    expect(story.rollout('R-1').evidence).toMatchObject({
      at: story.now,
      actor: 'registry',
      wave: 1,
      detail: 'wave 2 (wave 2): 2 of 5 racks failed; 1 are tolerated. settling: status # (2)',
      numbers: { failed: 2, allowed: 1 },
      failures: [{ rack: 'prod-1' }, { rack: 'prod-2' }],
    })
    expect(story.app.rollouts.size).toBe(1)
  })

  test('opens nothing while it is paused, whatever is proved', () => {
    expect(state(running().pauses('R-1').later(200).steps('R-1', { soaked: 1 }, {}, {}))).toBe('paused 0')
  })

  test('keeps twenty failures with a halt', () => {
    const failures = Array.from({ length: 30 }, (_, n) => ({ rack: `prod-${n}` }))
    const { evidence } = running().steps('R-1', { failures }, {}, {}).rollout('R-1')
    expect([evidence?.failures.length, evidence?.numbers.failed]).toEqual([20, 30])
  })

  test('takes back what failed where the policy says so, and not for a person, nor for a remedy', () => {
    const story = running({ ...policy, onFail: 'halt-and-revert' }).later(30)
    story.steps('R-1', { failures: [{}] }, {}, {})
    expect(story.rollout('R-2')).toMatchObject({
      purpose: 'recall',
      takesBack: 'R-1',
      version: '20',
      state: 'planned',
    })
    expect(story.channel().takenBack).toMatchObject({ rollout: 'R-2', halted: 'R-1', haltedAt: story.now })
    const halted = running({ ...policy, onFail: 'halt-and-revert' }).halts('R-1')
    expect([halted.app.rollouts.size, halted.channel().takenBack]).toEqual([1, undefined])
  })

  test('numbers the rollouts of an app, also of one act for several channels', () => {
    const story = aRegistry()
      .withApp('rack')
      .withChannel('canary', { policy: { promoteOnPublish: true, rollout: policy } })
    story.withChannel('edge', { policy: { promoteOnPublish: true, rollout: policy } })
    story.publishes('10').publishes('20')
    const all = [...story.app.rollouts.values()].map(
      ({ id, channel, version }) => `${id} ${channel} ${version}`,
    )
    expect(all).toEqual(['R-1 canary 20', 'R-2 edge 20'])
    expect(new Set([...story.app.rollouts.values()].map(({ key }) => key)).size).toBe(2)
  })
})

describe('to go on after a halt', () => {
  const halted = (): RegistryStory =>
    running()
      .later(5)
      .steps('R-1', { failures: [{}] }, {}, {})

  test('takes somebody who has seen each cause', () => {
    const story = halted()
    const counts = story.counts({ failures: [{}, { rack: 'prod-2', cause: 'fetch: #' }] }, {}, {})
    const problem: Problem = problemOf(() => story.resumes('R-1', [cause], counts))
    expect([problem.code, problem.message, problem.numbers]).toEqual([
      'failures_unacknowledged',
      '1 rack has failed in R-1 by what nobody has acknowledged: fetch: # (1)',
      { failed: 1 },
    ])
    story.resumes('R-1', [cause, 'fetch: #'], counts)
    expect(state(story)).toBe('running 0')
    expect(story.rollout('R-1').acknowledged).toEqual([
      { rack: 'prod-1', cause },
      { rack: 'prod-2', cause: 'fetch: #' },
    ])
  })

  test('counts what was acknowledged no more, and stops at the same cause on another rack', () => {
    const story = halted()
    story.resumes('R-1', [cause], story.counts({ failures: [{}] }, {}, {}))
    expect(state(story.steps('R-1', { failures: [{}] }, {}, {}))).toBe('running 0')
    expect(state(story.steps('R-1', { failures: [{}, { rack: 'prod-7' }] }, {}, {}))).toBe('halted 0')
  })

  test('gives the wave its whole time again: a deadline that has passed would stop it at once', () => {
    const story = running().later(61).steps('R-1', { waiting: 1 }, {}, {})
    expect(story.rollout('R-1').evidence?.detail).toContain('it was to be through by')
    story.later(200).resumes('R-1', [], story.counts({ waiting: 1 }, {}, {}))
    expect(state(story.later(60).steps('R-1', { waiting: 1 }, {}, {}))).toBe('running 0')
    expect(state(story.later(1).steps('R-1', { waiting: 1 }, {}, {}))).toBe('halted 0')
  })

  test('ends what takes it back', () => {
    const story = running({ ...policy, onFail: 'halt-and-revert' }).steps('R-1', { failures: [{}] }, {}, {})
    story.resumes('R-1', [cause], story.counts({ failures: [{}] }, {}, {}))
    expect([story.rollout('R-2').state, story.channel().takenBack]).toEqual(['superseded', undefined])
  })

  test('wants nothing acknowledged after a pause, and takes what is', () => {
    const story = running().pauses('R-1')
    const counts = story.counts({ failures: [{}] }, {}, {})
    expect(
      resumeRollout(
        story.state,
        { app: 'rack', rollout: 'R-1', acknowledge: [], reason: '' },
        counts,
        story.context,
      ),
    ).toHaveLength(1)
    expect(story.resumes('R-1', [cause], counts).rollout('R-1').acknowledged).toHaveLength(1)
  })
})

describe('at once, for everybody', () => {
  const remedy = (): RegistryStory =>
    aRegistry().withApp('rack').serves('10', '20').yanks('20').plans('R-1', racks)

  test('takes a second person, who is on the record', () => {
    const story = remedy().as('token:bea')
    expect(recorded(story, () => story.opens('R-1', 'it leaks'))).toEqual([
      'rollout.wave_opened by token:bea',
    ])
    expect(state(story)).toBe('running 2')
    expect(recorded(story, () => story.opens('R-1'))).toEqual([])
  })

  test('is still stopped by its own failures', () => {
    const story = remedy().as('token:bea').opens('R-1')
    expect(state(story.steps('R-1', {}, { failures: [{}] }, {}))).toBe('halted 2')
    expect(problemOf(() => story.opens('R-1')).code).toBe('rollout_state')
  })

  test('is for remedies and recalls only', () => {
    const recall = aRegistry().withApp('rack').serves('10', '20').reverts('10', { recall: true })
    expect(state(recall.plans('R-1', racks).as('token:bea').opens('R-1'))).toBe('running 2')
  })
})

describe('refused', () => {
  const opening = (story: RegistryStory) =>
    openAllWaves(story.state, { app: 'rack', rollout: 'R-1', reason: 'now' }, story.context)
  const yanked = (): RegistryStory => aRegistry().withApp('rack').serves('10', '20').yanks('20')

  testRefusals('rollout.ts', [
    {
      when: 'one that does not exist',
      code: 'rollout_not_found',
      says: 'The app rack has no rollout R-9.',
      hint: 'headgate rollout list --app rack',
      registry: () => running(),
      act: (story) => story.pauses('R-9'),
    },
    {
      when: 'to acknowledge what did not fail',
      code: 'invalid_input',
      says: `No rack of R-1 failed by "fetch: #"; what failed is: ${cause} (1).`,
      hint: 'headgate rollout show R-1 --app rack',
      registry: () => running().halts('R-1'),
      act: (story) => story.resumes('R-1', ['fetch: #'], story.counts({ failures: [{}] }, {}, {})),
    },
    {
      when: 'to acknowledge where nothing failed',
      code: 'invalid_input',
      says: `No rack of R-1 failed by "${cause}"; nothing has failed.`,
      hint: 'headgate rollout show R-1 --app rack',
      registry: () => running().pauses('R-1'),
      act: (story) => story.resumes('R-1', [cause]),
    },
    {
      when: 'to go on past what nobody has seen',
      code: 'failures_unacknowledged',
      says: `2 racks have failed in R-1 by what nobody has acknowledged: ${cause} (2)`,
      hint: `headgate rollout resume R-1 --app rack --acknowledge '${cause}' --reason "why it may go on"`,
      numbers: { failed: 2 },
      registry: () => running().halts('R-1'),
      act: (story) => story.resumes('R-1', [], story.counts({ failures: [{}, { rack: 'b' }] }, {}, {})),
    },
    {
      when: 'a head at once',
      code: 'rollout_state',
      says: 'R-1 brings a head, which goes wave by wave.',
      hint: 'headgate rollout show R-1 --app rack',
      registry: () => running().as('token:bea'),
      act: opening,
    },
    {
      when: 'at once before there is a plan',
      code: 'rollout_state',
      says: 'R-1 is being planned.',
      hint: 'Ask again in a moment',
      registry: () => yanked().as('token:bea'),
      act: opening,
    },
    {
      when: 'at once by whoever ordered it',
      code: 'not_allowed',
      says: 'token:ada ordered R-1; that all racks move at once is for a second person.',
      registry: () => yanked().plans('R-1', racks),
      act: opening,
    },
    {
      when: 'at once while it is paused',
      code: 'rollout_state',
      says: 'R-1 is paused; there is nothing to open.',
      hint: 'headgate rollout show R-1 --app rack',
      registry: () => yanked().plans('R-1', racks).pauses('R-1').as('token:bea'),
      act: opening,
    },
  ])
})

describe('the order that a promotion carries', () => {
  const registry = (): RegistryStory =>
    aRegistry()
      .withApp('rack')
      .withChannel('beta', { from: 'unstable', policy: { rollout: policy } })
      .publishes('10')
  const orders = (story: RegistryStory): unknown =>
    [...story.app.rollouts.values()].map(({ policy: own }) => own)

  test('is none for the first head of a channel: it is its own base', () => {
    const story = registry().promotes('10', { to: 'beta' })
    expect([orders(story), story.channel('beta').base]).toEqual([[], '10'])
  })

  test('is the one of the channel, or another with a reason', () => {
    const story = registry().promotes('10', { to: 'beta' }).publishes('20').promotes('20', { to: 'beta' })
    expect(orders(story)).toEqual([policy])
    story.publishes('30')
    const own = { to: 'beta', rollout: rolloutPresets.canary }
    expect(problemOf(() => story.promotes('30', own)).message).toBe(
      'beta has its own way to roll out; another one is given with a reason, which is recorded.',
    )
    expect(orders(story.promotes('30', { ...own, reason: 'it is urgent' }))).toEqual([
      policy,
      rolloutPresets.canary,
    ])
  })

  test('contradicts neither itself nor the clock', () => {
    const story = aRegistry().withApp('rack').serves('10').publishes('20')
    const refusal = (options: Parameters<RegistryStory['promotes']>[1]) =>
      problemOf(() => story.promotes('20', options))
    expect(refusal({ rollout: { ...policy, waves: [] } }).code).toBe('invalid_input')
    expect(refusal({ notBefore: story.now + hour }).message).toContain('serves a new head at once')
    expect(refusal({ rollout: policy, notBefore: story.now - 1 }).code).toBe('invalid_date')
    expect(orders(story)).toEqual([])
  })

  test('is no part of a proposal, which rolls out as the channel says', () => {
    const story = aRegistry().withApp('rack').serves('10').publishes('20')
    story.withPolicy('stable', { approvals: { count: 1, role: 'maintainer' } })
    const { message } = problemOf(() => story.promotes('20', { rollout: policy }))
    expect(message).toBe(
      'Gates are open, so this becomes a proposal; a proposal rolls out as the channel says.',
    )
    expect(problemOf(() => story.promotes('20', { notBefore: story.now + hour })).code).toBe('invalid_input')
  })
})
