// A ramp of two days was to begin at 0 %, and began at 100 %: its start was a year too early.
// When: 23 September 2020.
// Source: coreos/fedora-coreos-streams#183, commits 20e89e3 and e40d517.
import { day, hour, minute } from '../../shared/domain/instants.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const now = Date.UTC(2020, 8, 23, 14, 30)
const typed = Date.UTC(2019, 8, 23, 14, 30)

export const theYear2019: Exhibit = {
  id: '09-the-year-2019',
  title: 'Fedora CoreOS: the year 2019',
  when: '2020-09-23',
  sources: ['coreos/fedora-coreos-streams#183', 'commit e40d517'],
  happened:
    'A rollout over 48 hours was to begin with nobody. Its start was typed a year too early, so the ramp was long over: everybody was offered the release at once. A user noticed that all of his servers updated together; two hours later it was mended.',
  mechanism: 'a date in the past is a ramp that is through, and nobody asks whether it was meant',
  peer: {
    name: 'a ramp by the clock',
    rule: 'percent = clamp((now - start) / duration)',
    incident() {
      const percent = Math.min(1, Math.max(0, (now - typed) / (48 * hour))) * 100
      return happened(percent === 100, `${percent} % of the racks were open in the first minute`)
    },
  },
  answer:
    'A start that is past or absurd is refused with the arithmetic, whatever else is right; waves open by what racks have shown and never by the clock alone. The same rule stands at every date: freezes, holds, pins.',
  heldBy: ['shared/domain/instants.ts', 'shared/domain/commands/promotion-rollout.ts'],
  holds(witness) {
    const registry = aRegistry().withApp('fcos')
    registry.later((now - registry.now) / minute).serves('10')
    registry.publishes('20')
    const rollout = rolloutPresets.staged
    const past = witness.refused(() => registry.promotes('20', { rollout, notBefore: typed }), 'invalid_date')
    witness.is('the arithmetic is said', /366|365/.test(past.message))
    witness.refused(() => registry.promotes('20', { rollout, notBefore: now + 4000 * day }), 'invalid_date')
    witness.is('nobody was offered anything', registry.channel().head === '10')
    witness.refused(() => registry.freezes({ until: typed }), 'invalid_date')
  },
}
