// Events of older versions, which fold for ever: the upcast, and a golden line of everything that was ever written.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openAlarm } from '../../shared/domain/alarm.ts'
import { historyOf } from '../../shared/domain/channel.ts'
import { currentVersions, type LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { inForce } from '../../shared/domain/freeze.ts'
import { emptyState, findApp, findChannel, findRelease } from '../../shared/domain/state.ts'
import { type StoredEvent, type Upcast, upcast } from '../../shared/domain/upcast.ts'
import { orderKey } from '../../shared/domain/version.ts'

const key = (version: string): string => orderKey('timestamp', version)

describe('events of older versions', () => {
  const steps: Record<string, Upcast> = {
    'app.created@1': (event) => ({ ...event, v: 2, colour: 'red' }),
    'app.created@2': (event) => ({ ...event, v: 3, colours: ['red'] }),
  }
  const newest = { 'app.created': 3, 'app.gone': 2 }

  test('are brought to the newest, step by step', () => {
    const old = { type: 'app.created', v: 1, app: 'rack' }
    expect(upcast(old, steps, newest)).toEqual({
      type: 'app.created',
      v: 3,
      app: 'rack',
      colour: 'red',
      colours: ['red'],
    })
    expect(upcast({ ...old, v: 2 }, steps, newest)).toEqual({
      type: 'app.created',
      v: 3,
      app: 'rack',
      colours: ['red'],
    })
    expect(old).toEqual({ type: 'app.created', v: 1, app: 'rack' })
  })

  test('one of the newest version is left as it is', () => {
    const event = { type: 'app.created', v: 3 }
    expect(upcast(event, steps, newest)).toBe(event)
  })

  test('one from the future, or of a type that nobody knows, is a bug to be told', () => {
    expect(() => upcast({ type: 'app.created', v: 4 }, steps, newest)).toThrow('app.created v4')
    expect(() => upcast({ type: 'app.painted', v: 1 }, steps, newest)).toThrow(
      'The ledger has an event app.painted v1 that this version of Headgate does not know.',
    )
    expect(() => upcast({ type: 'app.gone', v: 1 }, steps, newest)).toThrow(
      'There is no way from app.gone v1 to v2.',
    )
  })

  test('without a table of its own it uses ours', () => {
    const event = { type: 'token.revoked', v: 1 }
    expect(upcast(event)).toBe(event)
    expect(() => upcast({ type: 'token.revoked', v: 2 })).toThrow('token.revoked v2')
  })
})

describe('the golden events', () => {
  const lines = readFileSync(new URL('../golden/events.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  const stored = lines.map((line): StoredEvent => JSON.parse(line))
  const events: LedgerEvent[] = stored.map((event) => JSON.parse(JSON.stringify(upcast(event))))

  test('there is one of every version of every type ever written', () => {
    const written = new Set(stored.map(({ type, v }) => `${type}@${v}`))
    const wanted = Object.entries(currentVersions).flatMap(([type, newest]) =>
      Array.from({ length: newest }, (_, i) => `${type}@${i + 1}`),
    )
    expect([...written].sort()).toEqual(wanted.sort())
  })

  test('they fold for ever, to the same state', () => {
    const state = foldEvents(emptyState(), events)
    const app = findApp(state, 'rack')
    const channel = (name: string) => findChannel(app, name)
    expect(state.registryId).toBe('7f6c2f64-9c5e-4b6e-8f43-0c0d6d1c2a10')
    expect(channel('unstable').policy).toEqual({ promoteOnPublish: true, checkSeconds: 60, gates: {} })
    expect([channel('unstable').head, channel('stable').head, channel('canary').head]).toEqual([
      '20160818013241',
      '20160816140022',
      undefined,
    ])
    expect(
      [...historyOf(channel('stable'))].map(({ movement, version }) => `${movement} ${version}`),
    ).toEqual([
      'reverted 20160816140022',
      'fell_back 20160816150000',
      'promoted 20160816160115',
      'promoted 20160816150000',
      'promoted 20160816140022',
    ])
    expect([...historyOf(channel('canary'))].map(({ version }) => version)).toEqual([
      undefined,
      '20160816160115',
    ])
    expect(channel('stable').recall).toEqual({
      aboveKey: key('20160816140022'),
      upToKey: key('20160816150000'),
      reason: 'nobody knows yet',
    })
    expect(app.yanks.get('ADV-1')?.lifted).toMatchObject({ actor: 'token:ada', reason: 'it was the probe' })
    expect(findRelease(app, '20160816160115').yank).toBeUndefined()
    expect(findRelease(app, '20160818013241').fixes).toBe('ADV-1')
    expect(findRelease(app, '20160818013241').content.contract).toBe('c2')
    expect(channel('beta')).toMatchObject({ head: '20160818013241', policyRevision: 2, revision: 1 })
    expect(channel('unstable').nomination).toBeUndefined()
    const { record } = findRelease(app, '20160818013241')
    expect(record.evidence).toMatchObject([{ name: 'unit', outcome: 'pass', file: { size: 10 } }])
    expect(record.ticks).toMatchObject([{ channel: 'beta', item: 'notes', actor: 'token:bea' }])
    expect(record.acknowledged).toMatchObject([{ parameter: 'Password', channel: 'beta' }])
    expect(record.objections).toMatchObject([{ id: 'O-1', answer: { note: 'it was the test machine' } }])
    expect(record.knownIssues).toMatchObject([{ note: 'the old probe' }])
    expect(app.proposals.get('P-1')).toMatchObject({
      whenReady: true,
      approvals: [{ actor: 'token:bea', lapsed: { gate: 'soak' } }],
      closed: { outcome: 'enacted' },
    })
    expect(app.proposals.get('P-2')?.closed).toMatchObject({ outcome: 'rejected', reason: 'not now' })
    expect(state.breakGlass.get('BG-0a1b2c3d')).toMatchObject({
      by: 'root@registry-1',
      usedAt: 1471710005000,
      closed: { actor: 'break-glass:BG-0a1b2c3d' },
    })
    expect(state.reviews.get('R-2')).toMatchObject({ kind: 'break_glass', actor: 'break-glass:BG-0a1b2c3d' })
    expect(state.reviews.get('R-1')).toMatchObject({ kind: 'override', signed: { actor: 'token:bea' } })
    expect(app.contracts.get('c2')).toEqual({ Password: { type: 'String', masked: true } })
    expect(app.stones.map(({ version, awaitedOn }) => [version, awaitedOn])).toEqual([
      ['20160816140022', ['canary']],
    ])
    expect(inForce(state.freezes.get('rack/stable'), Number.MAX_SAFE_INTEGER)).toBeUndefined()
    expect(state.freezes.get('/')).toMatchObject({ scope: 'registry', all: true, until: 1471600000000 })
    expect(state.tokens.get('t1')).toMatchObject({ name: 'ci', role: 'publisher', revokedAt: 1471400000000 })
    expect(state.tokens.get('t2')).toMatchObject({
      name: 'prod',
      role: 'join',
      app: 'rack',
      channel: 'stable',
    })
    expect(state.alarms.get('ALARM-1')).toEqual({
      id: 'ALARM-1',
      kind: 'changed_outside',
      app: 'rack',
      subject: 'fleet',
      count: 4,
      since: 1471399990000,
      detail: '4 of 5 racks changed within 2m by no attempt: 4 to 20160816140022',
      racks: ['prod-1', 'prod-2', 'prod-3', 'prod-4'],
      raisedAt: 1471400000001,
      raisedBy: 'registry',
      closed: { at: 1471400000002, by: 'token:ada', note: 'INC-7: put back from a backup' },
    })
    const site = findApp(state, 'site')
    expect(
      [...site.rollouts.values()].map(({ id, purpose, state: present }) => `${id} ${purpose} ${present}`),
    ).toEqual(['R-1 head completed', 'R-2 recall superseded', 'R-3 recall planned', 'R-4 remedy planned'])
    expect(site.rollouts.get('R-1')).toMatchObject({
      version: '20',
      channel: 'stable',
      orderedBy: 'token:ada',
      notBefore: 1471365000000,
      plan: { racks: 4, eligible: 4, waves: [{ racks: 1, cutoff: '309309de3a4669e2' }, { racks: 3 }] },
      wave: 1,
      waveOpenedAt: 1471369575000,
      since: { at: 1471369575000, actor: 'registry' },
      evidence: { wave: 0, failures: [{ rack: 'prod-1', cause: 'settling: status #' }] },
      acknowledged: [{ rack: 'prod-1', cause: 'settling: status #' }],
      retriedAt: 1471365315000,
    })
    expect(site.rollouts.get('R-2')).toMatchObject({ takesBack: 'R-1', version: '20' })
    expect(site.yanks.get('ADV-1')?.rollout).toBe('R-4')
    expect(findChannel(site, 'stable')).toMatchObject({ head: '10', base: '10', recall: { rollout: 'R-3' } })
    expect(openAlarm(state, { kind: 'changed_outside', app: 'rack', subject: 'fleet' })?.id).toBe('ALARM-2')
    expect(state.synthetic.get('headgate-synthetic')).toMatchObject({
      runsBegun: 1,
      runs: [{ id: 'S-1', outcome: 'failed', beganBy: 'token:ada', endedAt: 1471710090000 }],
      levers: { publish: { lastTried: { outcome: 'failed', milliseconds: 42 } } },
      promise: { withinMilliseconds: 21600000 },
    })
  })
})
