/**
 * A policy tried on what a channel took in the past: which promotion would have waited, and for what. What people said is
 * taken as it was then, as far as it is still known; what racks have shown can only be counted as it is now.
 */
import type { PolicyTestBody } from '../../shared/contract/gates.ts'
import { type ChannelState, type HistoryEntry, historyOf } from '../../shared/domain/channel.ts'
import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { ChannelPolicy } from '../../shared/domain/policy.ts'
import type { Proposal } from '../../shared/domain/proposal.ts'
import { recordAt } from '../../shared/domain/release-record.ts'
import type { AppState } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'
import { verdictBodyOf } from './gate-bodies.ts'

/** As far back as a person looks. */
const mostTried = 100

export async function tryPolicy(
  registry: Registry,
  app: AppState,
  channel: ChannelState,
  policy: ChannelPolicy,
): Promise<PolicyTestBody> {
  const promotions: PolicyTestBody['promotions'] = []
  for (const entry of historyOf(channel)) {
    const { movement, version, at, previous } = entry
    const found = version === undefined ? undefined : app.releases.get(version)
    if (movement !== 'promoted' || !found || promotions.length === mostTried) continue
    const open = judgePromotion({
      app,
      channel: { ...channel, policy, head: previous?.version },
      release: { ...found, record: recordAt(found.record, at) },
      now: at,
      fleet: await registry.gather(channel, found.version),
      proposer: entry.actor,
      proposal: proposalOf(app, channel, entry),
    }).filter(({ outcome }) => outcome !== 'pass')
    promotions.push({
      version: found.version,
      at: toIso(at),
      outcome: worstOf(open),
      open: open.map(verdictBodyOf),
    })
  }
  return {
    app: app.name,
    channel: channel.name,
    policy: structuredClone(policy),
    racksCountedAt: toIso(registry.clock()),
    promotions,
  }
}

/** The proposal that the entry carried out: its approvals were given then. */
function proposalOf(
  app: AppState,
  { name }: ChannelState,
  { version, at }: HistoryEntry,
): Proposal | undefined {
  return [...app.proposals.values()].find(
    ({ proposed, closed }) =>
      proposed.kind === 'promote' &&
      proposed.channel === name &&
      proposed.version === version &&
      closed?.outcome === 'enacted' &&
      closed.at === at,
  )
}

function worstOf(open: readonly Verdict[]): Verdict['outcome'] {
  if (open.some(({ outcome }) => outcome === 'fail')) return 'fail'
  return open.length > 0 ? 'waiting' : 'pass'
}
