/** Lifting a yank. Withdrawing stops, which anybody may do at once; taking it back goes on, which is gated. */
import type { LedgerEvent } from '../events.ts'
import { describeScope, freezeOnAny } from '../freeze.ts'
import { Problem } from '../problem.ts'
import { type Proposed, sameProposal } from '../proposal.ts'
import { type AppState, findApp, type State } from '../state.ts'
import type { Yank } from '../yank.ts'
import { type CommandContext, eventOf } from './command.ts'
import { nextProposalId } from './promote.ts'
import { approvalsToLift, channelsServing } from './proposals.ts'

export interface LiftYank {
  readonly app: string
  readonly advisory: string
  readonly reason: string
}

/** Heads that fell back stay where they are: to serve the release again is a promotion. */
export function liftYank(state: State, input: LiftYank, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { id: yank, lifted } = findYank(app, input.advisory)
  if (lifted) return []
  refuseFrozen(state, app, yank, context.now)
  const asked = approvalsToLift(app, yank)?.count ?? 0
  if (asked === 0) return [eventOf('yank.lifted', context, { app: app.name, yank }, input.reason)]
  const proposed: Proposed = { kind: 'unyank', advisory: yank }
  if (sameProposal(app, proposed)) return []
  const proposal = nextProposalId(app)
  return [
    eventOf(
      'proposal.opened',
      context,
      { app: app.name, proposal, proposed, revision: 0, whenReady: true },
      input.reason,
    ),
  ]
}

/** Raises `advisory_not_found`. */
export function findYank(app: AppState, advisory: string): Yank {
  const yank = app.yanks.get(advisory)
  if (yank) return yank
  throw new Problem('advisory_not_found', `The app ${app.name} has no advisory ${advisory.slice(0, 64)}.`, {
    hint: `headgate advisory list --app ${app.name}`,
  })
}

function refuseFrozen(state: State, app: AppState, yank: string, now: number): void {
  const freeze = freezeOnAny(state, app, channelsServing(app, yank), now)
  if (!freeze) return
  throw new Problem(
    'frozen',
    `Frozen is ${describeScope(freeze)}, by ${freeze.actor}: ${freeze.reason}. Nothing that was stopped goes on meanwhile.`,
    { hint: 'headgate freeze --list' },
  )
}
