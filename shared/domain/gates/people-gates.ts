/** Gates that people and their machines open: evidence, checklist, objections, approvals. */
import { describeDuration, hour } from '../instants.ts'
import type { EvidencePolicy } from '../policy.ts'
import type { Approval } from '../proposal.ts'
import { isSameEvidence } from '../release-record.ts'
import { isWorse, type PromotionQuestion, type Verdict } from './verdict.ts'

/** What this names is about the way between two versions: from the channel's head to the candidate and back. */
const pairEvidence = 'rollback-rehearsal'

export function evidence(question: PromotionQuestion): Verdict | undefined {
  const asked = question.channel.policy.gates.evidence
  if (!asked || asked.length === 0) return undefined
  const findings = asked.map((one) => findEvidence(question, one))
  const worst =
    findings.find(({ outcome }) => outcome === 'fail') ??
    findings.find(({ outcome }) => outcome === 'waiting')
  const good = findings.filter(({ outcome }) => outcome === 'pass').length
  const numbers = { asked: asked.length, passed: good }
  if (!worst) {
    return {
      gate: 'evidence',
      outcome: 'pass',
      detail: findings.map(({ detail }) => detail).join('; '),
      numbers,
    }
  }
  const open = findings.filter(({ outcome }) => outcome !== 'pass')
  return {
    gate: 'evidence',
    outcome: worst.outcome,
    needs: 'data',
    detail: `${open.map(({ detail }) => detail).join('; ')} (${good} of ${asked.length} are there).`,
    numbers,
    hint: `headgate evidence add ${worst.name} --app ${question.app.name} --release ${question.release.version}${worst.from === undefined ? '' : ` --from ${worst.from}`} --outcome pass --report-url URL`,
  }
}

interface Finding {
  readonly name: string
  readonly outcome: Verdict['outcome']
  readonly detail: string
  /** The other end, of evidence about a pair. */
  readonly from?: string
}

function findEvidence({ channel, release, now }: PromotionQuestion, asked: EvidencePolicy): Finding {
  const { name, maxAgeHours } = asked
  const isOfPair = name === pairEvidence
  if (isOfPair && (channel.head === undefined || channel.head === release.version))
    return { name, outcome: 'pass', detail: `${name}: there is nothing to go back to` }
  const wanted = isOfPair && channel.head !== undefined ? { name, from: channel.head } : { name }
  const what = wanted.from === undefined ? name : `${name} with ${wanted.from}`
  const found = release.record.evidence.find((one) => isSameEvidence(one, wanted))
  if (!found) return { ...wanted, outcome: 'waiting', detail: `${what} is missing` }
  if (found.outcome === 'fail') return { ...wanted, outcome: 'fail', detail: `${what} failed` }
  const age = now - found.at
  if (age > maxAgeHours * hour) {
    const detail = `${what} is ${describeDuration(age)} old, and ${describeDuration(maxAgeHours * hour)} is the most`
    return { ...wanted, outcome: 'waiting', detail }
  }
  return { name, outcome: 'pass', detail: `${what} passed ${describeDuration(age)} ago` }
}

export function checklist({ app, channel, release }: PromotionQuestion): Verdict | undefined {
  const asked = channel.policy.gates.checklist
  if (!asked || asked.length === 0) return undefined
  const isTicked = (item: string): boolean =>
    release.record.ticks.some((tick) => tick.channel === channel.name && tick.item === item)
  const [first, ...others] = asked.filter(({ item }) => !isTicked(item))
  const numbers = { items: asked.length, ticked: asked.length - others.length - (first ? 1 : 0) }
  if (!first)
    return { gate: 'checklist', outcome: 'pass', detail: `all ${asked.length} items are ticked.`, numbers }
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return {
    gate: 'checklist',
    outcome: 'waiting',
    needs: 'person',
    detail: `nobody has ticked ${first.item} (${first.text})${more}.`,
    numbers,
    hint: `headgate checklist tick ${first.item} --app ${app.name} --to ${channel.name} --release ${release.version} --note "…"`,
  }
}

export function objections({ release, app }: PromotionQuestion): Verdict {
  const open = release.record.objections.filter((one) => one.answer === undefined)
  const [first] = open
  if (!first) return { gate: 'objections', outcome: 'pass', detail: 'nobody objects.' }
  const more = open.length === 1 ? '' : ` (and ${open.length - 1} more)`
  return {
    gate: 'objections',
    outcome: 'fail',
    needs: 'person',
    detail: `${first.actor} objects: ${first.reason}${more}`,
    numbers: { open: open.length },
    since: first.at,
    hint: `headgate objection answer ${first.id} --app ${app.name} --note "…"`,
  }
}

/** Approvals are of the other gates as the approver saw them: one that has got worse since takes them away. */
export function approvals(question: PromotionQuestion, others: readonly Verdict[]): Verdict | undefined {
  const policy = question.channel.policy.gates.approvals
  if (!policy || policy.count === 0) return undefined
  const { app, release, proposal } = question
  const given = proposal?.approvals ?? []
  const excluded = [release.recordedBy, proposal?.actor ?? question.proposer]
  return approvalVerdict({ app: app.name, given, others, excluded, policy, proposal: proposal?.id })
}

export interface ApprovalQuestion {
  readonly given: readonly Approval[]
  readonly others: readonly Verdict[]
  /** Who made or wished it: their own approval counts for nothing. */
  readonly excluded: readonly (string | undefined)[]
  readonly policy: { readonly count: number; readonly role: 'maintainer' | 'admin' }
  readonly app: string
  /** Undefined: nobody has proposed it yet. */
  readonly proposal: string | undefined
}

/** The same for what is no promotion: a change of policy, a yank to be lifted. */
export function approvalVerdict(question: ApprovalQuestion): Verdict {
  const { app, given, others, excluded, policy, proposal } = question
  const { count, role } = policy
  const good = given.filter(
    (approval) =>
      approval.lapsed === undefined &&
      !excluded.includes(approval.actor) &&
      (role === 'maintainer' || approval.role === 'admin') &&
      lapseOf(approval, others) === undefined,
  )
  const actors = [...new Set(good.map(({ actor }) => actor))]
  const numbers = { approvals: actors.length, count }
  const names = actors.length === 0 ? '' : ` (${actors.join(', ')})`
  if (actors.length >= count) {
    return { gate: 'approvals', outcome: 'pass', detail: `${actors.length} of ${count}${names}.`, numbers }
  }
  const lapsed = given.length - good.length
  const why = lapsed === 0 ? '' : ` ${lapsed} given before count no longer.`
  return {
    gate: 'approvals',
    outcome: 'waiting',
    needs: 'person',
    detail: `${actors.length} of ${count} by ${role === 'admin' ? 'an admin' : 'a maintainer'} who neither published nor proposed it${names}.${why}`,
    numbers,
    ...(proposal !== undefined && {
      hint: `headgate proposal approve ${proposal} --app ${app} --note "…"`,
    }),
  }
}

/** The first gate that is worse off than the approver saw it. */
export function lapseOf({ snapshot }: Approval, now: readonly Verdict[]): Verdict | undefined {
  return now.find((verdict) => {
    const seen = snapshot.find(({ gate }) => gate === verdict.gate)
    return seen !== undefined && isWorse(seen.outcome, verdict.outcome)
  })
}
