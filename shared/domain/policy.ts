/**
 * A channel's policy: what its promotions have to pass, as one document. A gate that is left out is not asked; path,
 * parameters and objections are asked whatever the policy says.
 */
import { Problem } from './problem.ts'
import { checkRolloutPolicy, type RolloutPolicy } from './rollout-policy.ts'

export interface ChannelPolicy {
  /** Every published release becomes head by itself, unless it is older than the head. */
  readonly promoteOnPublish: boolean
  /** How often a rack asks when nothing else sets the time. */
  readonly checkSeconds: number
  readonly gates: GatePolicy
  /** How a new head reaches the channel's racks; undefined: all at once. */
  readonly rollout?: RolloutPolicy | undefined
}

/** Undefined is absent: a document that crossed a wire cannot tell them apart. */
export interface GatePolicy {
  /** Every platform that the channel's racks have can be fetched. */
  readonly artifacts?: boolean | undefined
  /** Every platform that the channel's racks have was proved in the feeder. */
  readonly coverage?: boolean | undefined
  readonly soak?: SoakPolicy | undefined
  readonly failures?: FailurePolicy | undefined
  readonly evidence?: readonly EvidencePolicy[] | undefined
  readonly checklist?: readonly ChecklistItem[] | undefined
  readonly lifetime?: { readonly minRemainingDays: number } | undefined
  readonly approvals?: ApprovalPolicy | undefined
}

export interface SoakPolicy {
  /** So many racks of the feeder have each run it healthy … */
  readonly minRacks: number
  /** … for so many minutes of rack-time. */
  readonly soakMinutes: number
  /** Racks of the feeder finish a nominated release before they take a newer one. */
  readonly dwell?: boolean | undefined
}

export interface FailurePolicy {
  /** Failed racks are tolerated up to the larger of a count and a share of the feeder's racks. */
  readonly maxFailed: number
  readonly percent: number
}

export interface EvidencePolicy {
  readonly name: string
  readonly maxAgeHours: number
}

export interface ChecklistItem {
  readonly item: string
  readonly text: string
}

export interface ApprovalPolicy {
  readonly count: number
  readonly role: 'maintainer' | 'admin'
}

const hours = 24

/** `trial`: nothing but what is never left out. `team`: a day on staging. `regulated`: with records and second persons. */
export const presets = {
  trial: {},
  team: {
    artifacts: true,
    coverage: true,
    soak: { minRacks: 1, soakMinutes: 24 * 60, dwell: true },
    failures: { maxFailed: 0, percent: 10 },
    lifetime: { minRemainingDays: 14 },
  },
  regulated: {
    artifacts: true,
    coverage: true,
    soak: { minRacks: 3, soakMinutes: 72 * 60, dwell: true },
    failures: { maxFailed: 0, percent: 0 },
    evidence: [
      { name: 'unit', maxAgeHours: 30 * hours },
      { name: 'integration', maxAgeHours: 30 * hours },
      { name: 'exit', maxAgeHours: 90 * hours },
      { name: 'rollback-rehearsal', maxAgeHours: 90 * hours },
    ],
    checklist: [
      { item: 'notes', text: 'The release notes were read by somebody who did not write them.' },
      { item: 'way-back', text: 'The way back is known, and what it loses.' },
    ],
    lifetime: { minRemainingDays: 30 },
    approvals: { count: 2, role: 'maintainer' },
  },
} as const satisfies Readonly<Record<string, GatePolicy>>

export type PresetName = keyof typeof presets

export const defaultPolicy: ChannelPolicy = {
  promoteOnPublish: false,
  checkSeconds: 300,
  gates: presets.trial,
}

/** Gates that look at the racks of the feeder: without one they could never pass. */
const gatesOfFeeder = ['coverage', 'soak', 'failures'] as const

interface Place {
  readonly channel: string
  readonly from: string | undefined
}

/** Raises `invalid_input` for a policy that contradicts itself or could never be met. Shapes are the contract's matter. */
export function checkPolicy(policy: ChannelPolicy, { channel, from }: Place): void {
  const { gates, promoteOnPublish } = policy
  if (promoteOnPublish && from !== undefined) {
    throw new Problem(
      'invalid_input',
      `${channel} cannot both be fed by ${from} and take every build as it is published.`,
    )
  }
  if (promoteOnPublish && Object.keys(gates).length > 0) {
    throw new Problem(
      'invalid_input',
      `${channel} takes every build as it is published, so no gate would be asked: ${Object.keys(gates).join(', ')}.`,
      { hint: 'Leave the gates out, or set promoteOnPublish to false.' },
    )
  }
  const orphan = gatesOfFeeder.find((gate) => gates[gate] !== undefined && gates[gate] !== false)
  if (from === undefined && orphan !== undefined) {
    throw new Problem(
      'invalid_input',
      `The gate ${orphan} looks at the racks of the feeder, and ${channel} has none: it would never pass.`,
      { hint: `Leave ${orphan} out, or create the channel with --from.` },
    )
  }
  if (policy.rollout) checkRolloutPolicy(policy.rollout)
  refuseTwice('evidence', gates.evidence?.map(({ name }) => name) ?? [])
  refuseTwice('checklist', gates.checklist?.map(({ item }) => item) ?? [])
}

function refuseTwice(gate: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new Problem('invalid_input', `The policy names "${twice}" twice under ${gate}.`)
}
