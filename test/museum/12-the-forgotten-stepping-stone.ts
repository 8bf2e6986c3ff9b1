// A rack updated past a release that everybody had to step on; the update failed, and so did its way back.
// When: 11 April 2017.
// Source: convox/rack#2142 and #2209; siblings: coreos/fedora-coreos-streams#1202 and #33, fedora-coreos-docs#426.
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const [old, stone, head] = ['20170202012654', '20170306140228', '20170405220740'] as const
const mended = '20170306150000'

export const theForgottenSteppingStone: Exhibit = {
  id: '12-the-forgotten-stepping-stone',
  title: 'Convox: the forgotten stepping stone',
  when: '2017-04-11',
  sources: ['convox/rack#2142', '#2209', 'coreos/fedora-coreos-streams#1202', '#33'],
  happened:
    'A rack went from 20170202012654 to 20170405220740 in one step; the update of its stack failed, and so did the way back. By way of 20170306140228 it worked. The product knows required releases, and this one was not marked.',
  mechanism: 'the mark is part of what is published, so that one that was forgotten cannot be set',
  uncertain: 'that the mark was forgotten is what a commenter thinks possible',
  peer: {
    name: 'required releases that are marked when they are published',
    rule: 'next = releases.find(r => r > current && r.required) ?? newest; published releases never change',
    incident() {
      const releases = Object.freeze([old, stone, head].map((id) => Object.freeze({ id, required: false })))
      const next = (current: string) =>
        releases.find(({ id, required }) => id > current && required)?.id ?? releases.at(-1)?.id ?? current
      const breaks = (from: string, to: string) => from < stone && to > stone
      // One rack has failed, everybody knows why, and the nine others ask.
      const broken = Array.from({ length: 10 }, () => next(old)).filter((to) => breaks(old, to)).length
      return happened(
        broken === 10,
        `${broken} of 10 racks were sent over it, the nine after the first as well`,
      )
    },
  },
  answer:
    'Who has to step where is no part of the release but a governed fact with an actor and a reason, which can be set afterwards: from then on racks go by way of the stone. A stone that is withdrawn stays one until it is replaced or declared skippable; racks below it wait and are told why.',
  heldBy: ['shared/domain/commands/release.ts', 'shared/domain/path.ts'],
  missing:
    'Signatures over the fact. And a hint: after one rack got stuck on a jump over several releases nobody suggests which of them may be the stone.',
  holds(witness) {
    const registry = aRegistry().withApp('rack').serves(old, stone, head)
    const racks = Array.from({ length: 10 }, (_, n) => aRack({ name: `prod-${n + 1}`, current: old }))
    const [first, ...others] = racks
    if (!first) throw new Error('ten racks')
    witness.told(first.asks(registry), `update ${head}: offered`)
    const stuck = aRack({ ...first.facts, failures: [{ target: head, count: 1, lastAt: registry.now }] })
    witness.told(stuck.asks(registry), `wait ${head}: failed_here`)

    const before = JSON.stringify(registry.release(stone).content)
    registry.as('token:bo').routes(stone, { required: true })
    const [event] = registry.events.slice(-1)
    witness.answered(`${event?.type} by ${event?.actor}`, 'release.routed by token:bo')
    witness.is('the release is what it was', JSON.stringify(registry.release(stone).content) === before)
    for (const rack of others) {
      const told = rack.asks(registry)
      witness.told(told, `update ${stone}: offered`)
      witness.is('it leads to the head', told.destination?.version === head)
    }
    // Also the one that failed: it failed at the jump, not at the stone.
    witness.told(stuck.asks(registry), `update ${stone}: offered`)
    witness.told(aRack({ current: stone }).asks(registry), `update ${head}: offered`)

    // The stone itself is withdrawn: nobody jumps over it for that.
    registry.yanks(stone, { remedy: 'stay' })
    const waiting = others[0]?.asks(registry)
    if (!waiting) throw new Error('nine racks')
    witness.told(waiting, 'wait: no_path')
    witness.is('it is told which', waiting.detail.includes(stone))
    witness.told(aRack({ current: stone }).asks(registry), `update ${head}: offered`)
    witness.refused(() => registry.routes(stone, { replacedBy: stone }), 'yanked')

    registry.publishes(mended, {}).routes(stone, { replacedBy: mended })
    for (const rack of others) witness.told(rack.asks(registry), `update ${mended}: offered`)
    // Or somebody says that it need not be stepped on after all.
    registry.yanks(mended, { remedy: 'stay' })
    witness.told(others[0] ? others[0].asks(registry) : waiting, 'wait: no_path')
    registry.routes(stone, { skippable: true })
    for (const rack of others) witness.told(rack.asks(registry), `update ${head}: offered`)
  },
}
