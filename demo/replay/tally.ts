/** What each gate did to the releases that were proposed: passed them at once, delayed them, or stopped them for good. */

import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { type GateName, gateNames } from '../../shared/domain/gates/verdict.ts'
import { describeDuration } from '../../shared/domain/instants.ts'

interface Course {
  readonly openedAt: number
  /** Until the gate passed; undefined while it does not. */
  passedAt: number | undefined
}

export interface GateRow {
  readonly gate: GateName
  readonly asked: number
  readonly passedAtOnce: number
  readonly delayed: number
  readonly stopped: number
  /** Of those that were delayed. */
  readonly medianDelay: string
}

export interface Tally {
  look(version: string, verdicts: readonly Verdict[], at: number): void
  rows(): GateRow[]
  /** Whether this gate was ever open for that release. */
  wasOpen(version: string, gate: GateName): boolean
}

export function createTally(): Tally {
  const courses = new Map<GateName, Map<string, Course>>()
  return {
    look(version, verdicts, at) {
      for (const { gate, outcome } of verdicts) {
        const ofGate = courses.get(gate) ?? new Map<string, Course>()
        courses.set(gate, ofGate)
        const course = ofGate.get(version)
        if (!course) ofGate.set(version, { openedAt: at, passedAt: outcome === 'pass' ? at : undefined })
        else if (outcome !== 'pass') course.passedAt = undefined
        else course.passedAt ??= at
      }
    },
    wasOpen(version, gate) {
      const course = courses.get(gate)?.get(version)
      return course !== undefined && course.passedAt !== course.openedAt
    },
    rows() {
      return gateNames.flatMap((gate) => {
        const all = [...(courses.get(gate)?.values() ?? [])]
        if (all.length === 0) return []
        const delays = all
          .flatMap(({ openedAt, passedAt }) => (passedAt === undefined ? [] : [passedAt - openedAt]))
          .filter((delay) => delay > 0)
          .sort((a, b) => a - b)
        const stopped = all.filter(({ passedAt }) => passedAt === undefined).length
        const median = delays[Math.floor(delays.length / 2)]
        return [
          {
            gate,
            asked: all.length,
            passedAtOnce: all.length - delays.length - stopped,
            delayed: delays.length,
            stopped,
            medianDelay: median === undefined ? '-' : describeDuration(median),
          },
        ]
      })
    },
  }
}
