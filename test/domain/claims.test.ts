// Which version is mine, by which motive: the order of the motives, and the candidates of each.
import { describe, expect, test } from 'vitest'
import type { Trace } from '../../shared/domain/decide.ts'
import { day, minute } from '../../shared/domain/instants.ts'
import type { Conditions } from '../../shared/domain/question.ts'
import type { Pin, RackFacts } from '../../shared/domain/rack.ts'
import type { Motive } from '../../shared/domain/reasons.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import {
  type Asking,
  anArtifact,
  aRack,
  aRegistry,
  type RegistryStory,
  storyStart,
  toldBy,
} from '../support/builders.ts'

const serving = (...versions: string[]): RegistryStory =>
  aRegistry()
    .withApp('rack')
    .serves(...versions)
const pinTo = (version: string, more: Partial<Pin> = {}): Pin => ({
  version,
  owner: 'ada',
  reason: 'wait',
  origin: 'rack',
  ...more,
})
const proved = (...versions: string[]): RackFacts['proved'] =>
  versions.map((version) => ({ version, at: storyStart, parametersHold: true }))

/** `rollback 10: yanked (remedy_critical)`, the whole answer in a line. */
function told(registry: RegistryStory, rack: Partial<RackFacts>, asking?: Asking): string {
  const { action, reason, motive, target } = aRack(rack).asks(registry, asking)
  return `${action}${target ? ` ${target.version}` : ''}: ${reason} (${motive})`
}
const detail = (registry: RegistryStory, rack: Partial<RackFacts>): string =>
  aRack(rack).asks(registry).detail

describe('the first motive that applies is the one', () => {
  // Everything at once: an attempt, a pin to elsewhere, a yank of what runs, a recall, a newer head.
  const everything = (severity: 'critical' | 'moderate') =>
    serving('10', '20', '30', '40').reverts('20', { recall: true }).yanks('30', { severity, to: '10' })
  const rack: Partial<RackFacts> = { current: '30', pins: [pinTo('20')], proved: proved('10') }
  const motiveOf = (registry: RegistryStory, facts: Partial<RackFacts>): Motive =>
    aRack(facts).asks(registry).motive

  test('attempt, remedy_critical, pin, remedy_moderate, recall, bootstrap, rollout', () => {
    const attempt = {
      id: 'a1',
      from: '30',
      target: '10',
      motive: 'remedy_critical',
      isConfirmed: false,
    } as const
    expect([
      motiveOf(everything('critical'), { ...rack, attempt }),
      motiveOf(everything('critical'), rack),
      motiveOf(everything('moderate'), rack),
      motiveOf(everything('moderate'), { ...rack, pins: [] }),
      motiveOf(everything('moderate'), { ...rack, pins: [], current: '40' }),
      motiveOf(everything('moderate'), { ...rack, pins: [], current: undefined }),
      motiveOf(everything('moderate'), { ...rack, pins: [], current: '20' }),
    ]).toEqual(['attempt', 'remedy_critical', 'pin', 'remedy_moderate', 'recall', 'bootstrap', 'rollout'])
  })

  test('a rack with nothing installed and a pin takes what it is pinned to', () => {
    expect(told(serving('10', '20'), { pins: [pinTo('10')] })).toBe('update 10: pinned (pin)')
  })

  test('a remedy that says "stay" is no motive: the next good head comes as usual', () => {
    const registry = serving('10', '20').yanks('20', { severity: 'critical', remedy: 'stay' })
    expect(told(registry, { current: '20' })).toBe('none: yanked (rollout)')
    expect(detail(registry, { current: '20' })).toBe(
      '20 was withdrawn by ADV-1 (it is broken) and racks stay on it until the next head',
    )
    expect(told(registry.serves('30'), { current: '20' })).toBe('update 30: offered (rollout)')
    const moderate = serving('10', '20').yanks('20', { remedy: 'stay' })
    expect(told(moderate, { current: '20' })).toBe('none: yanked (rollout)')
  })

  test('a rack on a withdrawn version is never told that it is up to date, even if nothing is served', () => {
    const registry = serving('20').yanks('20', { remedy: 'stay' })
    expect(registry.channel().head).toBeUndefined()
    expect(told(registry, { current: '20' })).toBe('none: yanked (rollout)')
  })
})

describe('a pin', () => {
  test('keeps the rack where it is, whatever the channel serves', () => {
    expect(told(serving('10', '20'), { current: '10', pins: [pinTo('10')] })).toBe('none: pinned (pin)')
    expect(detail(serving('10', '20'), { current: '10', pins: [pinTo('10')] })).toBe(
      'pinned to 10 by ada until it is unpinned: wait',
    )
  })

  test('is over at its end', () => {
    const rack = { current: '10', pins: [pinTo('10', { until: storyStart + 1000 })] }
    expect(told(serving('10', '20'), rack, { at: storyStart + 999 })).toBe('none: pinned (pin)')
    expect(told(serving('10', '20'), rack, { at: storyStart + 1000 })).toBe('update 20: offered (rollout)')
  })

  test('of two that differ staying is stricter than moving; of two moves the one that was given on the rack', () => {
    const here = pinTo('10')
    const there = pinTo('20', { origin: 'registry', owner: 'ben' })
    const other = pinTo('30')
    const registry = serving('10', '20', '30')
    expect(told(registry, { current: '10', pins: [there, here] })).toBe('none: pinned (pin)')
    expect(told(registry, { current: '20', pins: [here, there] })).toBe('none: pinned (pin)')
    expect(told(registry, { current: '10', pins: [there, other] })).toBe('update 30: pinned (pin)')
    expect(told(registry, { current: '10', pins: [other, there] })).toBe('update 30: pinned (pin)')
    expect(told(registry, { current: '10', pins: [there] })).toBe('update 20: pinned (pin)')
    const ended = pinTo('10', { until: storyStart })
    expect(told(registry, { current: '10', pins: [ended, there] })).toBe('update 20: pinned (pin)')
  })

  test('to a version that the registry does not know: the rack waits, or stays if it is there', () => {
    expect(told(serving('10'), { current: '10', pins: [pinTo('15')] })).toBe('wait: pinned (pin)')
    expect(detail(serving('10'), { current: '10', pins: [pinTo('15')] })).toBe(
      '15, to which the rack is pinned, is not known to the registry',
    )
    expect(told(serving('10'), { current: '15', pins: [pinTo('15')] })).toBe('none: pinned (pin)')
  })

  test('to a withdrawn version is not gone to', () => {
    const registry = serving('10', '20', '30').yanks('20')
    expect(told(registry, { current: '10', pins: [pinTo('20')] })).toBe('wait: yanked (pin)')
    expect(detail(registry, { current: '10', pins: [pinTo('20')] })).toBe(
      '20 was withdrawn by ADV-1: it is broken',
    )
  })

  test('holds on a version that was withdrawn moderately, with the advisory', () => {
    const registry = serving('10', '20').yanks('20')
    const decision = aRack({ current: '20', pins: [pinTo('20')] }).asks(registry)
    expect(`${decision.action}: ${decision.reason}`).toBe('none: pinned')
    expect(decision.advisories).toEqual([registry.app.yanks.get('ADV-1')])
  })

  test('is passed by a critical yank, unless its owner has accepted that advisory', () => {
    const registry = serving('10', '20').yanks('20', { severity: 'critical' })
    expect(told(registry, { current: '20', pins: [pinTo('20')] })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
    expect(told(registry, { current: '20', pins: [pinTo('20', { acceptedAdvisory: 'ADV-1' })] })).toBe(
      'none: pinned (pin)',
    )
    expect(told(registry, { current: '20', pins: [pinTo('20', { acceptedAdvisory: 'ADV-2' })] })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
    const ended = pinTo('20', { acceptedAdvisory: 'ADV-1', until: storyStart })
    expect(told(registry, { current: '20', pins: [ended] })).toBe('rollback 10: yanked (remedy_critical)')
    const elsewhere = pinTo('10', { acceptedAdvisory: 'ADV-1' })
    expect(told(registry, { current: '20', pins: [elsewhere] })).toBe('rollback 10: yanked (remedy_critical)')
  })
})

describe('a remedy back', () => {
  const yanked = (more = {}) => serving('10', '20', '30', '40').yanks('40', { severity: 'critical', ...more })

  test("goes to what this rack proved last before it, then to the channel's base", () => {
    expect(told(yanked(), { current: '40', proved: proved('40', '20', '10') })).toBe(
      'rollback 20: yanked (remedy_critical)',
    )
    expect(told(yanked(), { current: '40' })).toBe('rollback 30: yanked (remedy_critical)')
  })

  test('first of all to what the maintainer named', () => {
    expect(told(yanked({ to: '10' }), { current: '40', proved: proved('20') })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
  })

  test('not to a proved version whose parameters do not hold any more', () => {
    const facts = {
      current: '40',
      proved: [{ version: '20', at: 0, parametersHold: false }, ...proved('10')],
    }
    expect(told(yanked(), facts)).toBe('rollback 10: yanked (remedy_critical)')
  })

  test('not to a proved version that was never head of this channel, nor to one that is not known', () => {
    const registry = serving('10').publishes('20').publishes('30').promotes('30').yanks('30')
    expect(told(registry, { current: '30', proved: proved('20', '15') })).toBe(
      'rollback 10: yanked (remedy_moderate)',
    )
    expect(told(registry, { current: '30', proved: proved('20') }, { on: 'unstable' })).toBe(
      'rollback 20: yanked (remedy_moderate)',
    )
  })

  test('not to a proved version that is newer than what runs, nor to itself', () => {
    const registry = serving('10', '20', '30').yanks('20')
    const rack = { current: '20', proved: proved('30', '20', '10') }
    expect(told(registry.freezes({ app: 'rack' }), rack)).toBe('rollback 10: yanked (remedy_moderate)')
  })

  test('not to a proved version that was withdrawn too', () => {
    const registry = yanked().yanks('20')
    expect(told(registry, { current: '40', proved: proved('20', '10') })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
  })

  test('below no floor, but to the next candidate above it', () => {
    const registry = yanked().routes('40', { floor: '30' })
    expect(told(registry, { current: '40', proved: proved('10') })).toBe(
      'rollback 30: yanked (remedy_critical)',
    )
  })

  test('nowhere when no candidate is left: that is said, with the first refusal', () => {
    const registry = yanked().routes('40', { floor: '40' })
    expect(told(registry, { current: '40', proved: proved('10') })).toBe(
      'wait: remedy_unreachable (remedy_critical)',
    )
    expect(detail(registry, { current: '40', proved: proved('10') })).toBe(
      'ADV-1 says rollback, and there is no version to go to: 40 goes back to 40 at the oldest, not to 10',
    )
    const decision = aRack({ current: '40', minAgeMinutes: 30 }).asks(yanked().later(10))
    expect([decision.reason, decision.until]).toEqual(['remedy_unreachable', storyStart + 30 * minute])
  })

  test('nowhere, of a moderate yank too', () => {
    const registry = serving('10', '20').yanks('20').routes('20', { floor: '20' })
    expect(told(registry, { current: '20' })).toBe('wait: remedy_unreachable (remedy_moderate)')
  })

  test('waits for its hold, when only a better candidate was refused', () => {
    const registry = serving('10', '20', '30').yanks('30', { to: '10' }).routes('30', { floor: '20' })
    const rack = {
      current: '30',
      holds: [{ until: storyStart + day, owner: 'ada', reason: 'demo', origin: 'rack' as const }],
    }
    expect(told(registry, rack)).toBe('wait 20: held (remedy_moderate)')
  })

  test('forward to the base, when that is newer and the rollout itself may not go there', () => {
    const registry = serving('20').publishes('10').yanks('20').publishes('30').promotes('30').freezes()
    expect(told(registry, { current: '20' })).toBe('update 30: yanked (remedy_moderate)')
  })
})

describe('a remedy forward', () => {
  const yanked = (...more: string[]) =>
    serving('10', '20', ...more)
      .yanks('20', { remedy: 'forward' })
      .freezes()

  test('goes to what the channel serves', () => {
    expect(told(yanked('30'), { current: '20', proved: proved('10') })).toBe(
      'update 30: yanked (remedy_moderate)',
    )
  })

  test('goes to what the maintainer named, if the channel admits it', () => {
    const registry = serving('10', '20', '30', '40').publishes('25')
    expect(told(registry.yanks('20', { remedy: 'forward', to: '30' }).freezes(), { current: '20' })).toBe(
      'update 30: yanked (remedy_moderate)',
    )
    const elsewhere = serving('10', '20').publishes('30').yanks('20', { remedy: 'forward', to: '30' })
    expect(told(elsewhere, { current: '20' })).toBe('wait: remedy_unreachable (remedy_moderate)')
  })

  test('never back: it waits for a newer head, and says so', () => {
    expect(told(yanked(), { current: '20', proved: proved('10') })).toBe(
      'wait: remedy_unreachable (remedy_moderate)',
    )
    expect(detail(yanked(), { current: '20' })).toBe('ADV-1 says forward, and there is no version to go to')
    const named = serving('10', '20').yanks('20', { remedy: 'forward', to: '10' })
    expect(told(named, { current: '20' })).toBe('wait: remedy_unreachable (remedy_moderate)')
  })
})

describe('one move, not two', () => {
  const registry = (severity: 'critical' | 'moderate') => serving('10', '20', '30').yanks('20', { severity })
  const rack = { current: '20', proved: proved('10') }

  test('the rollout is the answer where its target is newer and may move now', () => {
    expect(told(registry('critical'), rack)).toBe('update 30: offered (rollout)')
    expect(told(registry('moderate'), rack)).toBe('update 30: offered (rollout)')
  })

  test.each<[string, (story: RegistryStory) => RegistryStory, Partial<RackFacts>, Partial<Conditions>]>([
    ['it is frozen', (story) => story.freezes(), {}, {}],
    ['it is outside of its window', (story) => story, {}, { window: { isFree: false, detail: 'at night' } }],
    ['it failed here', (story) => story, { failures: [{ target: '30', count: 1, lastAt: storyStart }] }, {}],
    ['its slots are taken', (story) => story, {}, { slots: { isFree: false, detail: 'all are taken' } }],
    ['the rack does not take it', (story) => story, { within: '<30' }, {}],
  ])('the remedy is, where %s', (_why, change, more, conditions) => {
    expect(told(change(registry('critical')), { ...rack, ...more }, { conditions })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
  })

  test('the base is newer as well, where the head may not be taken yet', () => {
    const story = serving('10', '20', '30', '40').yanks('20')
    const asking: Asking = {
      base: '30',
      conditions: { rollout: { state: 'running', isWaveOpen: false, detail: 'not yet' } },
    }
    expect(told(story, rack, asking)).toBe('update 30: offered (rollout)')
  })

  test('by way of a stone, if there is one', () => {
    const story = serving('10', '20', '25', '30').routes('25', { required: true }).yanks('20')
    const { target, destination, motive } = aRack(rack).asks(story)
    expect([motive, target?.version, destination?.version]).toEqual(['rollout', '25', '30'])
  })
})

describe('a recall', () => {
  const registry = () => serving('10', '20', '30', '40').reverts('20', { recall: true })

  test('sends back what runs above the head, up to what was left, and nothing else', () => {
    const answers = ['10', '20', '25', '30', '40', '41'].map((current) => told(registry(), { current }))
    expect(answers).toEqual([
      'update 20: offered (rollout)',
      'none: up_to_date (rollout)',
      'rollback 20: recalled (recall)',
      'rollback 20: recalled (recall)',
      'rollback 20: recalled (recall)',
      'none: ahead_of_channel (rollout)',
    ])
  })

  test('goes to the head of now, and is over for racks that the channel has come back to', () => {
    const story = registry().promotes('30')
    expect(told(story, { current: '40' })).toBe('rollback 30: recalled (recall)')
    expect(told(story, { current: '30' })).toBe('none: up_to_date (rollout)')
    expect(told(story, { current: '25' })).toBe('update 30: offered (rollout)')
  })

  test('calls nobody at the version that it went to, even when the channel goes further back', () => {
    const story = registry().reverts('10')
    expect(told(story, { current: '20' })).toBe('none: ahead_of_channel (rollout)')
    expect(told(story, { current: '30' })).toBe('rollback 10: recalled (recall)')
  })

  test('is none when the channel serves nothing any more', () => {
    const story = registry().yanks('10..20', { remedy: 'stay' })
    expect(told(story, { current: '40' })).toBe('wait: channel_empty (rollout)')
  })

  test('ignores whose wave of the rollout is open: it has its own', () => {
    const paused: Partial<Conditions> = { rollout: { state: 'paused', isWaveOpen: false, detail: 'paused' } }
    expect(told(registry(), { current: '40' }, { conditions: paused })).toBe('rollback 20: recalled (recall)')
  })

  test('goes to the base: a newer head that is on its way is for its own waves, and no place to be called from', () => {
    const story = registry().promotes('30', { rollout: rolloutPresets.canary })
    expect([story.channel().head, story.channel().base]).toEqual(['30', '20'])
    expect(told(story, { current: '40' })).toBe('rollback 20: recalled (recall)')
    expect(told(story, { current: '30' })).toBe('none: up_to_date (rollout)')
    story.completes('R-2')
    expect(told(story, { current: '40' })).toBe('rollback 30: recalled (recall)')
  })

  test('aligning recalls a single rack to the head, whatever it runs above it', () => {
    const story = serving('10').publishes('20').publishes('30')
    expect(told(story, { current: '30', isAligning: true })).toBe('rollback 10: recalled (recall)')
    expect(told(story, { current: '10', isAligning: true })).toBe('none: up_to_date (rollout)')
    expect(told(story, { current: '5', isAligning: true })).toBe('update 10: offered (rollout)')
    expect(told(story, { isAligning: true })).toBe('update 10: offered (bootstrap)')
  })

  test('says in the trace who calls', () => {
    const traced = (story: RegistryStory, rack: Partial<RackFacts>): string[] => {
      const trace: Trace = []
      aRack(rack).asks(story, { trace })
      return trace.filter(({ rule }) => rule === 'motive recall').map(({ detail }) => detail)
    }
    expect(traced(registry(), { current: '40', isAligning: true })).toEqual([
      'stable was reverted and calls its racks back: it is broken',
    ])
    expect(traced(serving('10').publishes('20'), { current: '20', isAligning: true })).toEqual([
      'the rack was switched to stable and aligns with it',
    ])
  })
})

describe('a first installation', () => {
  test('takes the base, not a head that is still rolling out', () => {
    expect(told(serving('10', '20'), {}, { base: '10' })).toBe('update 10: offered (bootstrap)')
  })

  test('waits while nothing is served', () => {
    expect(told(aRegistry().withApp('rack'), {})).toBe('wait: channel_empty (bootstrap)')
  })

  test('needs no way: nothing is jumped over, and no range to come from binds it', () => {
    const story = serving('10', '20', '30')
      .routes('20', { required: true })
      .routes('30', { requiresFrom: '20' })
    expect(told(story, {})).toBe('update 30: offered (bootstrap)')
  })

  test('needs a build for its platform', () => {
    const story = aRegistry()
      .withApp('rack')
      .publishes('10', { artifacts: [anArtifact({ platform: 'any' })] })
      .promotes('10')
    expect(told(story, { platform: 'plan9/mips' })).toBe('update 10: offered (bootstrap)')
    const other = aRegistry()
      .withApp('rack')
      .publishes('10', { artifacts: [anArtifact()] })
      .promotes('10')
    expect(told(other, { platform: 'plan9/mips' })).toBe('wait: unsupported_platform (bootstrap)')
  })
})

describe('following the channel', () => {
  test('a rack at the base answers with what keeps it from the head', () => {
    const halted: Partial<Conditions> = {
      rollout: { state: 'halted', isWaveOpen: false, detail: 'one failed' },
    }
    expect(told(serving('10', '20'), { current: '10' }, { base: '10', conditions: halted })).toBe(
      'wait 20: rollout_halted (rollout)',
    )
  })

  test('a rack below the base goes there, where the head may not be taken yet', () => {
    const closed: Partial<Conditions> = {
      rollout: { state: 'running', isWaveOpen: false, detail: 'not yet' },
    }
    expect(told(serving('10', '20', '30'), { current: '10' }, { base: '20', conditions: closed })).toBe(
      'update 20: offered (rollout)',
    )
    expect(told(serving('10', '20', '30'), { current: '10' }, { base: '20' })).toBe(
      'update 30: offered (rollout)',
    )
  })

  test('a rack at the base is told why it does not take the head', () => {
    const rack = { current: '10', within: '<20' }
    expect(told(serving('10', '20'), rack, { base: '10' })).toBe('wait: outside_constraint (rollout)')
  })

  test('of a head and a base that are both kept from it the head is told', () => {
    const conditions: Partial<Conditions> = {
      rollout: { state: 'running', isWaveOpen: false, detail: 'not yet' },
      window: { isFree: false, detail: 'at night' },
    }
    expect(told(serving('10', '20', '30'), { current: '10' }, { base: '20', conditions })).toBe(
      'wait 30: wave_not_open (rollout)',
    )
  })

  test('a rack whose wave is open moves', () => {
    const open = { state: 'running', isWaveOpen: true, detail: 'wave 2 of 3' } as const
    expect(told(serving('10', '20'), { current: '10' }, { base: '10', conditions: { rollout: open } })).toBe(
      'update 20: offered (rollout)',
    )
    const remedy = serving('10', '20').yanks('20')
    expect(told(remedy, { current: '20' }, { conditions: { remedy: open } })).toBe(
      'rollback 10: yanked (remedy_moderate)',
    )
  })

  test('a rack between base and head that may not go on waits for that', () => {
    const closed: Partial<Conditions> = {
      rollout: { state: 'running', isWaveOpen: false, detail: 'not yet' },
    }
    expect(told(serving('10', '20', '30'), { current: '20' }, { base: '10', conditions: closed })).toBe(
      'wait 30: wave_not_open (rollout)',
    )
  })

  test('is never moved back by what the channel serves', () => {
    const story = serving('10', '20').reverts('10')
    expect(told(story, { current: '20' })).toBe('none: ahead_of_channel (rollout)')
    expect(told(story, { current: '99' })).toBe('none: ahead_of_channel (rollout)')
  })

  test('a version that the registry has never seen is compared by order', () => {
    const story = serving('10', '20').yanks('15..17', { severity: 'critical' })
    expect(told(story, { current: '12' })).toBe('update 20: offered (rollout)')
    expect(told(story, { current: '21' })).toBe('none: ahead_of_channel (rollout)')
    expect(told(story.freezes(), { current: '16', proved: proved('10') })).toBe(
      'rollback 10: yanked (remedy_critical)',
    )
  })

  test('the same version in another spelling is the same version', () => {
    const story = aRegistry().withApp('rack', 'semver').serves('1.0.0', '1.2.0')
    expect(told(story, { current: 'v1.2.0' })).toBe('none: up_to_date (rollout)')
    expect(told(story, { current: 'v1.2.0', pins: [pinTo('1.2.0')] })).toBe('none: pinned (pin)')
    const fixed = story.yanks('1.1.0..1.3.0').publishes('1.3.0', { fixes: 'ADV-1' }).promotes('1.3.0')
    expect(told(fixed, { current: 'v1.3.0' })).toBe('none: up_to_date (rollout)')
    expect(told(fixed.freezes(), { current: 'v1.2.0' })).toBe('update 1.3.0: yanked (remedy_moderate)')
  })
})

test('a pinned rack that a critical withdrawal moves goes back; it is not carried to the newest head', () => {
  const registry = aRegistry()
    .withApp('rack')
    .serves('10', '20')
    .yanks('20', { severity: 'critical', remedy: 'rollback' })
  registry.serves('30')
  const proved = [{ version: '10', at: storyStart, parametersHold: true }]
  const pinned = aRack({
    current: '20',
    proved,
    pins: [{ version: '20', owner: 'ada', reason: 'audit', origin: 'rack' }],
  })
  const free = aRack({ current: '20', proved })
  expect(toldBy(pinned.asks(registry))).toMatchObject({
    motive: 'remedy_critical',
    action: 'rollback',
    target: '10',
  })
  expect(toldBy(free.asks(registry))).toMatchObject({ motive: 'rollout', action: 'update', target: '30' })
})
