// Data reached every region within seconds and crashed what read it; restarted at once, all of it overloaded its store.
// When: 12 June 2025.
// Source: Google Cloud, incident report ow5i3PPK96RduMcb1SsW.
import { isDecision } from '../../cli/agent/judge-decision.ts'
import { afterRound, calm } from '../../cli/agent/rhythm.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 100_000
const outageSeconds = 3_600

/** The most questions in one second after the outage, of racks that were all cut off in the same second. */
function fullestSecond(waitsAfter: (round: number, chance: number) => number, chance: () => number): number {
  const asked = new Map<number, number>()
  for (let rack = 0; rack < racks; rack += 1) {
    let at = 0
    for (let round = 1; at < outageSeconds; round += 1) at += waitsAfter(round, chance())
    const second = Math.floor(at)
    asked.set(second, (asked.get(second) ?? 0) + 1)
  }
  return Math.max(...asked.values())
}

function dice(): () => number {
  let seed = 20250612
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const everybodyAtOnce: Exhibit = {
  id: '22-everybody-at-once',
  title: 'Google Service Control: everybody at once',
  when: '2025-06-12',
  sources: ['status.cloud.google.com ow5i3PPK96RduMcb1SsW'],
  happened:
    'Code was brought out region by region, and what it would do with a blank field was tried by nobody; two weeks later a policy with blank fields was in every region within seconds, and the tasks crashed. As they restarted they overloaded the store behind them, for their waiting had no randomness.',
  mechanism: 'data goes where code may not, and a herd that fell together comes back together',
  uncertain: 'the report was read in excerpts',
  peer: {
    name: 'a client that retries',
    rule: 'on failure: sleep(min(2 ** n, 60)); retry',
    incident() {
      const most = fullestSecond((round) => Math.min(2 ** round, 60), dice())
      return happened(most === racks, `${most} of ${racks} asked in the same second after the outage`)
    },
  },
  answer:
    'An answer with a blank where something belongs is no answer: the rack keeps what it runs. Whoever hears nothing waits ever longer, each time for a random part of it, and also spreads what it is told by Retry-After; so a hundred thousand racks that fell in one second come back over a quarter of an hour.',
  heldBy: ['cli/agent/rhythm.ts', 'cli/agent/judge-decision.ts'],
  missing: 'A change of policy is enacted at once for its whole channel; racks meet it at their next check.',
  processes: {
    file: 'test/cli/agent/agent-weather.test.ts',
    test: 'an agent outlives every bad registry, keeps what runs, and takes what the good one offers',
  },
  holds(witness) {
    const waits = (retryAfterSeconds: number | undefined) => (round: number, chance: number) =>
      afterRound({ ...calm, silences: round - 1 }, { kind: 'silent', retryAfterSeconds }, chance).seconds
    const most = fullestSecond(waits(undefined), dice())
    witness.is(`the fullest second has ${most} of them`, most < racks / 300)
    const told = fullestSecond(waits(outageSeconds), dice())
    witness.is(`and of those who were told a time ${told}`, told < racks / 100)
    witness.answered(
      most < racks / 300 ? 'spread over a quarter of an hour' : 'a herd',
      'spread over a quarter of an hour',
    )

    const good = {
      action: 'update',
      reason: 'offered',
      motive: 'rollout',
      detail: '10 → 20',
      app: 'quota',
      channel: 'stable',
      rack: 'prod-1',
      scheme: 'timestamp',
      current: '10',
      destination: '20',
      target: { version: '20', artifact: null, floor: null },
      until: null,
      askAgainSeconds: 300,
      advisories: [],
      revision: 1,
      ledgerSequence: 1,
    }
    witness.is('this one is an answer', isDecision(good))
    const blank = Object.keys(good).filter((key) => isDecision({ ...good, [key]: undefined }))
    witness.answered(blank.length === 0 ? 'bad_answer' : `acted on without ${blank}`, 'bad_answer')
    for (const version of ['', ' ', null, undefined])
      witness.is('a blank version is none', !isDecision({ ...good, target: { ...good.target, version } }))
  },
}
