/**
 * One round of the agent's own directory: the same question, state machine and way back as of any rack. What is added is
 * when it may begin (nothing else moves, and what the new agent must be able to do the present one can), whom the
 * supervisor may trust afterwards, and that a version that failed its probation is not tried again.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import { type Asked, askRegistry } from '../ask.ts'
import { type Attempt, isOver } from '../attempt.ts'
import { type Plan, planOf } from '../plan.ts'
import { openRack, type Rack, type RackPlace, withRack, withRackDryRun } from '../rack.ts'
import { type AgentApp, readRackConfig } from '../rack-config.ts'
import { rackTokenFile } from '../rack-token.ts'
import { runRound } from '../round.ts'
import { agentDirectory, lastAttemptIn, programAt, trust } from './agent-directory.ts'
import { noOpAttempt } from './probation.ts'

export interface AgentRound {
  readonly asked: Asked
  readonly plan: Plan | undefined
  readonly attempt: Attempt | undefined
  /** An attempt that was ended first, since somebody had been killed in it. */
  readonly recovered: Attempt | undefined
  /** Why what the channel offers is left for later. */
  readonly rests: string | undefined
}

/** The [agent] table; raises `not_enrolled` without one, or when the agent's directory has no token yet. */
export function requireAgentApp({ dir, files }: Pick<RackPlace, 'dir' | 'files'>): AgentApp {
  const { agent } = readRackConfig(dir, files)
  if (!agent) {
    throw new Problem(
      'not_enrolled',
      `${dir}/rack.toml has no [agent] table: this agent does not update itself.`,
      {
        hint: `edit ${dir}/rack.toml: [agent] app = "headgate", channel = "stable"`,
      },
    )
  }
  return agent
}

function agentPlace(place: RackPlace): RackPlace {
  const dir = agentDirectory(place.dir)
  if (place.files.kindOf(rackTokenFile(dir)) === 'file') return { ...place, dir }
  throw new Problem('not_enrolled', `${dir} has no token: the agent is not a rack of its app yet.`, {
    hint: `headgate agent enroll --dir ${place.dir}`,
  })
}

/** `place` is the rack's. Raises what a round raises; `locked` when another updater is at it. */
export async function updateAgent(place: RackPlace): Promise<AgentRound> {
  requireAgentApp(place)
  return withRack(agentPlace(place), 'agent update', async (rack, recovered) => {
    conclude(rack, place.dir)
    let planned: Plan | undefined
    const { asked, attempt, rests } = await runRound(rack, async (_asked, plan) => {
      planned = plan
      return plan && whyNotNow(place)
    })
    conclude(rack, place.dir)
    return { asked, plan: planned, attempt, recovered, rests }
  })
}

export async function updateAgentDryRun(place: RackPlace): Promise<AgentRound> {
  requireAgentApp(place)
  return withRackDryRun(agentPlace(place), async (rack) => {
    const asked = await askRegistry(rack)
    const plan = await planOf(rack, asked)
    const rests = plan && (await whyNotNow(place))
    return { asked, plan, attempt: undefined, recovered: undefined, rests }
  })
}

/** What the new agent will be asked to do is done by the present one first: on a sick rack nothing could be told. */
async function whyNotNow(place: RackPlace): Promise<string | undefined> {
  const under = lastAttemptIn(place.dir, place.files)
  if (under && !isOver(under.state)) return `the rack is on its way to ${under.input.to} (${under.state})`
  const { ok, detail } = await noOpAttempt(await openRack(place))
  return ok ? undefined : `the rack is not well: ${detail}`
}

/** Once nothing is under way; each part may be done again after a crash, and a `retry` in between stays one. */
function conclude(rack: Rack, rackDir: string): void {
  const { place, dir, state } = rack
  const last = lastAttemptIn(dir, place.files)
  if ((last && !isOver(last.state)) || state.stuck) return
  const installed = programAt(rackDir, 'current', place.files)
  if (installed) trust(rackDir, installed.version, place.files)
  const barred = last?.state === 'returned' ? barOf(last) : null
  const isForgotten = !state.failures.some(({ target }) => target === last?.input.to)
  if (barred && !isForgotten && !isSame(state.bar, barred))
    rack.keep((before) => ({ ...before, bar: barred }))
}

/** What failed its probation, and what lies between, until something newer comes. */
function barOf({ input }: Attempt): { above: string; upTo: string } | null {
  return input.from === null || input.action === 'rollback' ? null : { above: input.from, upTo: input.to }
}

function isSame(a: { above: string; upTo: string } | null, b: { above: string; upTo: string }): boolean {
  return a?.above === b.above && a.upTo === b.upTo
}
