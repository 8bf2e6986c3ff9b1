/** Acts that order rollouts record their plans and first waves with them, so that a plan that cannot be is refused with the act. */
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { orderedIn } from '../../shared/domain/commands/rollout.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'

export type Decide = (state: State, context: CommandContext) => readonly LedgerEvent[]

type Deps = Pick<Registry, 'ledger' | 'rollouts' | 'clock'>

export interface Followed {
  readonly decide: Decide
  /** Why what was ordered is not planned with it. */
  readonly complaint?: string
}

/** The act with what follows from it. Raises `rollout_unsatisfiable`; what else is wrong with it is told when it is recorded. */
export async function withFollowUps(
  { ledger, rollouts, clock }: Deps,
  actor: string,
  decide: Decide,
): Promise<Followed> {
  const events = decidedNow(decide, ledger.state, { now: clock(), actor })
  const { events: more, complaint } = await rollouts.followUps(events, actor)
  if (more.length === 0) return { decide, ...(complaint !== undefined && { complaint }) }
  const planned = ordersIn(events)
  return {
    decide(state, context) {
      const decided = decide(state, context)
      // Somebody else ordered one meanwhile: the registry plans this one as soon as it looks.
      if (ordersIn(decided) !== planned) return decided
      return [...decided, ...more.map((event) => ({ ...event, at: context.now }))]
    },
  }
}

/**
 * What stops is recorded at once, however many racks there are: a large fleet's way back is planned by the next look. A dry run
 * stops nothing, and shows the plan.
 */
export async function withPromptFollowUps(
  deps: Deps,
  { actor, isDryRun }: { readonly actor: string; readonly isDryRun: boolean },
  decide: Decide,
): Promise<Decide> {
  if (!isDryRun && deps.rollouts.isSlow) return decide
  return (await withFollowUps(deps, actor, decide)).decide
}

function decidedNow(decide: Decide, state: State, context: CommandContext): readonly LedgerEvent[] {
  try {
    return decide(state, context)
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

function ordersIn(events: readonly LedgerEvent[]): string {
  return orderedIn(events)
    .map(({ rollout }) => rollout)
    .join(' ')
}
