// Every gate of a promotion: what passes it, what it waits for, and what it says with which numbers.
import { describe, expect, test } from 'vitest'
import type { FeederEvidence, FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import type { GateName, Verdict } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { day, hour, minute } from '../../shared/domain/instants.ts'
import { type GatePolicy, presets } from '../../shared/domain/policy.ts'
import { anArtifact, aRegistry, type RegistryStory, storyStart } from '../support/builders.ts'

const aFeeder = (told: Partial<FeederEvidence> = {}): FeederEvidence => ({
  channel: 'unstable',
  racks: 3,
  running: 3,
  provedPlatforms: ['linux/amd64'],
  soakedMinutes: [1_500, 1_440, 814],
  failures: [],
  ...told,
})

const shown = (feeder: Partial<FeederEvidence> = {}, told: Partial<FleetEvidence> = {}): FleetEvidence => ({
  at: storyStart,
  targetPlatforms: ['linux/amd64'],
  feeder: aFeeder(feeder),
  isArtifactMissing: () => false,
  ...told,
})

const failure = (rack: string, told: { cause?: string; isDataLoss?: boolean } = {}) => ({
  rack,
  at: storyStart,
  cause: 'settling: healthz is unhealthy',
  message: 'healthz is unhealthy',
  isDataLoss: false,
  ...told,
})

/** `20` published by ci and head of unstable; stable serves `10`, under these gates. */
const under = (gates: GatePolicy): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves('10')
    .withPolicy('stable', gates)
    .as('token:ci')
    .publishes('20')
    .as('token:ada')

function verdictOf(registry: RegistryStory, gate: GateName, fleet?: FleetEvidence): Verdict | undefined {
  const verdicts = judgePromotion({
    app: registry.app,
    channel: registry.channel(),
    release: registry.release('20'),
    now: registry.now,
    fleet,
    proposer: 'token:ada',
    proposal: [...registry.app.proposals.values()].at(-1),
  })
  return verdicts.find((verdict) => verdict.gate === gate)
}

describe('what is asked', () => {
  const asked = (gates: GatePolicy) =>
    judgePromotion({
      app: under(gates).app,
      channel: under(gates).channel(),
      release: under(gates).release('20'),
      now: storyStart,
    }).map(({ gate }) => gate)

  test('of a trial: path, parameters and objections, which nothing leaves out', () => {
    expect(asked(presets.trial)).toEqual(['path', 'parameters', 'objections'])
  })

  test('of a team', () => {
    expect(asked(presets.team)).toEqual([
      'path',
      'artifacts',
      'coverage',
      'soak',
      'failures',
      'parameters',
      'objections',
      'lifetime',
    ])
  })

  test('of the regulated: everything, in the order in which a person reads it', () => {
    expect(asked(presets.regulated)).toEqual([
      'path',
      'artifacts',
      'coverage',
      'soak',
      'failures',
      'evidence',
      'checklist',
      'parameters',
      'objections',
      'lifetime',
      'approvals',
    ])
  })

  test('a gate that asks the racks waits for data while nobody has counted them', () => {
    const registry = under(presets.team)
    for (const gate of ['coverage', 'soak', 'failures'] as const)
      expect(verdictOf(registry, gate)).toMatchObject({ outcome: 'waiting', needs: 'data' })
  })
})

describe('artifacts', () => {
  const gates = { artifacts: true }
  const published = (...artifacts: readonly ReturnType<typeof anArtifact>[]) =>
    aRegistry().withApp('rack').serves('10').withPolicy('stable', gates).publishes('20', { artifacts })

  test('pass when every platform of the channel can be fetched', () => {
    expect(verdictOf(published(anArtifact()), 'artifacts', shown())).toMatchObject({
      outcome: 'pass',
      detail: 'can be fetched (linux/amd64).',
    })
  })

  test('fail for a platform that nothing is built for', () => {
    const fleet = shown({}, { targetPlatforms: ['linux/amd64', 'linux/arm64'] })
    expect(verdictOf(published(anArtifact()), 'artifacts', fleet)).toMatchObject({
      outcome: 'fail',
      detail: 'nothing is built for linux/arm64, which racks of stable have.',
    })
  })

  test('fail when the bytes are gone', () => {
    const fleet = shown({}, { isArtifactMissing: () => true })
    expect(verdictOf(published(anArtifact()), 'artifacts', fleet)).toMatchObject({
      outcome: 'fail',
      detail: 'the registry does not have the bytes for linux/amd64.',
    })
  })

  test('at an address of their own wait for a rack that fetched them there', () => {
    const elsewhere = published(anArtifact({ url: 'https://example.com/20.tar' }))
    expect(verdictOf(elsewhere, 'artifacts', shown({ provedPlatforms: [] }))).toMatchObject({
      outcome: 'waiting',
      needs: 'data',
    })
    expect(verdictOf(elsewhere, 'artifacts', shown())?.outcome).toBe('pass')
  })
})

describe('coverage', () => {
  test('waits for a rack of every platform', () => {
    const fleet = shown({}, { targetPlatforms: ['linux/amd64', 'linux/arm64'] })
    expect(verdictOf(under({ coverage: true }), 'coverage', fleet)).toEqual({
      gate: 'coverage',
      outcome: 'waiting',
      needs: 'data',
      detail: 'no rack of unstable has proved it on linux/arm64.',
      numbers: { platforms: 2, proved: 1 },
    })
  })

  test('passes with all of them, and where no rack follows yet', () => {
    const coverage = (fleet: FleetEvidence) => verdictOf(under({ coverage: true }), 'coverage', fleet)
    expect(coverage(shown())).toMatchObject({ outcome: 'pass', detail: 'proved on linux/amd64.' })
    expect(coverage(shown({}, { targetPlatforms: [] }))).toMatchObject({
      outcome: 'pass',
      detail: 'no rack follows stable yet.',
    })
  })
})

describe('soak', () => {
  const soak = (minRacks: number, feeder: Partial<FeederEvidence> = {}, dwell = false) =>
    verdictOf(under({ soak: { minRacks, soakMinutes: 1_440, dwell } }), 'soak', shown(feeder))

  test('passes when so many racks have each run it so long', () => {
    expect(soak(2)).toEqual({
      gate: 'soak',
      outcome: 'pass',
      detail: '2 racks of unstable ran it healthy for 1d.',
      numbers: { soaked: 2, minRacks: 2, soakMinutes: 1_440, racks: 3, running: 3, decidingMinutes: 1_440 },
    })
    expect(soak(1, { soakedMinutes: [1_440] })?.detail).toBe('1 rack of unstable ran it healthy for 1d.')
  })

  test('waits for the rack that decides, and says until when', () => {
    expect(soak(3)).toMatchObject({
      outcome: 'waiting',
      needs: 'time',
      detail: '3 racks have to run it healthy for 1d; 2 did, the next has 13h 34m.',
      until: storyStart + (1_440 - 814) * minute,
      since: storyStart,
    })
  })

  test('waits for data when too few racks proved it at all', () => {
    expect(soak(3, { soakedMinutes: [5] })).toMatchObject({
      outcome: 'waiting',
      needs: 'data',
      detail: '3 racks have to run it healthy for 1d; 1 of 3 racks of unstable proved it.',
    })
    expect(soak(1, { soakedMinutes: [], racks: 0 })?.detail).toBe(
      '1 rack has to run it healthy for 1d; unstable has none.',
    )
  })

  test('waits for data, and names the nomination, when the racks have moved on before they were done', () => {
    expect(soak(3, { running: 0 }, true)).toMatchObject({
      needs: 'data',
      hint: 'headgate promote 20 --app rack --to stable --nominate',
    })
    expect(soak(3, { running: 0 })).not.toHaveProperty('until')
    // Without dwell a nomination would be refused.
    expect(soak(3, { running: 0 })).not.toHaveProperty('hint')
  })

  test('as many racks that still run it as are needed are enough to wait for time', () => {
    expect(soak(3, { running: 1 })).toMatchObject({ needs: 'time' })
    expect(soak(3, { running: 0 })).toMatchObject({ outcome: 'waiting', needs: 'data' })
  })

  test('a minute less is not enough', () => {
    expect(soak(1, { soakedMinutes: [1_439.9] })?.outcome).toBe('waiting')
    expect(soak(1, { soakedMinutes: [1_440] })?.outcome).toBe('pass')
  })
})

describe('failures', () => {
  const gates = { failures: { maxFailed: 1, percent: 10 } }
  const failed = (failures: FeederEvidence['failures'], racks = 3, registry = under(gates)) =>
    verdictOf(registry, 'failures', shown({ failures, racks }))

  test('are tolerated up to a count', () => {
    expect(failed([failure('a')])).toMatchObject({ outcome: 'pass', numbers: { failed: 1, allowed: 1 } })
    expect(failed([failure('a'), failure('b')])).toMatchObject({
      outcome: 'fail',
      needs: 'person',
      detail: '2 racks failed; 1 of 3 are tolerated. settling: healthz is unhealthy (2)',
    })
  })

  test('or up to a share of the racks, whichever is more', () => {
    expect(failed([failure('a'), failure('b'), failure('c')], 30)?.outcome).toBe('pass')
    expect(failed([failure('a'), failure('b'), failure('c')], 29)?.outcome).toBe('fail')
  })

  test('by an issue that a second person named are shown, and not counted', () => {
    const registry = under(gates).as('token:bea').knows('20', 'settling: healthz is unhealthy')
    expect(failed([failure('a'), failure('b')], 3, registry)).toMatchObject({
      outcome: 'pass',
      detail: '0 of 3 racks failed, and 2 by known issues; 1 are tolerated.',
    })
  })

  test('that lost data are one too many, known or not', () => {
    const registry = under(gates).as('token:bea').knows('20', 'settling: healthz is unhealthy')
    expect(failed([failure('a', { isDataLoss: true })], 3, registry)).toMatchObject({
      outcome: 'fail',
      numbers: { dataLoss: 1 },
    })
  })

  test('are none where anybody tried: by running it, by having proved it, or by failing within what is tolerated', () => {
    const nothing = { running: 0, provedPlatforms: [], failures: [], soakedMinutes: [] }
    const outcome = (told: Partial<FeederEvidence>) =>
      verdictOf(under(gates), 'failures', shown({ ...nothing, ...told }))?.outcome
    expect(outcome({ running: 1 })).toBe('pass')
    expect(outcome({ provedPlatforms: ['linux/amd64'] })).toBe('pass')
    expect(outcome({ failures: [failure('a')] })).toBe('pass')
  })

  test('are told with what is known and what counts', () => {
    const registry = under(gates).as('token:bea').knows('20', 'settling: healthz is unhealthy')
    const told = failed([failure('a'), failure('b', { cause: 'applying: no disk' })], 3, registry)
    expect(told?.numbers).toEqual({ failed: 1, allowed: 1, racks: 3, known: 1, dataLoss: 0 })
    expect(told?.detail).toBe('1 of 3 racks failed, and 1 by known issues; 1 are tolerated.')
  })

  test('of nobody who tried are no data', () => {
    const nobody = shown({ running: 0, provedPlatforms: [], failures: [], soakedMinutes: [] })
    expect(verdictOf(under(gates), 'failures', nobody)).toMatchObject({ outcome: 'waiting', needs: 'data' })
  })
})

describe('evidence', () => {
  const gates = {
    evidence: [
      { name: 'unit', maxAgeHours: 24 },
      { name: 'rollback-rehearsal', maxAgeHours: 24 },
    ],
  }
  const told = (registry: RegistryStory) => verdictOf(registry, 'evidence')

  test('is missing until it is there', () => {
    expect(told(under(gates))).toMatchObject({
      outcome: 'waiting',
      needs: 'data',
      detail: 'unit is missing; rollback-rehearsal with 10 is missing (0 of 2 are there).',
      hint: 'headgate evidence add unit --app rack --release 20 --outcome pass --report-url URL',
    })
  })

  test('passes with all of it; the rehearsal is for the pair', () => {
    const registry = under(gates).shows('20', 'unit').shows('20', 'rollback-rehearsal', { from: '10' })
    expect(told(registry)?.outcome).toBe('pass')
    const other = under(gates)
      .shows('20', 'unit')
      .publishes('15')
      .shows('20', 'rollback-rehearsal', { from: '15' })
    expect(told(other)?.detail).toContain('rollback-rehearsal with 10 is missing')
  })

  test('is asked again when it is too old', () => {
    const registry = under(gates).shows('20', 'rollback-rehearsal', { from: '10' }).shows('20', 'unit')
    expect(told(registry.later(24 * 60))?.outcome).toBe('pass')
    expect(told(registry.later(1))).toMatchObject({
      outcome: 'waiting',
      detail:
        'unit is 1d old, and 1d is the most; rollback-rehearsal with 10 is 1d old, and 1d is the most (0 of 2 are there).',
    })
  })

  test('that failed fails, until it passes', () => {
    const registry = under(gates)
      .shows('20', 'rollback-rehearsal', { from: '10' })
      .shows('20', 'unit', { outcome: 'fail' })
    expect(told(registry)).toMatchObject({ outcome: 'fail', detail: 'unit failed (1 of 2 are there).' })
    expect(told(registry.shows('20', 'unit'))?.outcome).toBe('pass')
  })
})

describe('checklist', () => {
  const gates = {
    checklist: [
      { item: 'notes', text: 'The notes were read.' },
      { item: 'way-back', text: 'The way back is known.' },
    ],
  }

  test('waits for each item, ticked for this channel', () => {
    const registry = under(gates)
    expect(verdictOf(registry, 'checklist')).toMatchObject({
      outcome: 'waiting',
      needs: 'person',
      detail: 'nobody has ticked notes (The notes were read.) and 1 more.',
      numbers: { items: 2, ticked: 0 },
    })
    registry.ticks('20', 'notes')
    expect(verdictOf(registry, 'checklist')?.numbers).toEqual({ items: 2, ticked: 1 })
    registry.ticks('20', 'way-back')
    expect(verdictOf(registry, 'checklist')?.outcome).toBe('pass')
  })

  test('ticked for another channel is not ticked for this one', () => {
    const registry = under(gates).withChannel('beta', {
      from: 'unstable',
      policy: { gates: { checklist: gates.checklist } },
    })
    registry.ticks('20', 'notes', 'beta').ticks('20', 'way-back', 'beta')
    expect(verdictOf(registry, 'checklist')).toMatchObject({
      outcome: 'waiting',
      numbers: { items: 2, ticked: 0 },
    })
  })
})

describe('objections', () => {
  test('stop it until each is answered', () => {
    const registry = under({})
      .as('token:bea')
      .objects('20', 'it loses sessions')
      .objects('20', 'and it is slow')
    expect(verdictOf(registry, 'objections')).toMatchObject({
      outcome: 'fail',
      needs: 'person',
      detail: 'token:bea objects: it loses sessions (and 1 more)',
      hint: 'headgate objection answer O-1 --app rack --note "…"',
    })
    registry.answers('O-1').answers('O-2')
    expect(verdictOf(registry, 'objections')?.outcome).toBe('pass')
  })
})

describe('lifetime', () => {
  const gates = { lifetime: { minRemainingDays: 30 } }
  const valid = (validUntil: number) =>
    aRegistry().withApp('rack').serves('10').withPolicy('stable', gates).publishes('20', { validUntil })

  test('asks for enough of it', () => {
    expect(verdictOf(valid(storyStart + 30 * day), 'lifetime')?.outcome).toBe('pass')
    expect(verdictOf(valid(storyStart + 30 * day - hour), 'lifetime')).toMatchObject({
      outcome: 'fail',
      detail: 'valid for 29d 23h only (until 2016-09-15T15:00:15.000Z); 30 days are asked.',
      numbers: { remainingDays: 29, minRemainingDays: 30 },
    })
    expect(verdictOf(valid(storyStart + day).later(2 * 24 * 60), 'lifetime')).toMatchObject({
      outcome: 'fail',
      detail: 'its validity ended 1d ago (2016-08-17T16:00:15.000Z).',
    })
  })
})

describe('approvals', () => {
  const gates: GatePolicy = {
    approvals: { count: 1, role: 'maintainer' },
    soak: { minRacks: 1, soakMinutes: 60 },
  }
  const soaked = shown()
  const asked = () => under(gates).as('token:ada').promotes('20', {}, soaked)

  test('are of people who neither published nor proposed it', () => {
    const registry = asked()
    expect(verdictOf(registry, 'approvals', soaked)).toMatchObject({
      outcome: 'waiting',
      needs: 'person',
      detail: '0 of 1 by a maintainer who neither published nor proposed it.',
      hint: 'headgate proposal approve P-1 --app rack --note "…"',
    })
    expect(registry.refusal(() => registry.as('token:ada').approves('P-1', soaked))).toMatchObject({
      code: 'self_approval',
      message: 'token:ada proposed it, and so cannot approve P-1.',
    })
    expect(registry.refusal(() => registry.as('token:ci').approves('P-1', soaked)).code).toBe('self_approval')
    registry.as('token:bea').approves('P-1', soaked)
    expect(verdictOf(registry, 'approvals', soaked)).toMatchObject({
      outcome: 'pass',
      detail: '1 of 1 (token:bea).',
    })
  })

  test('are of what the approver saw: a gate that got worse takes them away', () => {
    const registry = asked().as('token:bea').approves('P-1', soaked)
    const gone = shown({ soakedMinutes: [], running: 0 })
    expect(verdictOf(registry, 'approvals', gone)).toMatchObject({
      outcome: 'waiting',
      detail: expect.stringContaining('1 given before count no longer'),
    })
  })

  test('and for good, once that was recorded, until they are given again', () => {
    const registry = asked().as('token:bea').approves('P-1', soaked)
    registry.looksAt('P-1', shown({ soakedMinutes: [], running: 0 }))
    expect(registry.app.proposals.get('P-1')?.approvals[0]?.lapsed).toMatchObject({ gate: 'soak' })
    expect(verdictOf(registry, 'approvals', soaked)?.outcome).toBe('waiting')
    registry.as('token:bea').approves('P-1', soaked)
    expect(verdictOf(registry, 'approvals', soaked)?.outcome).toBe('pass')
  })

  test('given while a gate still waits are not lost when it passes', () => {
    const early = shown({ soakedMinutes: [5] })
    const registry = asked().as('token:bea').approves('P-1', early)
    expect(verdictOf(registry, 'approvals', soaked)?.outcome).toBe('pass')
  })

  test('by an admin, where the policy asks for one', () => {
    const registry = under({ approvals: { count: 1, role: 'admin' } }).promotes('20')
    registry.as('token:bea').approves('P-1')
    expect(verdictOf(registry, 'approvals')?.outcome).toBe('waiting')
    registry.as('token:eve').approves('P-1', undefined, 'admin')
    expect(verdictOf(registry, 'approvals')?.outcome).toBe('pass')
  })
})
