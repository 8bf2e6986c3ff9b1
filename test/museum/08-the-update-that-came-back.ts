// An owner went back by hand from a release that broke his machine, and the updater installed it again.
// When: 30 April 2025 (Fedora CoreOS); January 2021 (Argo CD).
// Source: coreos/fedora-coreos-tracker#1938 and #247; zincati, read in its source; argoproj/argo-cd#5351 and #9570.
import type { Attempt } from '../../cli/agent/attempt.ts'
import { ordersOf } from '../../cli/agent/rack-report.ts'
import {
  newRackState,
  type RackState,
  remember,
  withChangeBeside,
  withNothingSeen,
} from '../../cli/agent/rack-state.ts'
import { standingsOf } from '../../shared/domain/fleet-standing.ts'
import { hour } from '../../shared/domain/instants.ts'
import { outsideAfter } from '../../shared/domain/outside.ts'
import type { Origin, Pin, RackFacts } from '../../shared/domain/rack.ts'
import { aRack, aRegistry, storyStart as now } from '../support/builders.ts'
import { aPicture } from '../support/rack-picture.ts'
import { type Exhibit, happened } from './exhibit.ts'

/** A rack that has proved 10 and then 20. */
const remembers: RackState = {
  ...newRackState('stable'),
  scheme: 'timestamp',
  seen: { channel: 'stable', revision: 2, ledgerSequence: 9 },
  runs: '20',
  proved: ['20', '10'].map((version) => ({ version, at: now, floor: null })),
}

/** `headgate rollback`, proved. */
const personsRollback: Attempt = {
  id: 'A-1',
  input: {
    from: '20',
    to: '10',
    action: 'rollback',
    motive: 'person',
    reason: 'it broke docker',
    artifact: null,
    floor: null,
    revision: null,
    pin: null,
    bar: { above: '10', upTo: '20' },
  },
  state: 'proved',
  startedAt: now,
  at: now,
  n: 7,
  artifactFile: null,
  processes: [],
  baseline: null,
  proof: null,
  remark: null,
  resumptions: 0,
  trouble: null,
  lastTrouble: null,
  severity: null,
  lines: [],
}

/** What it says of itself, as a registry hears it. */
function factsOf(state: RackState): Partial<RackFacts> {
  const { bar } = ordersOf(state)
  return { current: state.runs ?? undefined, ...(bar && { bar }) }
}

export const theUpdateThatCameBack: Exhibit = {
  id: '08-the-update-that-came-back',
  title: 'Zincati and Argo CD: the update that came back',
  when: '2025-04-30; 2021-01',
  sources: ['coreos/fedora-coreos-tracker#1938', '#247', 'argoproj/argo-cd#5351', '#9570'],
  happened:
    "A release broke docker, its owner went back with the system's own command, the agent noted that the bad release was to be left out, and installed it again. In Argo CD a rollback switches the automatic sync off; the next change of the declaring repository switched it on, and the broken version came back.",
  mechanism:
    'that somebody went back is not remembered, or not where the updater looks, or a file overwrites it',
  peer: {
    name: 'an agent that leaves out what lies on its disk',
    rule: 'on start: denied = versionsOnDisk() - running; offers.find(v => !denied.has(v))',
    incident() {
      const disk = new Set(['10', '20'])
      let running = '20'
      const startUp = () => new Set([...disk].filter((version) => version !== running))
      const denied = startUp()
      // A person goes back. The list was made when the agent started.
      running = '10'
      const next = ['20'].find((version) => version > running && !denied.has(version))
      return happened(next === '20', `it ran ${running} by its owner's hand, and was given ${next} again`)
    },
  },
  answer:
    'Going back bars everything from there up to what was left, until something newer is offered or a person says retry: also when the version was changed without Headgate, which is noticed, said and not undone. Who declares what in a file cannot clear it; of orders given here and at the registry the stricter one stands.',
  heldBy: [
    'shared/domain/admission.ts',
    'shared/domain/rack.ts',
    'shared/domain/outside.ts',
    'cli/agent/rack-state.ts',
    'server/fleet/enroll.ts',
  ],
  processes: {
    file: 'test/journeys/changed-outside.test.ts',
    test: 'four of five racks are changed by hand: one alarm, over a restart',
  },
  holds(witness) {
    const registry = aRegistry().withApp('os').serves('10', '20')
    const fixed = aRegistry().withApp('os').serves('10', '20', '30')

    // Somebody goes back with the product's own command; the agent looks, and nothing of Headgate explains it.
    const found = withChangeBeside(remembers, '10', now)
    const byHand = aRack(factsOf(found))
    witness.told(byHand.asks(registry), 'wait: rolled_back_here')
    witness.told(byHand.asks(fixed), 'update 30: offered')
    const standing = { proved: [], isInAttempt: false }
    const before = { ...standing, current: '20' }
    const after = { ...standing, current: '10', ...(found.outside && { outside: found.outside }) }
    const outside = outsideAfter(undefined, before, after, now)
    witness.is('the rack has the word', outside?.saidBy === 'rack')
    witness.answered(standingsOf(aPicture(byHand.facts, { outside })).join(', '), 'changed_outside')
    // An older agent does not say so: then the registry notices it by itself.
    const noticed = outsideAfter(undefined, before, { ...standing, current: '10' }, now)
    witness.is('the registry has', noticed?.saidBy === 'registry')

    // A person's rollback; its files are pruned, the agent starts anew, the rack is enrolled again.
    const wentBack = remember(remembers, personsRollback)
    const restarted: RackState = JSON.parse(JSON.stringify(wentBack))
    for (const state of [restarted, withNothingSeen(restarted, 'stable', now)]) {
      witness.told(aRack(factsOf(state)).asks(registry), 'wait: rolled_back_here')
      witness.told(aRack(factsOf(state)).asks(fixed), 'update 30: offered')
    }
    // Its directory is lost with the machine: the registry remembers it by the name of the rack.
    const empty: RackState = { ...remembers, runs: '10', proved: [] }
    const anew = withNothingSeen(empty, 'stable', now, ordersOf(wentBack).bar)
    witness.told(aRack(factsOf(anew)).asks(registry), 'wait: rolled_back_here')

    // Orders of both sides: neither clears the other's, the stricter one stands, and it is said whose it is.
    const holds = [
      { until: now + hour, owner: 'ada', reason: 'asleep', origin: 'rack' },
      { until: now + 4 * hour, owner: 'bo', reason: 'audit', origin: 'registry' },
    ] as const
    const held = aRack({ current: '10', holds })
    const told = held.asks(registry)
    witness.told(told, 'wait 20: held')
    witness.is('by the longer one', told.until === now + 4 * hour && told.detail.includes('bo'))
    const turned = aRack({ current: '10', holds: holds.toReversed() }).asks(registry)
    witness.is('in whatever order they are listed', turned.until === told.until)
    witness.told(held.asks(registry, { at: now + 2 * hour }), 'wait 20: held')

    const order = (version: string, origin: Origin): Pin => ({
      version,
      owner: 'ada',
      reason: 'audit',
      origin,
    })
    for (const pins of [
      [order('10', 'rack'), order('20', 'registry')],
      [order('20', 'rack'), order('10', 'registry')],
    ])
      witness.told(aRack({ current: '10', pins }).asks(registry), 'none: pinned')
  },
}
