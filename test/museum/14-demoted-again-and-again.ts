// Firmware that had been set right was demoted again and again, for failures from before.
// When: August 2019 to January 2020.
// Source: fwupd/lvfs-website-archived#383, #404, #420, #421 and #482; Logitech/fw_updates#38.

import type { FleetEvidence, RackFailure } from '../../shared/domain/fleet-evidence.ts'
import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { causeOf } from '../../shared/domain/release-record.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry, type RegistryStory } from '../support/builders.ts'
import { aFleet, type FleetStory, type Showing } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const [step, message] = ['settling', 'proxy answered 407']
const cause = causeOf(step, message)

/** Three racks that returned, by what the client did wrong. */
function returnedOn(names: readonly string[]): Readonly<Record<string, Showing>> {
  const attempt = { outcome: 'returned', step, message }
  return Object.fromEntries(names.map((name) => [name, { attempt }]))
}

/** All at once, and one failure in ten is tolerated. */
const rollout = {
  ...rolloutPresets['at-once'],
  waves: [{ share: 'rest', soakMinutes: 60, failures: { maxFailed: 0, percent: 10 } }],
} as const

function verdictOf(registry: RegistryStory, failures: readonly RackFailure[]): Verdict | undefined {
  const shown = { racks: 20, running: 3, provedPlatforms: ['any'], soakedMinutes: [], failures }
  const fleet: FleetEvidence = {
    at: registry.now,
    targetPlatforms: [],
    feeder: { channel: 'unstable', ...shown },
    isArtifactMissing: () => false,
  }
  const [channel, release] = [registry.channel(), registry.release('20')]
  const verdicts = judgePromotion({ app: registry.app, channel, release, now: registry.now, fleet })
  return verdicts.find(({ gate }) => gate === 'failures')
}

export const demotedAgainAndAgain: Exhibit = {
  id: '14-demoted-again-and-again',
  title: 'LVFS: demoted again and again',
  when: '2019-08 to 2020-01',
  sources: ['fwupd/lvfs-website-archived#383', '#420', '#482', 'Logitech/fw_updates#38'],
  happened:
    'Firmware with enough failed reports was moved to a private place and was simply gone for those who looked for it. One that had been set right was demoted anew each time: old reports, hardware from before production and a mistake of the client, long mended, were counted again. The remedies were a window of time, named issues that do not count, and limits of its own for each.',
  mechanism: 'every failure that was ever reported counts, whatever was done about it since',
  peer: {
    name: 'a rate over all reports',
    rule: 'failed = reports.filter(isFailure).length; if (failed >= limit) demote(firmware)',
    incident() {
      const limit = 3
      const reports: { at: number; isFailure: boolean }[] = []
      for (let at = 0; at < 3; at += 1) reports.push({ at, isFailure: true })
      let demotions = 0
      // Somebody looks into it, the client is mended, it is promoted, and from then on it only succeeds.
      for (let round = 0; round < 4; round += 1) {
        if (reports.filter(({ isFailure }) => isFailure).length >= limit) demotions += 1
        reports.push({ at: 10 + round, isFailure: false })
      }
      return happened(demotions > 1, `three failures from before demoted it ${demotions} times`)
    },
  },
  answer:
    'Failures count from the promotion that is looked at, once for each rack, and a later success replaces one. Whoever resumes names the causes that were looked into: told again on the same rack they are nothing new. A second person may name a cause as a known issue, which is shown and not counted. Lost data always counts.',
  heldBy: [
    'shared/domain/rollout-gates.ts',
    'shared/domain/gates/fleet-gates.ts',
    'shared/domain/commands/rollout.ts',
  ],
  missing:
    'Failures do not age out by themselves: it takes a promotion, a success, or a person who names the cause.',
  holds(witness) {
    const registry = aRegistry().withApp('dock').serves('10').as('token:ci').publishes('20').as('token:ada')
    registry.promotes('20', { rollout })
    const fleet: FleetStory = aFleet(registry, { count: 20, current: '10' })
    fleet.isPlanned('R-1').shows('R-1', {})
    const names = fleet.racks.map(({ facts }) => facts.name)
    const three = returnedOn(names.slice(0, 3))
    fleet.shows('R-1', three)
    witness.answered(registry.rollout('R-1').state, 'halted')

    // To go on takes the word of somebody who has seen the cause; told again by the same racks it is nothing new.
    const counts = fleet.count('R-1', three)
    witness.refused(() => registry.resumes('R-1', [], counts), 'failures_unacknowledged')
    registry.resumes('R-1', [cause], counts)
    fleet.shows('R-1', three)
    witness.answered(registry.rollout('R-1').state, 'running')
    // On other racks it is.
    const six = returnedOn(names.slice(0, 6))
    fleet.shows('R-1', six)
    witness.answered(registry.rollout('R-1').state, 'halted')

    // A second person names it: shown, and not counted, on whatever rack.
    witness.refused(() => registry.as('token:ci').knows('20', cause), 'self_approval')
    registry.as('token:bo').knows('20', cause).resumes('R-1', [], fleet.count('R-1', six))
    fleet.shows('R-1', six)
    witness.answered(registry.rollout('R-1').state, 'running')
    witness.is('they are shown', fleet.count('R-1', six).waves[0]?.failures.length === 6)

    // Reverted, it is where everybody finds it; promoted again, it begins anew.
    registry.reverts('10', { reason: 'until the client is mended' })
    witness.answered(registry.rollout('R-1').state, 'reverted')
    witness.is('it is head of unstable still', registry.channel('unstable').head === '20')
    witness.is('and is told with its record', registry.release('20').record.knownIssues.length === 1)
    witness.told(fleet.asks(names[9] ?? ''), 'none: up_to_date')
    registry.later(60).promotes('20', { rollout })
    fleet.isPlanned('R-2').shows('R-2', {})
    witness.answered(registry.rollout('R-2').state, 'running')
    witness.told(fleet.asks(names[9] ?? ''), 'update 20: offered')

    // The gate of the next channel: what failed in the feeder before its newest promotion there does not count.
    const gated = aRegistry()
      .withApp('dock')
      .serves('10')
      .withPolicy('stable', { failures: { maxFailed: 0, percent: 10 } })
      .publishes('20')
    const failed = names
      .slice(0, 3)
      .map((rack): RackFailure => ({ rack, at: gated.now + 1, cause, message, isDataLoss: false }))
    witness.judged(verdictOf(gated.later(10), failed), 'failures: fail')
    gated.reverts('10', { channel: 'unstable' }).later(10).promotes('20', { to: 'unstable' })
    const anew = verdictOf(gated, failed)
    witness.judged(anew, 'failures: pass')
    witness.is('they are listed', anew?.numbers?.earlier === 3)
    const again = failed.map((one) => ({ ...one, at: gated.now + 1 }))
    witness.judged(verdictOf(gated.later(10), again), 'failures: fail')
    const loss = failed.slice(0, 1).map((one) => ({ ...one, isDataLoss: true }))
    witness.judged(verdictOf(gated, loss), 'failures: fail')
  },
}
