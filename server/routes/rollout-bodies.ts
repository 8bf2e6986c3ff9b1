/** Rollouts as bodies: the plan as it was made, and what the racks have shown by now. */
import type { RolloutBody, RolloutDetailBody, RolloutPlanBody } from '../../shared/contract/rollout.ts'
import { verdictsOf } from '../../shared/domain/commands/rollout.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { isActive, type Rollout, type RolloutFailure, type RolloutPlan } from '../../shared/domain/rollout.ts'
import { freezeOver } from '../../shared/domain/rollout-freeze.ts'
import type { RolloutCounts } from '../../shared/domain/rollout-gates.ts'
import { earliestEnd, remarksOn } from '../../shared/domain/rollout-plan.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import { freezeBodyOf } from './freeze-body.ts'

type FailureBody = RolloutDetailBody['failures'][number]

export function planBodyOf(plan: RolloutPlan): RolloutPlanBody {
  return {
    plannedAt: toIso(plan.plannedAt),
    racks: plan.racks,
    eligible: plan.eligible,
    leftOut: { ...plan.leftOut },
    maxInFlight: plan.maxInFlight ?? null,
    earliestEnd: toIso(earliestEnd(plan)),
    remarks: remarksOn(plan),
    waves: plan.waves.map((wave) => ({
      name: wave.name,
      selector: { ...wave.selector },
      cutoff: wave.cutoff ?? null,
      racks: wave.racks,
      minHealthy: wave.minHealthy,
      failures: wave.failures,
      soakMinutes: wave.soakMinutes,
      notBefore: isoOrNull(wave.notBefore),
      deadlineMinutes: wave.deadlineMinutes ?? null,
    })),
  }
}

/** What a rollout is looked at with. */
export interface Sight {
  readonly state: State
  readonly now: number
  readonly logOf: (attempt: string) => readonly string[]
}

export function rolloutBodyOf(rollout: Rollout, { state: around, now, logOf }: Sight): RolloutBody {
  const { id, app, purpose, channel, version, yank, takesBack, state, wave, key, policy, plan } = rollout
  const { evidence, since, acknowledged } = rollout
  const appAround = findApp(around, app)
  const freeze = freezeOver(around, appAround, rollout, now)
  return {
    app,
    id,
    purpose,
    channel: channel ?? null,
    version: version ?? null,
    advisory: yank ?? null,
    takesBack: takesBack ?? null,
    takenBackBy: takenBackBy(appAround, rollout) ?? null,
    freeze: freeze ? freezeBodyOf(freeze) : null,
    state,
    wave,
    key,
    orderedAt: toIso(rollout.orderedAt),
    orderedBy: rollout.orderedBy,
    notBefore: isoOrNull(rollout.notBefore),
    since: { at: toIso(since.at), actor: since.actor, reason: since.reason ?? null },
    policy,
    plan: plan ? planBodyOf(plan) : null,
    evidence: evidence
      ? {
          at: toIso(evidence.at),
          actor: evidence.actor,
          wave: evidence.wave ?? null,
          detail: evidence.detail,
          numbers: { ...evidence.numbers },
          failures: evidence.failures.map((one) => failureBodyOf(one, logOf)),
        }
      : null,
    acknowledged: acknowledged.map(({ rack, cause }) => ({ rack, cause })),
  }
}

/** Of one that was resumed nothing is taken back any more. */
function takenBackBy({ rollouts }: AppState, rollout: Rollout): string | undefined {
  if (isActive(rollout) && rollout.state !== 'halted') return undefined
  return [...rollouts.values()].findLast(({ takesBack }) => takesBack === rollout.id)?.id
}

export interface DetailParts extends Sight {
  readonly rollout: Rollout
  readonly counts: RolloutCounts | undefined
  readonly underWay: number
  readonly complaint: string | undefined
  readonly isDryRun: boolean
}

export const mostFailuresShown = 100

export function rolloutDetailOf(parts: DetailParts): RolloutDetailBody {
  const { state, rollout, counts, underWay, complaint, isDryRun, logOf } = parts
  const verdicts = counts ? verdictsOf(state, rollout, counts) : []
  const failures = counts?.waves.flatMap((count) => count.failures) ?? []
  return {
    ...rolloutBodyOf(rollout, parts),
    countedAt: counts ? toIso(counts.at) : null,
    complaint: complaint ?? null,
    underWay,
    standing: verdicts.map((verdict, index) => ({
      name: rollout.plan?.waves[index]?.name ?? '',
      isOpen: index <= rollout.wave,
      outcome: verdict.outcome,
      needs: verdict.needs ?? null,
      detail: verdict.detail,
      numbers: { ...verdict.numbers },
      leftOut: { ...counts?.waves[index]?.leftOut },
      until: isoOrNull(verdict.until),
    })),
    failures: failures.slice(0, mostFailuresShown).map((one) => failureBodyOf(one, logOf)),
    dryRun: isDryRun,
  }
}

function failureBodyOf(failure: RolloutFailure, logOf: (attempt: string) => readonly string[]): FailureBody {
  const { at, attempt } = failure
  return { ...failure, at: toIso(at), log: attempt === null ? [] : [...logOf(attempt)] }
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : toIso(at)
}
