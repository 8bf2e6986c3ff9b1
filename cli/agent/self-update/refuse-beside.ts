/**
 * Never the agent and what it runs at once: asked before an attempt is planned, and again when its plan is on the disk.
 * Both sides first write down that they begin and then look at the other, so that of two that begin together one sees it.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { Rack } from '../rack.ts'
import { attemptBeside } from './agent-directory.ts'

/** Raises `locked`. */
export async function refuseBeside({ dir, place }: Pick<Rack, 'dir' | 'place'>): Promise<void> {
  const beside = attemptBeside(dir, place.files, place.clock.now())
  if (!beside) return
  const { attempt, rackDir, isOfAgent } = beside
  const { id, state, input } = attempt
  throw new Problem(
    'locked',
    isOfAgent
      ? `The agent of this rack is being moved to ${input.to} (${state}); nothing else moves meanwhile.`
      : `The rack is on its way to ${input.to} (${state}); its agent does not change meanwhile.`,
    { hint: `headgate agent status --dir ${rackDir}`, numbers: { attempt: id, state } },
  )
}
