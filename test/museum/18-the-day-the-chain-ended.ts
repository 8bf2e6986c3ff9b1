// Certificates and signed metadata ended on a day that was written in them, and took down what hung on them.
// When: 4 May 2019; November 2021; 6 December 2018.
// Source: Mozilla, Expired-Certificate Technical Report; werf/trdl#102; Ericsson, statement of 6 December 2018.
import { forecast } from '../../shared/domain/forecast.ts'
import { day } from '../../shared/domain/instants.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { verdictOn } from '../support/gate-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theDayTheChainEnded: Exhibit = {
  id: '18-the-day-the-chain-ended',
  title: 'Firefox, trdl, Ericsson: the day the chain ended',
  when: '2019-05-04; 2021-11; 2018-12-06',
  sources: [
    'Mozilla Expired-Certificate Technical Report',
    'werf/trdl#102',
    '#239',
    'Ericsson statement of 2018-12-06',
  ],
  happened:
    'A certificate in the middle of a chain ended and disabled nearly every add-on of Firefox: its owners knew the date and believed that clients ignored it. A release tool served a signed timestamp that had ended three days before, and every pipeline failed. A certificate inside two versions of a network’s software ended, and with it the network.',
  mechanism: 'everybody knows their own link’s date, and nobody the first date of the chain',
  uncertain: 'the versions and the cause of the third are from its maker’s statement as it is quoted',
  peer: {
    name: 'a calendar for each certificate',
    rule: 'remind(owner, ownCertificate.endsAt - 30 days)',
    incident() {
      const chain = [
        { name: 'add-on', endsOn: 900, isWatched: true },
        { name: 'intermediate', endsOn: 400, isWatched: false },
        { name: 'root', endsOn: 4_000, isWatched: true },
      ]
      const reminders = chain.filter(({ isWatched }) => isWatched).map(({ endsOn }) => endsOn - 30)
      const stops = Math.min(...chain.map(({ endsOn }) => endsOn))
      const warned = reminders.some((at) => at <= stops)
      return happened(
        !warned,
        `it stopped on day ${stops}, and the first reminder was for day ${Math.min(...reminders)}`,
      )
    },
  },
  answer:
    'A thing ends with the first link of its chain that ends, and the forecast names that link, the day, what stops and for how many racks, a year before if asked; an end that nobody declared is unknown and comes first. What a rack sees counts against what was declared. A release may say until when it is valid, and the gate `lifetime` fails for one with too little left. What has ended never stops a rack from running what it proved.',
  heldBy: ['shared/domain/expiry.ts', 'shared/domain/forecast.ts', 'shared/domain/gates/release-gates.ts'],
  missing:
    'Signed metadata of Headgate’s own, its renewal, mirrors, and with them `metadata_expired` and an alarm on what a mirror still serves.',
  processes: {
    file: 'test/postmortems/jumpcloud-forecast.test.ts',
    test: 'the cliff is on no list of declared ends, and forecast names it on day 0',
  },
  holds(witness) {
    const registry = aRegistry().withApp('browser').serves('10')
    const { now } = registry
    const ends = now + 400 * day
    const lifetimes = [
      { name: 'add-ons', stops: 'every add-on', endsAt: now + 900 * day, of: ['intermediate', 'root'] },
      { name: 'intermediate', stops: 'what it signed', endsAt: ends },
      { name: 'root', stops: 'everything', endsAt: now + 4_000 * day },
    ]
    const racks = Array.from({ length: 9 }, (_, index) => ({
      app: 'browser',
      channel: 'stable',
      tokenExpiresAt: now + 2_000 * day,
      facts: aRack({ name: `rack-${index + 1}`, current: '20', lifetimes }).facts,
    }))
    const of = (what: string, told = racks, at = now) =>
      forecast(registry.state, told, { from: at, to: at + 500 * day }).ends.find(
        (thing) => thing.what === what,
      )
    const known = of('add-ons')
    witness.answered(known?.expiry.setBy ?? 'nothing', 'intermediate')
    witness.is('on its day', known?.expiry.at === ends)
    witness.is('what stops, and for whom', known?.stops === 'every add-on' && known.racks.count === 9)

    // Nobody said when the link ends: that is no "for ever", it is what is listed first.
    const undeclared = lifetimes.map(({ endsAt, ...one }) =>
      one.name === 'intermediate' ? one : { ...one, endsAt },
    )
    const unsaid = racks.map((rack) => ({
      ...rack,
      facts: aRack({ ...rack.facts, lifetimes: undeclared }).facts,
    }))
    const { ends: listed } = forecast(registry.state, unsaid, { from: now, to: now + 2_001 * day })
    const unknown = of('add-ons', unsaid)
    witness.is('unknown, though their own end is', unknown !== undefined && unknown.expiry.at === undefined)
    witness.answered(unknown?.expiry.setBy ?? 'nothing', 'intermediate')
    const isUnknown = listed.map(({ expiry }) => expiry.at === undefined)
    witness.is(
      'what is unknown comes before all dates',
      isUnknown.indexOf(false) > isUnknown.lastIndexOf(true),
    )
    // A rack sees another end than was declared: the earlier counts.
    const seenEndsAt = now + 30 * day
    const seen = lifetimes.map((one) => (one.name === 'intermediate' ? { ...one, seenEndsAt } : one))
    const [sees] = racks.map((rack) => ({ ...rack, facts: aRack({ ...rack.facts, lifetimes: seen }).facts }))
    witness.is('as it is seen', sees !== undefined && of('add-ons', [sees])?.expiry.at === seenEndsAt)

    // A certificate inside a version: whoever promotes it is told, and who runs it is counted.
    registry.publishes('20', { validUntil: ends }).promotes('20')
    const embedded = of('the validity of 20')
    witness.is('nine run it', embedded?.racks.count === 9 && embedded.expiry.at === ends)
    registry
      .withPolicy('stable', { lifetime: { minRemainingDays: 30 } })
      .publishes('30', { validUntil: now + 20 * day })
    witness.judged(verdictOn(registry, '30', 'lifetime'), 'lifetime: fail')

    // The day after: it is listed still, and the racks run what they proved.
    witness.is('what ended is not dropped', of('add-ons', racks, ends + day)?.expiry.at === ends)
    const proved = [{ version: '20', at: now, parametersHold: true }]
    witness.told(
      aRack({ current: '20', proved, lifetimes }).asks(registry, { at: ends + day }),
      'none: up_to_date',
    )
  },
}
