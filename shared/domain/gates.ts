/**
 * Gates of a promotion, in the order in which a person reads them. Each is one named function; its verdict is a
 * value with numbers, shown before a promotion, while somebody is awaited, and recorded with it.
 */
import { coverage, failures, soak } from './gates/fleet-gates.ts'
import { approvals, checklist, evidence, objections } from './gates/people-gates.ts'
import { artifacts, lifetime, parameters, path } from './gates/release-gates.ts'
import type { Gate, PromotionQuestion, Verdict } from './gates/verdict.ts'

const gates: readonly Gate[] = [
  path,
  artifacts,
  coverage,
  soak,
  failures,
  evidence,
  checklist,
  parameters,
  objections,
  lifetime,
]

/** A stone is stepped on by racks that prove it each for themselves: nobody waits for a soak of what is long past. */
const gatesOfStone: readonly Gate[] = [path, parameters, objections]

/** One verdict for each gate that the policy asks; what it does not ask is not there. */
export function judgePromotion(question: PromotionQuestion): readonly Verdict[] {
  const asked = question.isStone ? gatesOfStone : gates
  const verdicts = asked.flatMap((gate) => gate(question) ?? [])
  const approved = question.isStone ? undefined : approvals(question, verdicts)
  return approved ? [...verdicts, approved] : verdicts
}
