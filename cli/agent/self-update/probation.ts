/**
 * The probation of a new agent: it runs the rack's rounds, but only asks. It has passed when the registry has answered
 * it often enough and an attempt that changes nothing went through: journal, memory, driver and checks work in its hands.
 */

import { type Asked, askRegistry } from '../ask.ts'
import { hasActed } from '../attempt.ts'
import { checksFor } from '../checks/check.ts'
import { askOnce } from '../checks/settle.ts'
import type { DurableFiles } from '../files.ts'
import type { Rack } from '../rack.ts'
import { sendOutcomesFirst } from '../tell-registry.ts'
import { attemptBeside } from './agent-directory.ts'

export interface NoOp {
  readonly ok: boolean
  readonly at: number
  readonly detail: string
}

/** So that a probation does not last for as long as the registry's usual interval. */
export const probationSeconds = 5

export function isOnProbation(dir: string, files: DurableFiles, now: number): boolean {
  const beside = attemptBeside(dir, files, now)
  return beside?.isOfAgent === true && hasActed(beside.attempt.state)
}

/** An attempt without the acts. The rack is open, so its journal and memory could be read. */
export async function noOpAttempt(rack: Rack): Promise<NoOp> {
  const { driver, checks, place } = rack
  const at = place.clock.now()
  const status = await driver.status()
  if (status !== 'settled') return { ok: false, at, detail: `the driver says ${status}` }
  const current = await driver.current()
  if (current === null) return { ok: true, at, detail: 'nothing is installed' }
  const report = await askOnce(checksFor('settle', checks), current, place.clock)
  return { ok: report.ok, at, detail: report.detail }
}

/** What a round is while the agent is on probation. Raises what the question raises. */
export async function probationRound(rack: Rack): Promise<{ asked: Asked; noOp: NoOp }> {
  await sendOutcomesFirst(rack)
  const asked = await askRegistry(rack)
  return { asked, noOp: await noOpAttempt(rack) }
}
