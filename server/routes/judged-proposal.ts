/** A proposal with its gates as they stand now: what people look at before they say their word. */
import type { ProposalBody } from '../../shared/contract/gates.ts'
import { findProposal, judgeProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { isOpen, type Proposal } from '../../shared/domain/proposal.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'
import { proposalBodyOf } from './gate-bodies.ts'

/** Read before anything is decided: a command cannot wait for the database. */
export async function evidenceFor(
  { gather }: Registry,
  app: AppState,
  proposal: Proposal,
): Promise<FleetEvidence | undefined> {
  const { proposed } = proposal
  if (proposed.kind !== 'promote' || !isOpen(app, proposal)) return undefined
  const channel = app.channels.get(proposed.channel)
  return channel && gather(channel, proposed.version)
}

/** With the gates of an open one; a proposal that is over was judged when it ended, and the ledger has that. */
export function proposalIn(
  { clock }: Registry,
  state: State,
  { app: name, proposal: id }: { readonly app: string; readonly proposal: string },
  { fleet, isDryRun = false }: { readonly fleet?: FleetEvidence | undefined; readonly isDryRun?: boolean },
): ProposalBody {
  const app = findApp(state, name)
  const proposal = findProposal(app, id)
  const verdicts = isOpen(app, proposal) ? judgeProposal(app, proposal, clock(), fleet) : []
  return proposalBodyOf(app, proposal, { verdicts, isDryRun })
}

export async function proposalNow(
  registry: Registry,
  app: AppState,
  proposal: Proposal,
): Promise<ProposalBody> {
  const fleet = await evidenceFor(registry, app, proposal)
  return proposalIn(registry, registry.ledger.state, { app: app.name, proposal: proposal.id }, { fleet })
}
