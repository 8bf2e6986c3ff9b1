// The decision table: motives × cells as 3-domain writes the matrix, told once more here, and a row for every reason.
import { describe, expect, test } from 'vitest'
import { hour, minute } from '../../shared/domain/instants.ts'
import type { Conditions, RolloutStanding } from '../../shared/domain/question.ts'
import type { Pin, RackFacts, UnderWay } from '../../shared/domain/rack.ts'
import { motives, type Reason, reasons } from '../../shared/domain/reasons.ts'
import {
  type Asking,
  anArtifact,
  aRack,
  aRegistry,
  type RegistryStory,
  storyStart,
  type Told,
  toldBy,
} from '../support/builders.ts'

const at = storyStart
const later = at + 30 * minute

const pinTo = (version: string, more: Partial<Pin> = {}): Pin => ({
  version,
  owner: 'ada',
  reason: 'wait for the fix',
  origin: 'rack',
  ...more,
})
const proved = (...versions: string[]): RackFacts['proved'] =>
  versions.map((version) => ({ version, at, parametersHold: true }))
const underWay = (from: string, target: string, more: Partial<UnderWay> = {}): UnderWay => ({
  id: 'a1',
  from,
  target,
  motive: 'rollout',
  isConfirmed: false,
  ...more,
})
const standing = (state: RolloutStanding['state'], more: Partial<RolloutStanding> = {}): RolloutStanding => ({
  state,
  isWaveOpen: state === 'running',
  detail: `it is ${state}`,
  ...more,
})
const closedWave = standing('running', {
  isWaveOpen: false,
  opensAt: later,
  detail: 'wave 2 of 3 is not open',
})
const full = { isFree: false, detail: 'all are taken', until: later }

/** Who asks, of which registry, and what is answered while nothing stands in the way. */
interface Scene {
  readonly registry: () => RegistryStory
  readonly rack: Partial<RackFacts>
  readonly asking?: Asking
  readonly free: Told
}

const serving = (...versions: string[]): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves(...versions)
const moves = (
  action: 'update' | 'rollback',
  motive: Told['motive'],
  target: string,
  reason: Reason,
): Told => ({ action, reason, motive, target, until: undefined })

const scenes: Readonly<Record<string, Scene>> = {
  abort: {
    registry: () => serving('10', '20').yanks('20'),
    rack: { current: '10', attempt: underWay('10', '20') },
    free: { action: 'abort', reason: 'yanked', motive: 'attempt', target: undefined, until: undefined },
  },
  bootstrap: {
    registry: () => serving('10', '20'),
    rack: {},
    free: moves('update', 'bootstrap', '20', 'offered'),
  },
  remedy_critical: {
    registry: () => serving('10', '20').yanks('20', { severity: 'critical' }),
    rack: { current: '20', proved: proved('10') },
    free: moves('rollback', 'remedy_critical', '10', 'yanked'),
  },
  remedy_moderate: {
    registry: () => serving('10', '20').yanks('20'),
    rack: { current: '20', proved: proved('10') },
    free: moves('rollback', 'remedy_moderate', '10', 'yanked'),
  },
  recall: {
    registry: () => serving('10', '20').reverts('10', { recall: true }),
    rack: { current: '20' },
    free: moves('rollback', 'recall', '10', 'recalled'),
  },
  pin_forward: {
    registry: () => serving('10', '20', '30'),
    rack: { current: '10', pins: [pinTo('20')] },
    free: moves('update', 'pin', '20', 'pinned'),
  },
  pin_back: {
    registry: () => serving('10', '20', '30'),
    rack: { current: '30', pins: [pinTo('20')] },
    free: moves('rollback', 'pin', '20', 'pinned'),
  },
  rollout_to_head: {
    registry: () => serving('10', '20'),
    rack: { current: '10' },
    asking: { base: '10' },
    free: moves('update', 'rollout', '20', 'offered'),
  },
  rollout_to_base: {
    registry: () => serving('10', '20'),
    rack: { current: '10' },
    free: moves('update', 'rollout', '20', 'offered'),
  },
}

/** What may stand in the way, in the order of the matrix; `until` is when that ends, if that is known. */
interface Obstacle {
  readonly registry?: (registry: RegistryStory) => RegistryStory
  readonly rack?: (scene: Scene) => Partial<RackFacts>
  readonly conditions?: Partial<Conditions>
  readonly until?: number
}

const failed =
  (minutes: number) =>
  (scene: Scene): Partial<RackFacts> => ({
    failures: [{ target: scene.free.target ?? '20', count: 1, lastAt: at - minutes * minute }],
  })

const obstacles: Readonly<Record<string, Obstacle>> = {
  frozen: { registry: (one) => one.freezes({ app: 'rack', until: later }), until: later },
  frozen_all: { registry: (one) => one.freezes({ app: 'rack', all: true, until: later }), until: later },
  held: {
    rack: () => ({ holds: [{ until: later, owner: 'ada', reason: 'demo day', origin: 'rack' }] }),
    until: later,
  },
  paused: { conditions: { rollout: standing('paused') } },
  halted: { conditions: { rollout: standing('halted') } },
  wave: { conditions: { rollout: closedWave }, until: later },
  r_paused: { conditions: { remedy: standing('paused') } },
  r_halted: { conditions: { remedy: standing('halted') } },
  r_wave: { conditions: { remedy: closedWave }, until: later },
  c_paused: { conditions: { recall: standing('paused') } },
  c_halted: { conditions: { recall: standing('halted') } },
  c_wave: { conditions: { recall: closedWave }, until: later },
  window: { conditions: { window: full }, until: later },
  failed_10m: { rack: failed(10), until: at + 8 * hour - 10 * minute },
  failed_1m: { rack: failed(1), until: at + 8 * hour - minute },
  slots: { conditions: { slots: full }, until: later },
  r_slots: { conditions: { remedySlots: full }, until: later },
  c_slots: { conditions: { recallSlots: full }, until: later },
  store: { conditions: { canGrant: false } },
}

/**
 * 3-domain, "May it move now?", with a column for each way in which a cell can block. `-` does not ask; a word is the
 * reason that is answered. A pin waits for a freeze only forward; a rollout's waves concern its head, not its base;
 * a critical remedy tries again after 5 minutes instead of 8 hours.
 */
const matrix = `
                   frozen  frozen_all  held  paused          halted          wave           r_paused       r_halted       r_wave                c_paused       c_halted       c_wave                window          failed_10m   failed_1m    slots       r_slots     c_slots     store
  abort            -       -           -     -               -               -              -              -              -                     -              -              -                     -               -            -            -           -           -           -
  bootstrap        -       frozen      -     -               -               -              -              -              -                     -              -              -                     -               failed_here  failed_here  -           -           -           store_unavailable
  remedy_critical  -       frozen      -     -               -               -              remedy_halted  remedy_halted  remedy_wave_not_open  -              -              -                     -               -            5m           -           slots_full  -           store_unavailable
  remedy_moderate  -       frozen      held  -               -               -              remedy_halted  remedy_halted  remedy_wave_not_open  -              -              -                     outside_window  failed_here  failed_here  -           slots_full  -           store_unavailable
  recall           -       frozen      held  -               -               -              -              -              -                     remedy_halted  remedy_halted  remedy_wave_not_open  outside_window  failed_here  failed_here  -           -           slots_full  store_unavailable
  pin_forward      frozen  frozen      -     -               -               -              -              -              -                     -              -              -                     outside_window  failed_here  failed_here  slots_full  -           -           store_unavailable
  pin_back         -       frozen      -     -               -               -              -              -              -                     -              -              -                     outside_window  failed_here  failed_here  slots_full  -           -           store_unavailable
  rollout_to_head  frozen  frozen      held  rollout_paused  rollout_halted  wave_not_open  -              -              -                     -              -              -                     outside_window  failed_here  failed_here  slots_full  -           -           store_unavailable
  rollout_to_base  frozen  frozen      held  -               -               -              -              -              -                     -              -              -                     outside_window  failed_here  failed_here  slots_full  -           -           store_unavailable
`
const [columns = [], ...rows] = matrix
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/))

function ask(scene: Scene, against: readonly Obstacle[]): Told {
  const registry = against.reduce((story, { registry: freeze }) => freeze?.(story) ?? story, scene.registry())
  const rack = Object.assign({}, scene.rack, ...against.map(({ rack: told }) => told?.(scene)))
  const conditions = Object.assign({}, ...against.map((one) => one.conditions))
  return toldBy(aRack(rack).asks(registry, { ...scene.asking, conditions }))
}

function scene(name: string): Scene {
  const found = scenes[name]
  if (!found) throw new Error(`no scene ${name}`)
  return found
}

function obstacle(name: string): Obstacle {
  const found = obstacles[name]
  if (!found) throw new Error(`no obstacle ${name}`)
  return found
}

describe('motives × cells', () => {
  test('the table has every scene and every obstacle, and every motive a scene', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(scenes))
    expect(columns).toEqual(Object.keys(obstacles))
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => columns.length + 1))
    expect([...new Set(Object.values(scenes).map(({ free }) => free.motive))].sort()).toEqual(
      [...motives].sort(),
    )
  })

  test.each(Object.keys(scenes))('%s: nothing stands in the way', (name) => {
    expect(ask(scene(name), [])).toEqual(scene(name).free)
  })

  const product = rows.flatMap(([motive = '', ...cells]) =>
    cells.map((cell, i) => ({ motive, in_the_way: columns[i] ?? '', cell })),
  )
  test.each(product)('$motive, $in_the_way: $cell', ({ motive, in_the_way, cell }) => {
    const { free } = scene(motive)
    const { until } = obstacle(in_the_way)
    const blocked = { ...free, action: 'wait', reason: cell, until }
    const short = { ...free, action: 'wait', reason: 'failed_here', until: at + 4 * minute }
    expect(ask(scene(motive), [obstacle(in_the_way)])).toEqual(
      cell === '-' ? free : cell === '5m' ? short : blocked,
    )
  })

  const inOrder: readonly [string, Reason[]][] = [
    ['bootstrap', ['frozen', 'failed_here', 'store_unavailable']],
    ['remedy_critical', ['frozen', 'remedy_wave_not_open', 'failed_here', 'slots_full', 'store_unavailable']],
    [
      'remedy_moderate',
      [
        'frozen',
        'held',
        'remedy_wave_not_open',
        'outside_window',
        'failed_here',
        'slots_full',
        'store_unavailable',
      ],
    ],
    [
      'recall',
      [
        'frozen',
        'held',
        'remedy_wave_not_open',
        'outside_window',
        'failed_here',
        'slots_full',
        'store_unavailable',
      ],
    ],
    ['pin_forward', ['frozen', 'outside_window', 'failed_here', 'slots_full', 'store_unavailable']],
    ['pin_back', ['frozen', 'outside_window', 'failed_here', 'slots_full', 'store_unavailable']],
    [
      'rollout_to_head',
      ['frozen', 'held', 'wave_not_open', 'outside_window', 'failed_here', 'slots_full', 'store_unavailable'],
    ],
    [
      'rollout_to_base',
      ['frozen', 'held', 'outside_window', 'failed_here', 'slots_full', 'store_unavailable'],
    ],
  ]
  test.each(inOrder)('%s: of several that block the leftmost is told', (name, expected) => {
    const told: Reason[] = []
    const left = ['frozen_all', 'held', 'wave', 'r_wave', 'c_wave', 'window', 'failed_1m']
    left.push('slots', 'r_slots', 'c_slots', 'store')
    while (left.length > 0) {
      const { action, reason } = ask(scene(name), left.map(obstacle))
      if (action === 'wait' && told.at(-1) !== reason) told.push(reason)
      left.shift()
    }
    expect(told).toEqual(expected)
    expect(ask(scene(name), [])).toEqual(scene(name).free)
  })
})

/** One story for each reason, with all that is told of it. */
interface Row extends Told {
  readonly story: () => ReturnType<ReturnType<typeof aRack>['asks']>
  readonly detail: string
}

const waits = (reason: Reason, motive: Told['motive'], more: Partial<Told> = {}): Told => ({
  action: 'wait',
  reason,
  motive,
  target: undefined,
  until: undefined,
  ...more,
})
const none = (reason: Reason, motive: Told['motive']): Told => ({
  action: 'none',
  reason,
  motive,
  target: undefined,
  until: undefined,
})
const asks =
  (registry: RegistryStory, rack: Partial<RackFacts>, asking: Asking = {}) =>
  () =>
    aRack(rack).asks(registry, asking)
const moved = (name: string, against: Partial<Conditions>) =>
  asks(scene(name).registry(), scene(name).rack, { ...scene(name).asking, conditions: against })

const dayOfSoak = { minRacks: 1, soakMinutes: 24 * 60, dwell: true }

const reasonRows: Readonly<Record<Reason, Row>> = {
  offered: {
    story: asks(serving('10', '20'), { current: '10' }),
    ...moves('update', 'rollout', '20', 'offered'),
    detail: '10 → 20',
  },
  yanked: {
    story: asks(serving('10', '20').yanks('20', { severity: 'critical' }), {
      current: '20',
      proved: proved('20', '10'),
    }),
    ...moves('rollback', 'remedy_critical', '10', 'yanked'),
    detail: '20 → 10',
  },
  recalled: {
    story: asks(serving('10', '20').reverts('10', { recall: true }), { current: '20' }),
    ...moves('rollback', 'recall', '10', 'recalled'),
    detail: '20 → 10',
  },
  pinned: {
    story: asks(serving('10', '20'), { current: '10', pins: [pinTo('10', { until: later })] }),
    ...none('pinned', 'pin'),
    detail: 'pinned to 10 by ada until 2016-08-16T16:30:15.000Z: wait for the fix',
  },
  superseded: {
    story: asks(serving('10', '20', '30'), { current: '10', attempt: underWay('10', '20') }),
    action: 'abort',
    reason: 'superseded',
    motive: 'attempt',
    target: undefined,
    until: undefined,
    detail: '20 is no longer what the rack should go to (now: 30)',
  },
  frozen: {
    story: asks(serving('10', '20').freezes({ app: 'rack', channel: 'stable', all: true, until: later }), {
      current: '10',
    }),
    ...waits('frozen', 'rollout', { target: '20', until: later }),
    detail:
      'channel stable of rack is frozen for everything by token:ada until 2016-08-16T16:30:15.000Z: we look into it',
  },
  up_to_date: {
    story: asks(serving('10', '20'), { current: '20' }),
    ...none('up_to_date', 'rollout'),
    detail: '20 is what stable serves',
  },
  ahead_of_channel: {
    story: asks(serving('10').publishes('20'), { current: '20' }),
    ...none('ahead_of_channel', 'rollout'),
    detail: 'the rack runs 20, stable serves 10',
  },
  channel_empty: {
    story: asks(aRegistry().withApp('rack').publishes('10'), { current: '10' }),
    ...waits('channel_empty', 'rollout'),
    detail: 'stable serves nothing',
  },
  no_path: {
    story: asks(serving('10', '20', '30').routes('20', { required: true }).yanks('20', { remedy: 'stay' }), {
      current: '10',
    }),
    ...waits('no_path', 'rollout'),
    detail: '30: the required release 20 was withdrawn and nothing replaces it',
  },
  below_floor: {
    story: asks(serving('10', '20').routes('20', { floor: '15' }).reverts('10', { recall: true }), {
      current: '20',
    }),
    ...waits('below_floor', 'recall'),
    detail: '20 goes back to 15 at the oldest, not to 10',
  },
  unsupported_platform: {
    story: asks(
      serving('10')
        .publishes('20', {
          artifacts: [anArtifact({ platform: 'linux/arm64' }), anArtifact({ platform: 'darwin/arm64' })],
        })
        .promotes('20'),
      { current: '10' },
    ),
    ...waits('unsupported_platform', 'rollout'),
    detail: '20 is built for linux/arm64, darwin/arm64, not for linux/amd64',
  },
  requires: {
    story: asks(
      aRegistry()
        .withApp('site')
        .withApp('rack')
        .serves('10', '20')
        .routes('20', { requires: { site: '>=5' } }),
      { current: '10', apps: { site: '4' } },
    ),
    ...waits('requires', 'rollout'),
    detail: '20 requires site >=5; the rack runs 4',
  },
  outside_constraint: {
    story: asks(serving('10', '20'), { current: '10', within: '<20' }),
    ...waits('outside_constraint', 'rollout'),
    detail: '20 is outside of <20',
  },
  too_young: {
    story: asks(serving('10', '20').later(10), { current: '10', minAgeMinutes: 30 }),
    ...waits('too_young', 'rollout', { until: later }),
    detail: '20 is 10m old on stable and has to be 30m (2016-08-16T16:30:15.000Z)',
  },
  rolled_back_here: {
    story: asks(serving('10', '20'), { current: '10', bar: { above: '10', upTo: '20' } }),
    ...waits('rolled_back_here', 'rollout'),
    detail: 'a person went back from 20 to 10 on this rack; 20 lies between',
  },
  artifact_unavailable: {
    story: asks(
      serving('10')
        .publishes('20', { artifacts: [anArtifact()] })
        .promotes('20'),
      { current: '10' },
      {
        conditions: { isArtifactMissing: (sha256) => sha256 === 'a'.repeat(64) },
      },
    ),
    ...waits('artifact_unavailable', 'rollout'),
    detail: 'the registry no longer has the artifact aaaaaaaaaaaa… of 20',
  },
  remedy_unreachable: {
    story: asks(serving('20').yanks('20'), { current: '20' }),
    ...waits('remedy_unreachable', 'remedy_moderate'),
    detail: 'ADV-1 says rollback, and there is no version to go to',
  },
  held: {
    story: asks(serving('10', '20'), {
      current: '10',
      holds: [{ until: later, owner: 'ben', reason: 'demo day', origin: 'registry' }],
    }),
    ...waits('held', 'rollout', { target: '20', until: later }),
    detail: 'held by ben until 2016-08-16T16:30:15.000Z: demo day',
  },
  rollout_paused: {
    story: moved('rollout_to_head', { rollout: standing('paused') }),
    ...waits('rollout_paused', 'rollout', { target: '20' }),
    detail: 'it is paused',
  },
  rollout_halted: {
    story: moved('rollout_to_head', { rollout: standing('halted') }),
    ...waits('rollout_halted', 'rollout', { target: '20' }),
    detail: 'it is halted',
  },
  wave_not_open: {
    story: moved('rollout_to_head', { rollout: closedWave }),
    ...waits('wave_not_open', 'rollout', { target: '20', until: later }),
    detail: 'wave 2 of 3 is not open',
  },
  remedy_halted: {
    story: moved('remedy_critical', { remedy: standing('halted') }),
    ...waits('remedy_halted', 'remedy_critical', { target: '10' }),
    detail: 'it is halted',
  },
  remedy_wave_not_open: {
    story: moved('recall', { recall: closedWave }),
    ...waits('remedy_wave_not_open', 'recall', { target: '10', until: later }),
    detail: 'wave 2 of 3 is not open',
  },
  outside_window: {
    story: moved('rollout_to_base', { window: full }),
    ...waits('outside_window', 'rollout', { target: '20', until: later }),
    detail: 'all are taken',
  },
  failed_here: {
    story: asks(serving('10', '20'), {
      current: '10',
      failures: [{ target: '20', count: 2, lastAt: at - hour }],
    }),
    ...waits('failed_here', 'rollout', { target: '20', until: at + 11 * hour }),
    detail: '20 failed on this rack 2 times; again in 11h (2016-08-17T03:00:15.000Z)',
  },
  slots_full: {
    story: moved('rollout_to_base', { slots: { isFree: false, detail: '3 of 3 are on their way' } }),
    ...waits('slots_full', 'rollout', { target: '20' }),
    detail: '3 of 3 are on their way',
  },
  dwelling: {
    story: () => {
      const registry = aRegistry().withApp('rack').withPolicy('stable', { soak: dayOfSoak })
      registry.publishes('10').nominates('10').publishes('20')
      return aRack({ current: '10' }).asks(registry, {
        on: 'unstable',
        conditions: { soakedMinutes: 14 * 60 },
      })
    },
    ...waits('dwelling', 'rollout', { target: '20', until: storyStart + 10 * hour }),
    detail: '10 is nominated for stable by token:ada; it soaks here for another 10h',
  },
  store_unavailable: {
    story: moved('bootstrap', { canGrant: false }),
    ...waits('store_unavailable', 'bootstrap', { target: '20' }),
    detail: 'the registry cannot write; it goes on answering from memory',
  },
}

describe('reasons', () => {
  test('every reason of the closed union has a row', () => {
    expect(Object.keys(reasonRows).sort()).toEqual(Object.keys(reasons).sort())
  })

  test.each(Object.entries(reasonRows))('%s', (reason, { story, detail, ...told }) => {
    const decision = story()
    expect({ ...toldBy(decision), detail: decision.detail }).toEqual({ ...told, detail })
    expect(told.reason).toBe(reason)
  })
})
