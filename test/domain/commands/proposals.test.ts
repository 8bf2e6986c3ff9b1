// Proposals: what waits is carried out, rejected, or overtaken; and whoever keeps the clock records what time did.
import { describe, expect, test } from 'vitest'
import {
  approveProposal,
  enactProposal,
  rejectProposal,
  reviewProposal,
} from '../../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../../shared/domain/fleet-evidence.ts'
import { standingOf } from '../../../shared/domain/proposal.ts'
import { aRegistry, type RegistryStory, storyStart } from '../../support/builders.ts'
import { testRefusals } from './refusals.ts'

const soak = { minRacks: 1, soakMinutes: 60 }
const soaked = (minutes: number): FleetEvidence => ({
  at: storyStart,
  targetPlatforms: [],
  feeder: {
    channel: 'unstable',
    racks: 1,
    running: 1,
    provedPlatforms: [],
    soakedMinutes: [minutes],
    failures: [],
  },
  isArtifactMissing: () => false,
})

/** `20` is proposed for stable, which asks for an hour of soak. */
const waiting = (whenReady = false): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves('10')
    .withPolicy('stable', { soak })
    .as('token:ci')
    .publishes('20')
    .as('token:ada')
    .promotes('20', { whenReady, reason: 'the fix' }, soaked(0))

const proposal = (registry: RegistryStory, id = 'P-1') => {
  const found = registry.app.proposals.get(id)
  if (!found) throw new Error(`no proposal ${id}`)
  return found
}
const standing = (registry: RegistryStory, id = 'P-1') => standingOf(registry.app, proposal(registry, id))
const named = { app: 'rack', proposal: 'P-1' }

describe('a proposal', () => {
  test('that is ready is carried out by the clock, in its proposer’s wish and the registry’s name', () => {
    const registry = waiting(true)
    expect(reviewProposal(registry.state, named, registry.context, soaked(59))).toEqual([])
    registry.looksAt('P-1', soaked(60))
    expect(registry.channel().head).toBe('20')
    expect(registry.channel().top).toMatchObject({ via: 'proposal', actor: 'registry', reason: 'the fix' })
    expect(standing(registry)).toEqual({ standing: 'enacted', detail: 'enacted by registry' })
    expect(reviewProposal(registry.state, named, registry.context, soaked(60))).toEqual([])
  })

  test('that nobody armed waits for a person, however ready it is; asking again carries it out', () => {
    const registry = waiting()
    registry.looksAt('P-1', soaked(60))
    expect(registry.channel().head).toBe('10')
    registry.promotes('20', {}, soaked(60))
    expect(registry.channel().head).toBe('20')
    expect(standing(registry).standing).toBe('enacted')
  })

  test('can be armed afterwards', () => {
    const registry = waiting().promotes('20', { whenReady: true }, soaked(0))
    expect(registry.app.proposals.size).toBe(1)
    registry.looksAt('P-1', soaked(60))
    expect(registry.channel().head).toBe('20')
  })

  test('is overtaken when the head moves, and says so', () => {
    const registry = waiting(true).as('token:ci').publishes('15').publishes('30').as('token:ada')
    registry.promotes('30', { override: ['soak'], reason: 'it cannot wait' }, soaked(0))
    expect(standing(registry)).toEqual({
      standing: 'stale',
      detail: 'stable moved to 30 (revision 2) since it was proposed on 1',
    })
    registry.looksAt('P-1', soaked(60))
    expect(proposal(registry).closed).toMatchObject({ outcome: 'stale', actor: 'registry' })
    expect(registry.channel().head).toBe('30')
  })

  test('is overtaken when its release is withdrawn', () => {
    const registry = waiting(true).yanks('20')
    expect(standing(registry)).toEqual({ standing: 'stale', detail: '20 was withdrawn by ADV-1' })
    expect(enactProposal(registry.state, named, registry.context, soaked(60))).toEqual([])
  })

  test('waits out a freeze', () => {
    const registry = waiting(true).freezes({ app: 'rack' })
    registry.looksAt('P-1', soaked(60))
    expect(registry.channel().head).toBe('10')
    registry.unfreezes({ app: 'rack' }).looksAt('P-1', soaked(60))
    expect(registry.channel().head).toBe('20')
  })

  test('is rejected with a reason, and another may be made', () => {
    const registry = waiting()
    registry.records(
      rejectProposal(registry.state, { ...named, reason: 'not on a Friday' }, registry.context),
    )
    expect(standing(registry)).toEqual({
      standing: 'rejected',
      detail: 'rejected by token:ada: not on a Friday',
    })
    registry.promotes('20', {}, soaked(0))
    expect(standing(registry, 'P-2').standing).toBe('open')
  })

  test('is carried out by its last approval, if it is armed', () => {
    const registry = aRegistry()
      .withApp('rack')
      .serves('10')
      .withPolicy('stable', { approvals: { count: 2, role: 'maintainer' } })
      .as('token:ci')
      .publishes('20')
      .as('token:ada')
      .promotes('20', { whenReady: true })
    registry.as('token:bea').approves('P-1')
    expect(registry.channel().head).toBe('10')
    registry.as('token:bea').approves('P-1')
    expect(proposal(registry).approvals).toHaveLength(1)
    registry.as('token:dan').approves('P-1')
    expect(registry.channel().head).toBe('20')
  })
})

describe('a policy', () => {
  const approvals = { count: 1, role: 'maintainer' } as const
  const strict = () => aRegistry().withApp('rack').serves('10').withPolicy('stable', { approvals })

  test('is judged by the one in force: the first is set at once, its own end is a proposal', () => {
    const registry = strict()
    expect(registry.channel()).toMatchObject({ policyRevision: 2, policy: { gates: { approvals } } })
    registry.withPolicy('stable', {})
    expect(registry.channel().policy.gates).toEqual({ approvals })
    expect(proposal(registry)).toMatchObject({ proposed: { kind: 'policy' }, whenReady: true })
    registry.as('token:bea').approves('P-1')
    expect(registry.channel()).toMatchObject({ policyRevision: 3, policy: { gates: {} } })
    expect(standing(registry).standing).toBe('enacted')
  })

  test('the same again is nothing, whatever the order of its keys', () => {
    const registry = strict()
    const before = registry.events.length
    registry.withPolicy('stable', { approvals: { role: 'maintainer', count: 1 } })
    expect(registry.events).toHaveLength(before)
  })

  test('proposed twice is one proposal; overtaken by another change it is stale', () => {
    const registry = strict().withPolicy('stable', {}).withPolicy('stable', {})
    expect(registry.app.proposals.size).toBe(1)
    registry.withPolicy('stable', { approvals, coverage: true })
    registry.as('token:bea').approves('P-2')
    expect(standing(registry, 'P-1').detail).toBe(
      'the policy of stable changed to revision 3 since it was proposed on 2',
    )
  })
})

describe('a yank that is lifted', () => {
  const served = () => aRegistry().withApp('rack').serves('10', '20')

  test('frees its releases; the head that fell back stays where it is', () => {
    const registry = served().yanks('20').unyanks('ADV-1')
    expect(registry.release('20').yank).toBeUndefined()
    expect(registry.channel().head).toBe('10')
    registry.promotes('20')
    expect(registry.channel().head).toBe('20')
  })

  test('leaves them under another that covers them still', () => {
    const registry = served().yanks('20').yanks('15..30', { severity: 'critical' }).unyanks('ADV-2')
    expect(registry.release('20').yank).toBe('ADV-1')
    registry.unyanks('ADV-1')
    expect(registry.release('20').yank).toBeUndefined()
  })

  test('goes through the approvals of the strictest channel that served them', () => {
    const registry = served()
      .withPolicy('stable', { approvals: { count: 1, role: 'maintainer' } })
      .yanks('20')
      .unyanks('ADV-1')
    expect(registry.release('20').yank).toBe('ADV-1')
    registry.as('token:bea').approves('P-1')
    expect(registry.release('20').yank).toBeUndefined()
    expect(standing(registry).standing).toBe('enacted')
  })

  test('satisfies all of them together: two by maintainers on one and one by an admin on another are two admins', () => {
    const registry = served()
      .withChannel('beta', { from: 'unstable' })
      .promotes('20', { to: 'beta' })
      .withPolicy('stable', { approvals: { count: 2, role: 'maintainer' } })
      .withPolicy('beta', { approvals: { count: 1, role: 'admin' } })
      .yanks('20')
      .unyanks('ADV-1')
    registry.as('token:bea').approves('P-1').as('token:cem').approves('P-1')
    expect(registry.release('20').yank).toBe('ADV-1')
    registry
      .as('token:dora')
      .approves('P-1', undefined, 'admin')
      .as('token:eve')
      .approves('P-1', undefined, 'admin')
    expect(registry.release('20').yank).toBeUndefined()
  })

  test('waits out a freeze of a channel that served them, also after its last approval', () => {
    const registry = served()
      .withPolicy('stable', { approvals: { count: 1, role: 'maintainer' } })
      .yanks('20')
      .unyanks('ADV-1')
      .freezes({ app: 'rack', channel: 'stable' })
    registry.as('token:bea').approves('P-1')
    expect(registry.release('20').yank).toBe('ADV-1')
    expect(
      registry.unfreezes({ app: 'rack', channel: 'stable' }).looksAt('P-1').release('20').yank,
    ).toBeUndefined()
  })

  test('twice is once, and the same range can be withdrawn again', () => {
    const registry = served().yanks('20').unyanks('ADV-1').unyanks('ADV-1').yanks('20')
    expect(registry.release('20').yank).toBe('ADV-2')
  })
})

describe('refused', () => {
  const act = (registry: RegistryStory, id: string) =>
    approveProposal(registry.state, { app: 'rack', proposal: id, role: 'maintainer' }, registry.context)

  testRefusals('proposals.ts', [
    {
      when: 'a proposal that does not exist',
      code: 'proposal_not_found',
      says: 'The app rack has no proposal P-9.',
      hint: 'headgate proposal list --app rack',
      registry: waiting,
      act: (story) => act(story, 'P-9'),
    },
    {
      when: 'a proposal that is over',
      code: 'proposal_closed',
      says: 'The proposal P-1 is stale: 20 was withdrawn by ADV-1.',
      hint: 'headgate proposal show P-1 --app rack',
      registry: () => waiting().yanks('20'),
      act: (story) => act(story, 'P-1'),
    },
    {
      when: 'an approval by who published it',
      code: 'self_approval',
      says: 'token:ci published it, and so cannot approve P-1.',
      hint: 'headgate proposal approve P-1 --app rack   # by somebody else',
      registry: () => waiting().as('token:ci'),
      act: (story) => act(story, 'P-1'),
    },
  ])
})
