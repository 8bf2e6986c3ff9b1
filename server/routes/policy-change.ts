/**
 * What a policy would change if it were in force: the gates of what waits, what would carry itself out at once, and with
 * that what racks are told. Folded on a state of its own; nothing of it is recorded.
 */
import type { PolicyChangeBody } from '../../shared/contract/gates.ts'
import { eventOf } from '../../shared/domain/commands/command.ts'
import { enactProposal, judgeProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import type { ChannelPolicy } from '../../shared/domain/policy.ts'
import { openProposals, type Proposal } from '../../shared/domain/proposal.ts'
import { type AppState, findApp, findChannel, forkState, type State } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'
import { verdictBodyOf } from './gate-bodies.ts'
import { toldIn } from './told.ts'

export interface Waiting {
  readonly proposal: Proposal
  readonly version: string
  readonly fleet: FleetEvidence
}

export interface PolicyAsked {
  readonly app: string
  readonly channel: string
  readonly policy: ChannelPolicy
}

type Change = Pick<PolicyChangeBody, 'proposals' | 'decisions'>

const mostListed = 50

/** The open promotions to the channel with the numbers of the racks, read before anything is decided. */
export async function waitingOn(registry: Registry, app: AppState, channel: string): Promise<Waiting[]> {
  const found = findChannel(app, channel)
  const waiting: Waiting[] = []
  for (const proposal of openProposals(app)) {
    const { proposed } = proposal
    if (proposed.kind !== 'promote' || proposed.channel !== channel) continue
    const { version } = proposed
    waiting.push({ proposal, version, fleet: await registry.gather(found, version) })
  }
  return waiting
}

/** Newest first, as the clock looks at them: of two that are ready one is carried out, and the other is overtaken. */
export function changeBy(registry: Registry, asked: PolicyAsked, waiting: readonly Waiting[]): Change {
  const before = registry.ledger.state
  const now = registry.clock()
  const context = { now, actor: 'registry' }
  const after = foldEvents(forkState(before), [eventOf('policy.changed', context, asked)])
  const proposals = waiting.map(({ proposal, version, fleet }) => {
    const named = { app: asked.app, proposal: proposal.id }
    const verdicts = (state: State) =>
      judgeProposal(findApp(state, asked.app), proposal, now, fleet).map(verdictBodyOf)
    const gates = { before: verdicts(before), after: verdicts(after) }
    const enacted = proposal.whenReady ? enactProposal(after, named, context, fleet) : []
    foldEvents(after, enacted)
    return { id: proposal.id, version, ...gates, isCarriedOut: enacted.length > 0 }
  })
  return { proposals, decisions: decisionsOn(registry, asked, after) }
}

/** A policy reaches the racks that follow the channel, and those of its feeder, which may be waiting for a soak. */
function decisionsOn(registry: Registry, { app, channel }: PolicyAsked, after: State): Change['decisions'] {
  const { from } = findChannel(findApp(after, app), channel)
  const racks = registry.fleet.index
    .ofApp(app)
    .filter(({ row }) => row.channel === channel || row.channel === from)
  let changed = 0
  const listed: Change['decisions']['racks'] = []
  for (const rack of racks) {
    const [was, is] = [toldIn(registry, registry.ledger.state, rack), toldIn(registry, after, rack)]
    if (was.action === is.action && was.reason === is.reason && was.target === is.target) continue
    changed += 1
    if (listed.length < mostListed)
      listed.push({ rack: rack.row.name, channel: rack.row.channel, before: was, after: is })
  }
  return { asked: racks.length, changed, racks: listed }
}
