/** What the pages of a rollout have in common: where it leads, where it is, and what its failures are called. */
import type { RolloutBody, RolloutDetailBody } from '../shared/contract/rollout.ts'
import { commandLine } from './command-line.ts'
import { oneLine } from './plain-text.ts'

export type FailureBody = RolloutDetailBody['failures'][number]

/** `brings 1.4.2 to stable`, `moves racks off what ADV-1 withdraws`, `takes back 1.4.2 on stable`. */
export function aimOf({ purpose, version, channel, advisory, takesBack }: RolloutBody): string {
  if (purpose === 'head') return `brings ${version} to ${channel}`
  if (purpose === 'remedy') return `moves racks off what ${advisory} withdraws`
  const because = takesBack === null ? '' : ` that ${takesBack} had brought`
  return `takes ${version}${because} back on ${channel}`
}

/** `wave 2 of 4 (early)`. */
export function placeOf({ wave, policy, plan }: Pick<RolloutBody, 'wave' | 'policy' | 'plan'>): string {
  const waves = plan?.waves ?? policy.waves
  if (plan === null) return 'being planned'
  if (wave < 0) return `no wave of ${waves.length} open yet`
  return `wave ${wave + 1} of ${waves.length} (${oneLine(nameOfWave({ policy, plan }, wave))})`
}

export function nameOfWave({ policy, plan }: Pick<RolloutBody, 'policy' | 'plan'>, wave: number): string {
  return plan?.waves[wave]?.name ?? policy.waves[wave]?.name ?? `wave ${wave + 1}`
}

export function isOver({ state }: Pick<RolloutBody, 'state'>): boolean {
  return state === 'completed' || state === 'superseded' || state === 'reverted'
}

/** What a halt stands on; who halted it is named beside it, and need not be named twice. */
export function evidenceWords({
  actor,
  detail,
}: Pick<NonNullable<RolloutBody['evidence']>, 'actor' | 'detail'>): string {
  return detail.startsWith(`${actor}: `) ? detail.slice(actor.length + 2) : detail
}

/** Failures of one cause, that of most racks first. */
export interface FailureGroup {
  readonly cause: string
  readonly failures: readonly FailureBody[]
  /** Of every one of them, by a person who looked at it. */
  readonly isAcknowledged: boolean
}

export function groupedByCause({ failures, acknowledged }: RolloutDetailBody): readonly FailureGroup[] {
  const seen = new Set(acknowledged.map(({ rack, cause }) => JSON.stringify([rack, cause])))
  const groups = new Map<string, FailureBody[]>()
  for (const failure of failures) groups.set(failure.cause, [...(groups.get(failure.cause) ?? []), failure])
  return [...groups]
    .map(([cause, group]) => ({
      cause,
      failures: group,
      isAcknowledged: group.every((one) => seen.has(JSON.stringify([one.rack, cause]))),
    }))
    .sort((a, b) => b.failures.length - a.failures.length)
}

/** The causes that nobody has acknowledged. */
export function openCauses(rollout: RolloutDetailBody): readonly string[] {
  return groupedByCause(rollout).flatMap(({ cause, isAcknowledged }) => (isAcknowledged ? [] : [cause]))
}

/** More of them than a command line should have. */
const mostNamed = 3

/** The whole command line; what is acknowledged is named, so that nobody passes over what they have not seen. */
export function resumeCommand({ id, app }: RolloutBody, causes: readonly string[]): string {
  const named = causes.length > mostNamed ? ['all'] : causes
  const acknowledged = named.flatMap((cause) => ['--acknowledge', cause])
  return `${commandLine(['headgate', 'rollout', 'resume', id, '--app', app, ...acknowledged])} --reason "…"`
}

export function showCommand(app: string, rollout: string): string {
  return `headgate rollout show ${rollout} --app ${app}`
}

/** The command that a person most likely wants now. */
export function nextForRollout(rollout: RolloutDetailBody): string {
  const { id, app, state, channel, takenBackBy } = rollout
  if (state === 'halted' && takenBackBy !== null) return showCommand(app, takenBackBy)
  if (state === 'planned' || state === 'running') return `headgate rollout watch ${id} --app ${app}`
  if (state === 'paused') return resumeCommand(rollout, [])
  if (state === 'halted') return resumeCommand(rollout, openCauses(rollout))
  return channel === null
    ? `headgate advisory list --app ${app}`
    : `headgate channel show ${channel} --app ${app}`
}
