// Moving a channel forward: by a maintainer through the gates, on publication, and as a history is taken over.
import { describe, expect, test } from 'vitest'
import { movesOnImport, movesOnPublish } from '../../../shared/domain/commands/moves-on-publish.ts'
import {
  openGates,
  type PromoteRelease,
  planPromotion,
  promoteRelease,
} from '../../../shared/domain/commands/promote.ts'
import type { LedgerEvent } from '../../../shared/domain/events.ts'
import { problemOfOpenGates } from '../../../shared/domain/open-gates.ts'
import { aRegistry, problemOf, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const promoting = (
  registry: RegistryStory,
  version?: string,
  more: Partial<PromoteRelease> = {},
): LedgerEvent[] =>
  promoteRelease(
    registry.state,
    { app: 'rack', to: 'stable', acknowledge: [], ...(version !== undefined && { version }), ...more },
    registry.context,
  )

const planned = (registry: RegistryStory, version: string) =>
  planPromotion(registry.state, { app: 'rack', to: 'stable', version, acknowledge: [] }, registry.context)

const promoted = {
  type: 'channel.promoted',
  v: 2,
  at: storyStart,
  actor: 'token:ada',
  app: 'rack',
  channel: 'stable',
  via: 'promote',
}
const noObjection = { gate: 'objections', outcome: 'pass', detail: 'nobody objects.' }
const proposed = { type: 'proposal.opened', app: 'rack', whenReady: false }
const plain = { parameters: { Password: {} } }
const masked = { parameters: { Password: { masked: true } } }
const maskedAndMore = { parameters: { Password: { masked: true }, Key: {} } }

describe('a promotion', () => {
  test('is recorded with the verdicts that it was made on', () => {
    const registry = aRegistry().withApp('rack').serves('10').publishes('20')
    expect(promoting(registry, '20', { reason: 'staging is well' })).toEqual([
      {
        ...promoted,
        version: '20',
        reason: 'staging is well',
        overrides: [],
        verdicts: [
          { gate: 'path', outcome: 'pass', detail: '20 was head of unstable.' },
          { gate: 'parameters', outcome: 'pass', detail: 'no blocking change against 10.' },
          noObjection,
        ],
      },
    ])
    expect(promoting(registry, '20')[0]).not.toHaveProperty('reason')
  })

  test('takes the head of the feeder if none is named', () => {
    expect(promoting(aRegistry().withApp('rack').publishes('10').publishes('20'))).toMatchObject([
      { version: '20' },
    ])
  })

  test('of what the channel serves is success and records nothing, frozen or not', () => {
    const registry = aRegistry().withApp('rack').serves('10').freezes()
    expect(promoting(registry, '10')).toEqual([])
    expect(planned(registry, '10').isMove).toBe(false)
  })

  test('of an older build than the feeder serves, if it was head there', () => {
    expect(
      promoting(aRegistry().withApp('rack').serves('10').publishes('20').publishes('30'), '20'),
    ).toMatchObject([{ version: '20' }])
  })

  test('on a channel without a feeder asks for no path', () => {
    const registry = aRegistry().withApp('rack').withChannel('lab').publishes('10')
    expect(promoting(registry, '10', { to: 'lab' })).toMatchObject([
      {
        channel: 'lab',
        verdicts: [
          { gate: 'path', outcome: 'pass', detail: 'lab has no feeder.' },
          { gate: 'parameters', outcome: 'pass', detail: 'lab serves nothing yet, so nothing changes.' },
          noObjection,
        ],
      },
    ])
  })

  test('is compared with what the target channel serves, not with what was published before', () => {
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', plain)
      .promotes('10')
      .publishes('20', masked)
      .publishes('30', masked)
    expect(promoting(registry, '30')).toMatchObject([proposed])
    const other = aRegistry()
      .withApp('rack')
      .publishes('10', masked)
      .promotes('10')
      .publishes('20', plain)
      .publishes('30', masked)
    expect(promoting(other, '30')).toHaveLength(1)
  })

  test('with blocking changes wants each acknowledged, with a note that is kept', () => {
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', plain)
      .promotes('10')
      .publishes('20', maskedAndMore)
    expect(
      promoting(registry, '20', { acknowledge: ['Password', 'Key'], note: ' read the code ' }),
    ).toMatchObject([
      { type: 'change.acknowledged', parameter: 'Password', change: 'becameMasked', note: 'read the code' },
      { type: 'change.acknowledged', parameter: 'Key', change: 'addedWithoutDefault', note: 'read the code' },
      {
        type: 'channel.promoted',
        verdicts: [
          { gate: 'path' },
          { gate: 'parameters', outcome: 'pass', detail: 'Key, Password acknowledged.' },
          noObjection,
        ],
      },
    ])
  })

  test('asked twice, with its acknowledgements, is success and records nothing the second time', () => {
    const registry = aRegistry().withApp('rack').publishes('10', plain).promotes('10').publishes('20', masked)
    const acknowledging = { acknowledge: ['Password'], note: 'read the code' }
    registry.records(promoting(registry, '20', acknowledging))
    expect(registry.channel().head).toBe('20')
    expect(promoting(registry, '20', acknowledging)).toEqual([])
  })

  test('with changes that do not block needs no word', () => {
    const registry = aRegistry().withApp('rack').publishes('10', plain).promotes('10')
    registry.publishes('20', { parameters: { Key: { default: 'a' } } })
    expect(promoting(registry, '20')).toMatchObject([
      { verdicts: [{ gate: 'path' }, { detail: 'no blocking change against 10.' }, noObjection] },
    ])
  })

  test('an acknowledgement is for one parameter: another with the same change is not passed by it', () => {
    const both = (masked: boolean) => ({ parameters: { Key: { masked }, Password: { masked } } })
    const registry = aRegistry()
      .withApp('rack')
      .publishes('10', both(false))
      .promotes('10')
      .publishes('20', both(true))
    registry.records(promoting(registry, '20', { acknowledge: ['Key'], note: 'fine' }))
    expect(registry.channel().head).toBe('10')
    expect(openGates(planned(registry, '20'))[0]?.hint).toContain(' --acknowledge Password --note')
  })

  test('an acknowledgement is for one release: the fix of 2016 has to be acknowledged anew', () => {
    const registry = aRegistry().withApp('rack').publishes('20160816140022', plain).promotes('20160816140022')
    registry
      .publishes('20160816160115', masked)
      .promotes('20160816160115', { acknowledge: ['Password'], note: 'seems safe' })
    registry
      .yanks('20160816160115..20160817175216', { severity: 'critical' })
      .publishes('20160818013241', masked)
    expect(promoting(registry, '20160818013241')).toMatchObject([proposed])
  })

  test('is planned as a value, with what fails and why, and nothing is raised for that', () => {
    const registry = aRegistry().withApp('rack').publishes('10', plain).promotes('10').publishes('20', masked)
    const plan = planned(registry, '20')
    expect(plan.isMove).toBe(true)
    expect([plan.channel, plan.release]).toEqual([registry.channel(), registry.release('20')])
    expect(plan.verdicts).toEqual([
      { gate: 'path', outcome: 'pass', detail: '20 was head of unstable.', since: storyStart },
      {
        gate: 'parameters',
        outcome: 'fail',
        needs: 'person',
        detail:
          'Password can no longer be read back: whoever writes what it read stores a placeholder. Nobody has acknowledged that for this release, against 10.',
        numbers: { blocking: 1, open: 1 },
        hint: 'headgate promote 20 --app rack --to stable --acknowledge Password --note "why it is safe"',
      },
      noObjection,
    ])
    expect(plan.isReady).toBe(false)
    expect(plan.changes.map(({ name, change }) => `${name} ${change}`)).toEqual(['Password becameMasked'])
    registry.publishes('30', maskedAndMore).publishes('15', maskedAndMore)
    expect(planned(registry, '15').verdicts).toMatchObject([
      { gate: 'path', outcome: 'fail', detail: '15 was never head of unstable, which feeds stable.' },
      { gate: 'parameters', outcome: 'fail', numbers: { blocking: 2, open: 2 } },
      { gate: 'objections', outcome: 'pass' },
    ])
  })
})

describe('a promotion that its gates do not admit', () => {
  const waiting = () =>
    aRegistry().withApp('rack').publishes('10', plain).promotes('10').publishes('20', maskedAndMore)

  test('becomes a proposal, and the head stays', () => {
    const registry = waiting()
    expect(promoting(registry, '20', { reason: 'the fix' })).toEqual([
      {
        ...proposed,
        v: 1,
        at: storyStart,
        actor: 'token:ada',
        reason: 'the fix',
        proposal: 'P-1',
        proposed: { kind: 'promote', channel: 'stable', version: '20' },
        revision: 1,
      },
    ])
  })

  test('asked again is the same proposal; asked with what was missing, it is enacted and the proposal closed', () => {
    const registry = waiting().promotes('20')
    expect(promoting(registry, '20')).toEqual([])
    registry.promotes('20', { acknowledge: ['Key'], note: 'it has a value' })
    expect(registry.channel().head).toBe('10')
    registry.promotes('20', { acknowledge: ['Password'], note: 'nothing writes it back' })
    expect(registry.channel().head).toBe('20')
    expect(registry.app.proposals.get('P-1')?.closed).toMatchObject({
      outcome: 'enacted',
      actor: 'token:ada',
    })
    expect(registry.release('20').record.acknowledged).toHaveLength(2)
  })

  test('says which gate is open first, and the command that opens it', () => {
    const plan = planned(waiting(), '20')
    const asked = { app: 'rack', channel: 'stable', version: '20', proposal: 'P-1', open: openGates(plan) }
    const problem = problemOfOpenGates({ ...asked, numbers: {} })
    expect(problem.code).toBe('parameters_unacknowledged')
    expect(problem.message).toBe(
      '20 was not promoted to stable: parameters: Key is new and has no default: racks must be given a value first. Password can no longer be read back: whoever writes what it read stores a placeholder. Nobody has acknowledged that for this release, against 10. P-1 waits for it.',
    )
    expect(problem.hint).toBe(
      'headgate promote 20 --app rack --to stable --acknowledge Key --acknowledge Password --note "why it is safe"',
    )
  })

  test('passes over a gate on the record, with the reason and how it stood, and asks for a review', () => {
    const registry = waiting()
    const events = promoting(registry, '20', { override: ['parameters'], reason: 'production is down' })
    expect(events).toMatchObject([
      {
        type: 'channel.promoted',
        reason: 'production is down',
        overrides: [{ gate: 'parameters', outcome: 'fail' }],
      },
    ])
    registry.records(events)
    expect(registry.state.reviews.get('R-1')).toMatchObject({
      kind: 'override',
      subject: '20 was promoted to stable of rack past the gate parameters',
      dueAt: storyStart + 24 * 3_600_000,
    })
  })

  test('what was never served by the feeder is no proposal: it cannot wait for that; an override shows', () => {
    const registry = waiting().publishes('15', plain)
    expect(problemOf(() => promoting(registry, '15')).code).toBe('not_in_feeder')
    expect(promoting(registry, '15', { override: ['path'], reason: 'skips staging' })).toMatchObject([
      { overrides: [{ gate: 'path', outcome: 'fail' }] },
    ])
  })

  test('past the path alone nothing is proposed, for a proposal passes over nothing', () => {
    const registry = waiting()
      .publishes('15', plain)
      .withPolicy('stable', { approvals: { count: 1, role: 'maintainer' } })
    const problem = problemOf(() =>
      promoting(registry, '15', { override: ['path'], reason: 'skips staging' }),
    )
    expect(problem).toMatchObject({
      code: 'not_in_feeder',
      message: expect.stringMatching(/open: approvals\.$/),
    })
  })
})

describe('refused', () => {
  const registry = () =>
    aRegistry()
      .withApp('rack')
      .publishes('10', plain)
      .promotes('10')
      .publishes('20', maskedAndMore)
      .publishes('15')
      .withChannel('lab')

  testRefusals('promote.ts', [
    {
      when: 'an app that does not exist',
      code: 'app_not_found',
      says: 'There is no app "rock" here.',
      hint: 'headgate app create rock --scheme semver',
      registry,
      act: (story) => promoting(story, '20', { app: 'rock' }),
    },
    {
      when: 'a channel that does not exist',
      code: 'channel_not_found',
      says: 'The app rack has no channel "beta"; it has: unstable, stable, lab.',
      hint: 'headgate channel list --app rack',
      registry,
      act: (story) => promoting(story, '20', { to: 'beta' }),
    },
    {
      when: 'a release that does not exist',
      code: 'release_not_found',
      says: 'The app rack has no release 99.',
      hint: 'headgate release list --app rack',
      registry,
      act: (story) => promoting(story, '99'),
    },
    {
      when: 'unnamed, to a channel without a feeder',
      code: 'no_feeder',
      says: 'lab has no feeder, so the release has to be named.',
      hint: 'headgate promote VERSION --app rack --to lab',
      registry,
      act: (story) => promoting(story, undefined, { to: 'lab' }),
    },
    {
      when: 'unnamed, from a feeder that serves nothing',
      code: 'channel_empty',
      says: 'unstable, which feeds stable, serves nothing yet.',
      hint: 'headgate release publish VERSION --app rack --channel unstable',
      registry: () => aRegistry().withApp('rack'),
      act: (story) => promoting(story),
    },
    {
      when: 'a withdrawn release',
      code: 'yanked',
      says: '20 was withdrawn by ADV-1 (it is broken) and cannot be promoted to stable.',
      registry: () => registry().yanks('20'),
      act: (story) => promoting(story, '20'),
    },
    {
      when: 'a release older than the head',
      code: 'not_forward',
      says: 'stable serves 10, which is newer than 5: a promotion only goes forward.',
      hint: 'headgate release publish VERSION --app rack   # the same, as a version above 10',
      registry: () => registry().publishes('5'),
      act: (story) => promoting(story, '5'),
    },
    {
      when: 'a release that was served before the head',
      code: 'not_forward',
      says: 'stable serves 20, which is newer than 10: a promotion only goes forward.',
      hint: 'headgate channel revert stable --app rack --to 10 --reason "…"',
      registry: () => aRegistry().withApp('rack').serves('10', '20'),
      act: (story) => promoting(story, '10'),
    },
    {
      when: 'in a freeze of the registry',
      code: 'frozen',
      says: 'Frozen is the whole registry, by token:ada: we look into it. Nothing is promoted meanwhile.',
      hint: 'headgate unfreeze',
      registry: () => registry().freezes(),
      act: (story) => promoting(story, '20'),
    },
    {
      when: 'in a freeze of the channel',
      code: 'frozen',
      says: 'Frozen is channel stable of rack, by token:ada: we look into it. Nothing is promoted meanwhile.',
      hint: 'headgate unfreeze --app rack --channel stable',
      registry: () => registry().freezes({ app: 'rack', channel: 'stable' }),
      act: (story) => promoting(story, '20'),
    },
    {
      when: 'what was never head of the feeder',
      code: 'not_in_feeder',
      says: '15 cannot be promoted to stable: 15 was never head of unstable, which feeds stable.',
      hint: 'headgate release publish VERSION --app rack   # the same, as a version above 20, which unstable serves',
      registry,
      act: (story) => promoting(story, '15'),
    },
    {
      when: 'what unstable could still take',
      code: 'not_in_feeder',
      says: '30 cannot be promoted to stable: 30 was never head of unstable, which feeds stable.',
      hint: 'headgate promote 30 --app rack --to unstable',
      registry: () => registry().freezes({ app: 'rack', channel: 'unstable' }).publishes('30', plain),
      act: (story) => promoting(story, '30'),
    },
    {
      when: 'an acknowledgement without a note',
      code: 'invalid_input',
      says: 'An acknowledgement wants a note that says why the change is safe.',
      hint: 'Add: --note "…"',
      registry,
      act: (story) => promoting(story, '20', { acknowledge: ['Password', 'Key'], note: '  ' }),
    },
    {
      when: 'a single acknowledgement without a note',
      code: 'invalid_input',
      says: 'An acknowledgement wants a note that says why the change is safe.',
      hint: 'Add: --note "…"',
      registry,
      act: (story) => promoting(story, '20', { acknowledge: ['Password'] }),
    },
    {
      when: 'an acknowledgement of what does not change',
      code: 'acknowledgement_without_change',
      says: '20 changes nothing about Pasword that blocks stable.',
      hint: 'headgate release diff 10 20 --app rack',
      registry,
      act: (story) => promoting(story, '20', { acknowledge: ['Pasword'], note: 'typed fast' }),
    },
    {
      when: 'an acknowledgement of a change that does not block',
      code: 'acknowledgement_without_change',
      says: '30 changes nothing about Password that blocks stable.',
      hint: 'headgate release diff 10 30 --app rack',
      registry: () => registry().publishes('30', { parameters: {} }),
      act: (story) => promoting(story, '30', { acknowledge: ['Password'], note: 'it is gone' }),
    },
    {
      when: 'an acknowledgement when nothing is served yet',
      code: 'acknowledgement_without_change',
      says: '20 changes nothing about Password that blocks lab.',
      hint: 'headgate release diff FROM 20 --app rack',
      registry,
      act: (story) => promoting(story, '20', { to: 'lab', acknowledge: ['Password'], note: 'safe' }),
    },
    {
      when: 'publishing onto a channel that takes no builds',
      code: 'invalid_input',
      says: 'stable does not take builds as they are published; releases reach it by promotion.',
      hint: 'Publish without --channel stable, then: headgate promote VERSION --app rack --to stable',
      registry,
      act: ({ state, context }) =>
        movesOnPublish(state, { app: 'rack', version: '20', channel: 'stable' }, context),
    },
  ])
})

describe('on publication', () => {
  const moves = ({ state, context }: RegistryStory, version: string, channel?: string) =>
    movesOnPublish(state, { app: 'rack', version, ...(channel !== undefined && { channel }) }, context)
  const withNightly = () =>
    aRegistry()
      .withApp('rack')
      .withChannel('nightly', { policy: { promoteOnPublish: true } })
  const published = (registry: RegistryStory, version: string) =>
    registry.records([
      {
        type: 'release.published',
        v: 1,
        at: registry.now,
        actor: 'token:ada',
        app: 'rack',
        version,
        content: { artifacts: [] },
        via: 'publish',
      },
    ])
  const onPublish = { ...promoted, via: 'publish', verdicts: [], overrides: [] }

  test('every channel that takes builds follows, or the one that is named', () => {
    const registry = published(withNightly(), '10')
    expect(moves(registry, '10')).toEqual({
      events: [
        { ...onPublish, channel: 'unstable', version: '10' },
        { ...onPublish, channel: 'nightly', version: '10' },
      ],
      skipped: [],
    })
    expect(moves(registry, '10', 'nightly').events).toEqual([
      { ...onPublish, channel: 'nightly', version: '10' },
    ])
  })

  test('not to what is older, withdrawn or frozen; and it says why', () => {
    const registry = published(withNightly().publishes('20', { channel: 'nightly' }), '10')
    registry.freezes({ app: 'rack', channel: 'unstable', reason: 'wait' })
    expect(moves(registry, '10')).toEqual({
      events: [],
      skipped: [
        { channel: 'unstable', why: 'channel unstable of rack is frozen: wait' },
        { channel: 'nightly', why: '10 is older than its head 20' },
      ],
    })
    expect(moves(registry.yanks('10'), '10').skipped).toContainEqual({
      channel: 'unstable',
      why: '10 is withdrawn by ADV-1',
    })
  })

  test('the same again moves nothing: neither the head, nor back what a revert left', () => {
    const registry = aRegistry().withApp('rack').publishes('10').publishes('20')
    expect(moves(registry, '20')).toEqual({ events: [], skipped: [] })
    registry.reverts('10', { channel: 'unstable' })
    expect(moves(registry, '20')).toEqual({
      events: [],
      skipped: [{ channel: 'unstable', why: '20 was its head before; to serve it again is a promotion' }],
    })
  })

  test('the same again after a freeze, which held it back, does move', () => {
    const registry = aRegistry().withApp('rack').publishes('10').freezes().publishes('20')
    expect(registry.channel('unstable').head).toBe('10')
    expect(registry.unfreezes().publishes('20').channel('unstable').head).toBe('20')
  })

  test('a stone that was admitted below the head of then is a build like others for the head of now', () => {
    const registry = published(aRegistry().withApp('rack').publishes('10').publishes('30'), '20')
    registry.routes('20', { required: true }, ['unstable']).reverts('10', { channel: 'unstable' })
    expect(moves(registry, '20').events).toMatchObject([{ channel: 'unstable', version: '20' }])
  })
})

describe('as a history is imported', () => {
  const moves = ({ state, context }: RegistryStory, version: string, ...channels: string[]) =>
    movesOnImport(state, { app: 'rack', version, channels }, context)
  const imports = (registry: RegistryStory, version: string, ...channels: string[]): RegistryStory => {
    registry.records([
      {
        type: 'release.published',
        v: 1,
        at: registry.now,
        actor: 'token:ada',
        app: 'rack',
        version,
        content: { artifacts: [] },
        via: 'import',
      },
    ])
    return registry.records(moves(registry, version, ...channels).events)
  }
  const onImport = { ...promoted, via: 'import', verdicts: [], overrides: [] }

  test('the channels that the history names follow, without gates', () => {
    const registry = imports(imports(aRegistry().withApp('rack'), '10'), '20')
    expect(moves(registry, '20', 'stable', 'unstable')).toEqual({
      events: [
        { ...onImport, channel: 'stable', version: '20' },
        { ...onImport, channel: 'unstable', version: '20' },
      ],
      skipped: [],
    })
    expect(imports(registry, '30', 'stable').channel().head).toBe('30')
  })

  test('a channel whose policy asks for anything is not gone round, though nobody has moved it yet', () => {
    const registry = imports(imports(aRegistry().withApp('rack'), '10', 'stable'), '20')
    registry.withPolicy('stable', { soak: { minRacks: 1, soakMinutes: 60 }, artifacts: false })
    expect(moves(registry, '20', 'stable', 'unstable')).toMatchObject({
      events: [{ channel: 'unstable' }],
      skipped: [
        { channel: 'stable', why: 'the policy of stable asks for soak; releases reach it by promotion' },
      ],
    })
  })

  test('what was served is not served again: an import can be repeated', () => {
    const registry = imports(imports(aRegistry().withApp('rack'), '10', 'stable'), '20', 'stable')
    expect(moves(registry, '10', 'stable')).toEqual({ events: [], skipped: [] })
    expect(moves(registry, '20', 'stable')).toEqual({ events: [], skipped: [] })
  })

  test('a channel that people move is left to them; older, withdrawn and frozen builds move none', () => {
    const registry = imports(imports(aRegistry().withApp('rack'), '10', 'stable', 'unstable'), '20')
    registry.promotes('10', { to: 'unstable' })
    expect(moves(registry.publishes('30'), '20', 'unstable', 'stable')).toEqual({
      events: [{ ...onImport, channel: 'stable', version: '20' }],
      skipped: [{ channel: 'unstable', why: 'unstable is moved by people here, not by imports' }],
    })
    const other = imports(imports(imports(aRegistry().withApp('rack'), '20', 'stable'), '10'), '30')
    expect(moves(other, '10', 'stable').skipped).toEqual([
      { channel: 'stable', why: '10 is older than its head 20' },
    ])
    expect(moves(other.freezes(), '30', 'stable').skipped).toEqual([
      { channel: 'stable', why: 'the whole registry is frozen: we look into it' },
    ])
    expect(moves(other.yanks('30'), '30', 'stable').skipped).toEqual([
      { channel: 'stable', why: '30 is withdrawn by ADV-1' },
    ])
  })

  test('a channel that does not exist is named', () => {
    const registry = imports(aRegistry().withApp('rack'), '10')
    expect(problemOf(() => moves(registry, '10', 'beta')).code).toBe('channel_not_found')
  })
})
