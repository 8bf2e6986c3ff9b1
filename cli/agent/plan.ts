/** What would be done, as a value: to show, to name by its id, and to refuse when the world has moved since. */
import { createHash } from 'node:crypto'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Asked } from './ask.ts'
import type { AttemptInput } from './attempt.ts'
import { describeDrift, driftedNames, listed } from './parameters/drift.ts'
import { type ContractNames, noContract } from './parameters/record.ts'
import { driftBefore } from './parameters/refuse-drifted.ts'
import { lossesOf } from './parameters/standing.ts'
import { isKept, type Rack } from './rack.ts'

export interface Plan {
  readonly id: string
  readonly input: AttemptInput
  /** The steps that will be taken, in words. */
  readonly steps: readonly string[]
  /** Parameters that somebody changed, and that keep it from beginning until a person has looked. */
  readonly drifted: readonly string[]
  /** Parameters that are set now and that an older target does not know. */
  readonly loses: readonly string[]
}

/**
 * Undefined when the decision moves nothing. `acceptedDrift`: parameters that a person lets it go over. Raises what the
 * driver raises when it cannot read parameters that an update has to look at.
 */
export async function planOf(
  rack: Rack,
  { decision, current }: Asked,
  acceptedDrift: readonly string[] = [],
): Promise<Plan | undefined> {
  const { action, target, motive, reason, detail, revision } = decision
  if ((action !== 'update' && action !== 'rollback') || !target) return undefined
  const input: AttemptInput = {
    from: current,
    to: target.version,
    action,
    motive,
    reason: `${reason}: ${detail}`,
    artifact: artifactOf(target.artifact, rack.config.registry.url),
    floor: target.floor,
    revision,
    pin: null,
    bar: null,
    ...(target.parameters && rack.parameters.areThere && { contract: namesToKeep(target.parameters) }),
    ...(acceptedDrift.length > 0 && { acceptedDrift }),
  }
  const drift = await driftBefore(rack, input)
  const loses = action === 'rollback' ? await lossesOf(rack, input.contract ?? noContract) : []
  const refused = drift && describeDrift(drift)
  const steps = [
    ...(refused ? [`not before a person has looked: ${refused}`] : []),
    ...(await stepsOf(rack, input)),
    ...(loses.length > 0 ? [describeLoss(target.version, loses)] : []),
  ]
  return { id: planId(input), input, steps, drifted: drift ? driftedNames(drift) : [], loses }
}

/** More names than a platform has parameters; they are journaled, and the journal's room is for the way back. */
const mostNameCharacters = 65_536

function namesToKeep({ declared, masked }: ContractNames): ContractNames {
  const characters = [...(declared ?? []), ...masked].reduce((sum, name) => sum + name.length, 0)
  return characters <= mostNameCharacters ? { declared, masked } : noContract
}

/** As verbs show it. */
export function planBody({ id, input, steps, drifted, loses }: Plan) {
  return { id, ...input, steps, drifted, loses }
}

/** What a person should know before going back: the older version does not know these, and they are gone with it. */
export function describeLoss(to: string, loses: readonly string[]): string {
  return `${to} does not declare ${listed(loses)}: what is set there now is lost`
}

/** Raises `plan_moved` when the plan that was looked at is not the one that would be carried out now. */
export function requireSamePlan(wanted: string | undefined, plan: Plan | undefined, dir: string): void {
  if (wanted === undefined || plan?.id === wanted) return
  const now = plan
    ? `it is ${plan.id} now: ${plan.input.action} to ${plan.input.to}`
    : 'nothing is to be done now'
  throw new Problem('plan_moved', `The plan ${wanted} no longer holds: ${now}.`, {
    hint: `headgate plan --dir ${dir}`,
  })
}

function planId({ from, to, action, motive, artifact, revision }: AttemptInput): string {
  const parts = [from, to, action, motive, artifact?.sha256 ?? null, revision]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}

function artifactOf(
  artifact: NonNullable<DecisionBody['target']>['artifact'],
  registryUrl: string,
): AttemptInput['artifact'] {
  if (!artifact) return null
  const { sha256, size, url } = artifact
  return { sha256, size, url: url ?? `${registryUrl}/v1/artifacts/${sha256}` }
}

async function stepsOf(rack: Rack, { to, artifact, from }: AttemptInput): Promise<string[]> {
  const { driver, checks, config } = rack
  const names = checks.map((check) => check.name).join(', ')
  const { soakSeconds } = config.settle
  return [
    (await isKept(rack, to))
      ? `${to} is kept here`
      : artifact
        ? `download ${artifact.size} bytes and compare the digest`
        : 'no artifact: driven by the version alone',
    `apply with the ${driver.kind} driver`,
    `prove by: ${names}${soakSeconds > 0 ? `, healthy for ${soakSeconds} s` : ''}`,
    `otherwise go back to ${from ?? 'nothing'}`,
  ]
}
