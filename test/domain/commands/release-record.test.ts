// What is said of a release: evidence, ticks, objections, known issues, nominations, reviews; said once, and by whom.
import { describe, expect, test } from 'vitest'
import { endNomination, nominateRelease } from '../../../shared/domain/commands/nominate.ts'
import { setPolicy } from '../../../shared/domain/commands/policy.ts'
import {
  addEvidence,
  answerObjection,
  nameKnownIssue,
  raiseObjection,
  tickItem,
} from '../../../shared/domain/commands/release-record.ts'
import { signReview } from '../../../shared/domain/commands/review.ts'
import { liftYank } from '../../../shared/domain/commands/unyank.ts'
import { day, minute } from '../../../shared/domain/instants.ts'
import { checkPolicy, presets } from '../../../shared/domain/policy.ts'
import { causeOf } from '../../../shared/domain/release-record.ts'
import { isOverdue } from '../../../shared/domain/review.ts'
import { aRack, aRegistry, problemOf, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const dwelling = { soak: { minRacks: 1, soakMinutes: 60, dwell: true } }
const served = (): RegistryStory => aRegistry().withApp('rack').serves('10').publishes('20')
const about = { app: 'rack', version: '20' }

describe('evidence', () => {
  const run = { ...about, name: 'unit', outcome: 'pass', url: 'https://ci.example.com/1' } as const
  const added = (story: RegistryStory, told: Parameters<typeof addEvidence>[1] = run) =>
    addEvidence(story.state, told, story.context)

  test('is recorded with everything that it names', () => {
    const file = { sha256: 'b'.repeat(64), size: 9 }
    expect(added(served(), { ...run, from: '10', file, note: 'all green' })).toEqual([
      {
        type: 'evidence.added',
        v: 1,
        at: storyStart,
        actor: 'token:ada',
        ...run,
        from: '10',
        file,
        note: 'all green',
      },
    ])
  })

  test('of the same run, told twice, is recorded once; of another run, or another outcome, again', () => {
    const story = served().records(added(served()))
    expect(added(story)).toEqual([])
    expect(added(story, { ...run, url: 'https://ci.example.com/2' })).toHaveLength(1)
    expect(added(story, { ...run, outcome: 'fail' })).toHaveLength(1)
    expect(added(story, { ...run, file: { sha256: 'c'.repeat(64), size: 9 } })).toHaveLength(1)
    expect(added(story, { ...run, note: 'by hand' })).toHaveLength(1)
  })

  test('without an address or bytes is a run of its own each time', () => {
    const plain = { ...about, name: 'unit', outcome: 'pass' } as const
    const story = served().records(added(served(), plain))
    expect(added(story, plain)).toHaveLength(1)
  })

  test('of one name replaces what was said before; of another pair it stands beside it', () => {
    const story = served().shows('20', 'unit', { outcome: 'fail' }).shows('20', 'unit')
    expect(story.release('20').record.evidence.map(({ outcome }) => outcome)).toEqual(['pass'])
    story.shows('20', 'unit', { from: '10' })
    expect(story.release('20').record.evidence).toHaveLength(2)
  })

  test('is about releases that there are, under a name that can be one', () => {
    expect(problemOf(() => added(served(), { ...run, name: 'Unit Tests' })).code).toBe('invalid_input')
    expect(problemOf(() => added(served(), { ...run, from: '99' })).code).toBe('release_not_found')
    expect(problemOf(() => added(served(), { ...run, version: '99' })).code).toBe('release_not_found')
  })
})

describe('the same again', () => {
  test('is nothing: a tick with its note, an objection, an answer, a known issue, a signature', () => {
    const story = served().withPolicy('stable', { checklist: [{ item: 'notes', text: 'read' }] })
    const twice = (events: () => readonly unknown[]) => expect(events()).toEqual([])
    story.ticks('20', 'notes')
    twice(() =>
      tickItem(story.state, { ...about, channel: 'stable', item: 'notes', note: 'done' }, story.context),
    )
    story.objects('20', 'slow')
    twice(() => raiseObjection(story.state, { ...about, reason: 'slow' }, story.context))
    expect(
      raiseObjection(story.state, { ...about, reason: 'slow' }, story.as('token:bea').context),
    ).toHaveLength(1)
    story.answers('O-1', 'no')
    twice(() => answerObjection(story.state, { app: 'rack', objection: 'O-1', note: 'no' }, story.context))
    story.knows('20', 'settling: x')
    twice(() => nameKnownIssue(story.state, { ...about, cause: 'settling: x', note: 'known' }, story.context))
  })

  test('a tick with another note is told', () => {
    const story = served()
      .withPolicy('stable', { checklist: [{ item: 'notes', text: 'read' }] })
      .ticks('20', 'notes')
    const other = { ...about, channel: 'stable', item: 'notes', note: 'read twice' }
    story.records(tickItem(story.state, other, story.context))
    expect(story.release('20').record.ticks).toMatchObject([{ note: 'read twice' }])
  })

  test('nobody fills the ledger with objections: ten that are open say enough', () => {
    const story = served().as('rack:rack/staging-1')
    for (let n = 1; n <= 10; n += 1) story.objects('20', `slow ${n}`)
    const again = problemOf(() => story.objects('20', 'slow 11'))
    expect(again).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('has 10 objections'),
    })
    story.as('token:bea').objects('20', 'slow too').answers('O-1')
    story.as('rack:rack/staging-1').objects('20', 'slow 11')
    expect(story.app.objections.size).toBe(12)
  })

  test('an objection that was answered may be raised again', () => {
    const story = served().objects('20', 'slow').answers('O-1').objects('20', 'slow')
    expect(story.release('20').record.objections.map(({ id, answer }) => [id, answer !== undefined])).toEqual(
      [
        ['O-1', true],
        ['O-2', false],
      ],
    )
  })
})

describe('a cause', () => {
  test('is the step and the message without what differs from run to run', () => {
    expect(causeOf('settling', 'healthz answered 502 after 3.25 s')).toBe(
      'settling: healthz answered # after # s',
    )
    expect(causeOf('applying', 'no "prod-1" at 0a1b2c3d4e5f')).toBe('applying: no "…" at …')
    expect(causeOf(null, null)).toBe('unknown: said nothing')
    expect(causeOf('settling', 'x'.repeat(500))).toHaveLength('settling: '.length + 200)
    expect(causeOf('a', 'two\n  lines ')).toBe('a: two lines')
    // What a person copies into a shell, in quotes.
    expect(causeOf('a', "it's 'gone'")).toBe('a: it’s ’gone’')
  })
})

describe('a nomination', () => {
  const nominated = () => served().withPolicy('stable', dwelling).nominates('20')

  test('keeps the racks of the feeder on it until each has finished, and no longer than it lasts', () => {
    const story = nominated().publishes('30')
    const { nomination } = story.channel('unstable')
    expect(nomination).toMatchObject({ version: '20', to: 'stable', soakMinutes: 60 })
    expect(nomination?.until).toBe(storyStart + 120 * minute + 3 * day)
    const rack = aRack({ current: '20' })
    const asks = (soakedMinutes: number, at = story.now) =>
      rack.asks(story, { on: 'unstable', at, conditions: { soakedMinutes } })
    expect(asks(59)).toMatchObject({ action: 'wait', reason: 'dwelling', until: storyStart + minute })
    expect(asks(60)).toMatchObject({ action: 'update', target: { version: '30' } })
    expect(asks(0, nomination?.until)).toMatchObject({ action: 'update' })
    expect(rack.asks(story, { on: 'unstable' })).toMatchObject({
      reason: 'dwelling',
      until: storyStart + 60 * minute,
    })
  })

  test('is what racks below it take before the head; who is past it, or fails on it, is free', () => {
    const story = nominated().publishes('30')
    const asks = (told: Parameters<typeof aRack>[0]) => aRack(told).asks(story, { on: 'unstable' })
    expect(asks({ current: '10' })).toMatchObject({ action: 'update', target: { version: '20' } })
    expect(asks({ current: '30' })).toMatchObject({ action: 'none', reason: 'up_to_date' })
    const failures = [{ target: '20', count: 1, lastAt: storyStart }]
    expect(asks({ current: '10', failures })).toMatchObject({ action: 'update', target: { version: '30' } })
    expect(asks({})).toMatchObject({ motive: 'bootstrap', target: { version: '30' } })
  })

  test('of what was withdrawn keeps nobody', () => {
    const story = nominated().publishes('30').yanks('20', { remedy: 'stay' })
    expect(aRack({ current: '20' }).asks(story, { on: 'unstable' })).toMatchObject({
      target: { version: '30' },
    })
  })

  test('again is nothing; of another release it takes its place; it ends with the promotion', () => {
    const story = nominated()
    const input = { app: 'rack', to: 'stable', version: '20' }
    expect(nominateRelease(story.state, input, story.context)).toEqual([])
    story.publishes('30').nominates('30')
    expect(story.channel('unstable').nomination?.version).toBe('30')
    story.promotes('30', { override: ['soak'], reason: 'now' })
    expect(story.channel('unstable').nomination).toBeUndefined()
  })

  test('is ended for the channel that it was made for, and for no other', () => {
    const story = nominated().withChannel('beta', { from: 'unstable' })
    const ending = (to: string) =>
      endNomination(story.state, { app: 'rack', to, outcome: 'withdrawn' }, story.context)
    expect(ending('beta')).toEqual([])
    expect(ending('unstable')).toEqual([])
    expect(ending('stable')).toMatchObject([{ channel: 'unstable', version: '20', outcome: 'withdrawn' }])
    story.records(ending('stable'))
    expect(ending('stable')).toEqual([])
  })
})

describe('a review', () => {
  const overridden = () =>
    served()
      .withPolicy('stable', dwelling)
      .promotes('20', { override: ['soak'], reason: 'production is down' })

  test('is due after a day, and signed by somebody else', () => {
    const story = overridden()
    const review = story.state.reviews.get('R-1')
    if (!review) throw new Error('no review')
    expect([isOverdue(review, storyStart + day), isOverdue(review, storyStart + day + 1)]).toEqual([
      false,
      true,
    ])
    story.as('token:bea').records(signReview(story.state, { review: 'R-1', note: 'right' }, story.context))
    const signed = story.state.reviews.get('R-1')
    expect(signed).toMatchObject({ signed: { actor: 'token:bea', note: 'right' } })
    expect(signed && isOverdue(signed, storyStart + 9 * day)).toBe(false)
    expect(signReview(story.state, { review: 'R-1', note: 'right' }, story.context)).toEqual([])
  })

  testRefusals('review.ts', [
    {
      when: 'a review that does not exist',
      code: 'review_not_found',
      says: 'There is no review R-9.',
      hint: 'headgate review list',
      registry: overridden,
      act: (story) => signReview(story.state, { review: 'R-9', note: 'x' }, story.context),
    },
    {
      when: 'by who did it',
      code: 'self_approval',
      says: 'token:ada did it, so somebody else has to review R-1: 20 was promoted to stable of rack past the gate soak.',
      hint: 'headgate review sign R-1 --note "…"   # by somebody else',
      registry: overridden,
      act: (story) => signReview(story.state, { review: 'R-1', note: 'x' }, story.context),
    },
    {
      when: 'a review that was signed otherwise',
      code: 'invalid_input',
      says: 'R-1 was signed by token:bea: right',
      registry: () => {
        const story = overridden().as('token:bea')
        return story.records(signReview(story.state, { review: 'R-1', note: 'right' }, story.context))
      },
      act: (story) => signReview(story.state, { review: 'R-1', note: 'wrong' }, story.context),
    },
  ])
})

describe('refused about a release', () => {
  const checklist = { checklist: [{ item: 'notes', text: 'read' }] }

  testRefusals('release-record.ts', [
    {
      when: 'an item that the checklist does not have',
      code: 'invalid_input',
      says: 'The checklist of stable has no item "colour"; it has: notes.',
      hint: 'headgate channel policy show stable --app rack',
      registry: () => served().withPolicy('stable', checklist),
      act: (story) =>
        tickItem(story.state, { ...about, channel: 'stable', item: 'colour', note: 'x' }, story.context),
    },
    {
      when: 'an objection that nobody raised',
      code: 'objection_not_found',
      says: 'The app rack has no objection O-9.',
      hint: 'headgate release show VERSION --app rack --gates',
      registry: served,
      act: (story) =>
        answerObjection(story.state, { app: 'rack', objection: 'O-9', note: 'x' }, story.context),
    },
    {
      when: 'another answer than the one that was given',
      code: 'invalid_input',
      says: 'O-1 was answered by token:ada: it is not so',
      registry: () => served().objects('20', 'slow').answers('O-1'),
      act: (story) =>
        answerObjection(story.state, { app: 'rack', objection: 'O-1', note: 'x' }, story.context),
    },
    {
      when: 'a known issue, by who published it',
      code: 'self_approval',
      says: 'token:ada published 20; somebody else has to say which of its failures are known.',
      registry: () => aRegistry().withApp('rack').publishes('20'),
      act: (story) => nameKnownIssue(story.state, { ...about, cause: 'x', note: 'y' }, story.context),
    },
  ])

  testRefusals('nominate.ts', [
    {
      when: 'for a channel whose policy lets nothing dwell',
      code: 'invalid_input',
      says: 'The policy of stable has no soak with dwell, so no rack would stay for 20.',
      hint: 'headgate channel policy show stable --app rack',
      registry: served,
      act: (story) =>
        nominateRelease(story.state, { app: 'rack', to: 'stable', version: '20' }, story.context),
    },
    {
      when: 'what was withdrawn',
      code: 'yanked',
      says: '20 was withdrawn by ADV-1 and cannot be nominated.',
      registry: () => served().withPolicy('stable', dwelling).yanks('20'),
      act: (story) =>
        nominateRelease(story.state, { app: 'rack', to: 'stable', version: '20' }, story.context),
    },
    {
      when: 'what no rack of the feeder can have',
      code: 'not_in_feeder',
      says: '15 was never head of unstable, so no rack there can soak it.',
      registry: () => served().withPolicy('stable', dwelling).publishes('15'),
      act: (story) =>
        nominateRelease(story.state, { app: 'rack', to: 'stable', version: '15' }, story.context),
    },
  ])

  testRefusals('unyank.ts', [
    {
      when: 'an advisory that does not exist',
      code: 'advisory_not_found',
      says: 'The app rack has no advisory ADV-9.',
      hint: 'headgate advisory list --app rack',
      registry: served,
      act: (story) => liftYank(story.state, { app: 'rack', advisory: 'ADV-9', reason: 'x' }, story.context),
    },
    {
      when: 'in a freeze of a channel that served what it withdrew',
      code: 'frozen',
      says: 'Frozen is channel stable of rack, by token:ada: we look into it. Nothing that was stopped goes on meanwhile.',
      hint: 'headgate freeze --list',
      registry: () => served().yanks('10').freezes({ app: 'rack', channel: 'stable' }),
      act: (story) => liftYank(story.state, { app: 'rack', advisory: 'ADV-1', reason: 'x' }, story.context),
    },
  ])
})

describe('a policy', () => {
  const policy = (gates: object, promoteOnPublish = false) => ({ promoteOnPublish, checkSeconds: 60, gates })
  const refusal = (gates: object, from?: string, promoteOnPublish = false) =>
    problemOf(() => checkPolicy(policy(gates, promoteOnPublish), { channel: 'stable', from })).message

  test('that nobody could meet, or that contradicts itself, is refused', () => {
    expect(refusal({ soak: { minRacks: 1, soakMinutes: 1 } })).toBe(
      'The gate soak looks at the racks of the feeder, and stable has none: it would never pass.',
    )
    expect(refusal({ coverage: true })).toContain('The gate coverage looks at')
    expect(refusal({ coverage: true }, undefined, true)).toContain('no gate would be asked: coverage')
    expect(refusal({}, 'unstable', true)).toContain('cannot both be fed by unstable')
    const twice = { name: 'unit', maxAgeHours: 1 }
    expect(refusal({ evidence: [twice, twice] }, 'unstable')).toBe(
      'The policy names "unit" twice under evidence.',
    )
    const item = { item: 'notes', text: 'read' }
    expect(refusal({ checklist: [item, item] }, 'unstable')).toBe(
      'The policy names "notes" twice under checklist.',
    )
  })

  test('that leaves a gate of the feeder switched off needs none', () => {
    checkPolicy(policy({ coverage: false, artifacts: true }), { channel: 'stable', from: undefined })
    for (const gates of Object.values(presets))
      checkPolicy(policy(gates), { channel: 'stable', from: 'unstable' })
  })

  test('is refused as it is set, and changes nothing then', () => {
    const story = served()
    const before = story.events.length
    const asked = { app: 'rack', channel: 'unstable', policy: policy({ coverage: true }), reason: 'x' }
    expect(problemOf(() => setPolicy(story.state, asked, story.context)).code).toBe('invalid_input')
    expect(story.events).toHaveLength(before)
  })
})
