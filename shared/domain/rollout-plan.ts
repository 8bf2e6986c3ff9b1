/**
 * Planning: from a policy and the fleet to waves with cutoffs, exact for the racks as they are. Done step by step, so that
 * whoever drives it can answer others in between. (Design: 3-domain, "Rollout".)
 */
import type { Hex64 } from './cohort.ts'
import { minute } from './instants.ts'
import { Problem } from './problem.ts'
import type { PlannedWave, RolloutPlan } from './rollout.ts'
import { createDraw, type Draw, racksInOneStep } from './rollout-draw.ts'
import { mayStillGo } from './rollout-eligible.ts'
import { type RolloutPolicy, racksOf, type Share, type WavePolicy } from './rollout-policy.ts'

export interface PlanningRack {
  readonly key: Hex64
  readonly labels: Readonly<Record<string, string>>
  /** Why it cannot be counted on now; undefined: eligible. */
  readonly leftOut: string | undefined
}

export interface Planning {
  readonly policy: RolloutPolicy
  readonly key: Hex64
  readonly racks: Iterable<PlanningRack>
  readonly at: number
  readonly notBefore?: number | undefined
  /** A head waits for somebody to prove it to; a remedy is there for whoever comes. */
  readonly isForNobodyToo?: boolean
}

/** Raises `rollout_unsatisfiable`, with the arithmetic. A fleet without racks has a plan without racks. */
export function* planRollout(planning: Planning): Generator<undefined, RolloutPlan> {
  const { policy, key, at } = planning
  const hasSelectors = policy.waves.some(({ selector }) => selector !== undefined)
  const draw = createDraw(key, hasSelectors)
  const leftOut: Record<string, number> = {}
  let racks = 0
  for (const rack of planning.racks) {
    racks += 1
    if (rack.leftOut === undefined) draw.add(rack.key, rack.labels)
    else leftOut[rack.leftOut] = (leftOut[rack.leftOut] ?? 0) + 1
    if (racks % racksInOneStep === 0) yield
  }
  const begin = Math.max(at, planning.notBefore ?? at)
  const waves: PlannedWave[] = []
  for (const [index, policyOfWave] of policy.waves.entries()) {
    const isLast = index === policy.waves.length - 1
    waves.push(yield* cut(policyOfWave, { index, isLast, draw, begin, isDelayed: begin > at }))
  }
  const eligible = draw.size
  const shown = { racks, eligible, leftOut }
  if (planning.isForNobodyToo !== true) refuseEmptyFirst(waves, shown)
  const { maxInFlight } = policy
  return {
    plannedAt: at,
    racks,
    eligible,
    leftOut,
    waves,
    ...(maxInFlight !== undefined && {
      maxInFlight: Math.max(1, Math.floor(racksOf(maxInFlight, eligible))),
    }),
  }
}

interface Cut {
  readonly index: number
  readonly isLast: boolean
  readonly draw: Draw
  readonly begin: number
  readonly isDelayed: boolean
}

/** Closes a wave behind its last rack. */
function* cut(
  policy: WavePolicy,
  { index, isLast, draw, begin, isDelayed }: Cut,
): Generator<undefined, PlannedWave> {
  const candidates = yield* draw.select(policy.selector)
  const wanted = sizeOf(policy, index, candidates)
  const cutoff = policy.share === 'rest' ? undefined : yield* draw.nthOfSelected(wanted)
  yield* draw.take(cutoff)
  const racks = Math.min(wanted, candidates)
  const failures = policy.failures ?? { maxFailed: 0, percent: 0 }
  const { name, selector, soakMinutes, deadlineMinutes, afterMinutes } = policy
  const isOutOfRacks = racks === candidates
  return {
    name: name ?? `wave ${index + 1}`,
    racks,
    minHealthy: minHealthyOf(policy, index, racks, tolerated(failures, racks), isOutOfRacks || isLast),
    failures,
    soakMinutes,
    ...(selector !== undefined && { selector }),
    ...(cutoff !== undefined && { cutoff }),
    ...(deadlineMinutes !== undefined && { deadlineMinutes }),
    ...((afterMinutes !== undefined || (index === 0 && isDelayed)) && {
      notBefore: begin + (afterMinutes ?? 0) * minute,
    }),
  }
}

/** So many failed racks of a wave stop nothing. */
export function tolerated({ maxFailed, percent }: PlannedWave['failures'], racks: number): number {
  return Math.max(maxFailed, Math.floor((racks * percent) / 100))
}

/** Rounded up, because a small fleet is no mistake; but less than one percent and less than one rack is a mistaken unit. */
function sizeOf({ share }: WavePolicy, index: number, candidates: number): number {
  if (share === 'rest') return candidates
  const racks = racksOf(share, candidates)
  if (isMistakenUnit(share, racks) && candidates > 0) {
    throw new Problem(
      'rollout_unsatisfiable',
      `Wave ${index + 1} takes ${share} of ${candidates} racks: ${Number(racks.toPrecision(3))} racks.`,
      {
        hint: 'Write a count of racks, or a larger share: "10%" is a tenth',
        numbers: { share, candidates, racks },
      },
    )
  }
  return Math.ceil(racks)
}

function isMistakenUnit(share: Share, racks: number): boolean {
  return typeof share === 'string' && Number(share.slice(0, -1)) < 1 && racks < 1
}

function minHealthyOf(
  { minHealthy }: WavePolicy,
  index: number,
  racks: number,
  allowed: number,
  isAllThereIs: boolean,
): number {
  if (minHealthy === undefined) return Math.max(racks === 0 ? 0 : 1, racks - allowed)
  const wanted = Math.ceil(racksOf(minHealthy, racks))
  if (wanted <= racks || isAllThereIs) return Math.min(wanted, racks)
  throw new Problem(
    'rollout_unsatisfiable',
    `Wave ${index + 1} has ${racks} racks, and ${wanted} of them are to be healthy.`,
    { hint: 'Lower minHealthy, or make the wave larger', numbers: { racks, minHealthy: wanted } },
  )
}

/** Racks are there, and nobody would be first: whatever came second would open by nobody's proof. */
function refuseEmptyFirst(
  [first]: readonly PlannedWave[],
  {
    racks,
    eligible,
    leftOut,
  }: { racks: number; eligible: number; leftOut: Readonly<Record<string, number>> },
): void {
  if (!first || first.racks > 0) return
  // All that there are have it, or stay where they are by somebody's order: nobody is left to prove it to.
  if (eligible === 0 && (leftOut.silent ?? 0) === 0) return
  const out = wordsOf(leftOut)
  const selector = Object.entries(first.selector ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
  throw new Problem(
    'rollout_unsatisfiable',
    `Wave 1 (${first.name}) would be empty: 0 of ${eligible} eligible racks ${selector === '' ? 'are left for it' : `have ${selector}`}${out === '' ? '' : `; left out: ${out}`}.`,
    { hint: hintOfEmpty(eligible), numbers: { racks, eligible } },
  )
}

/** Where no rack is to be counted on, labels choose among none: somebody has to hear of them again. */
function hintOfEmpty(eligible: number): string {
  return eligible === 0
    ? 'headgate fleet list --app APP --standing silent   # or: never_heard'
    : 'headgate rack label RACK NAME=VALUE, or another first wave'
}

/**
 * Racks are concerned, and none of them can go yet: held, silent, or with nowhere to go. Planned over nobody it would be
 * through at once, and open to all of them when they come back (museum: 27-ids-of-the-wrong-kind).
 */
export function isTooEarly({ eligible, leftOut }: RolloutPlan): boolean {
  return eligible === 0 && Object.keys(leftOut).some(mayStillGo)
}

/** Why it is too early, for a person. */
export function waitsFor({ racks, leftOut }: RolloutPlan): string {
  return `None of ${racks} racks can go yet: ${wordsOf(leftOut)}. It is planned as soon as one can.`
}

/** `3 silent, 1 held`. */
function wordsOf(leftOut: RolloutPlan['leftOut']): string {
  return Object.entries(leftOut)
    .map(([why, count]) => `${count} ${why.replaceAll('_', ' ')}`)
    .join(', ')
}

/** What a person should know of a plan before it starts. */
export function remarksOn({ waves }: RolloutPlan): string[] {
  return waves.flatMap((wave) => (wave.racks === 0 ? [] : (oneHalts(wave) ?? neitherNor(wave) ?? [])))
}

function oneHalts({ name, racks, failures }: PlannedWave): string | undefined {
  if (tolerated(failures, racks) > 0) return undefined
  const share = (100 / racks).toFixed(racks > 100 ? 2 : 0)
  return `${name}: one failure halts: 1 of ${racks} = ${share} % > ${failures.percent} %`
}

/** More have to be healthy than are left when as many failed as may: between the two it waits for racks to succeed yet. */
function neitherNor({ name, racks, minHealthy, failures, deadlineMinutes }: PlannedWave): string | undefined {
  const allowed = tolerated(failures, racks)
  const enough = racks - minHealthy + 1
  if (enough > allowed) return undefined
  const until = deadlineMinutes === undefined ? '' : ' before its deadline'
  return `${name}: with ${enough} of ${racks} failed it neither passes nor halts${until}: ${minHealthy} have to be healthy, and ${allowed} may fail`
}

/** If every rack is healthy as soon as it may move. */
export function earliestEnd({ plannedAt, waves }: RolloutPlan): number {
  let at = plannedAt
  for (const { notBefore = 0, soakMinutes, racks } of waves)
    at = Math.max(at, notBefore) + (racks === 0 ? 0 : soakMinutes * minute)
  return at
}

/** Runs a plan to its end at once; for small fleets and for tests. */
export function plannedAtOnce(planning: Planning): RolloutPlan {
  const steps = planRollout(planning)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
