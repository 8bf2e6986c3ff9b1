/** Asking again and again for what may take a day: that must not end with a registry that is started anew. */
import { Problem } from '../shared/domain/problem.ts'
import type { Clock } from './agent/clock.ts'
import type { Report } from './output.ts'

export interface PatientLook<Body> {
  readonly clock: Clock
  readonly report: Pick<Report, 'say' | 'warn'>
  readonly ask: () => Promise<Body>
  /** What is so while nobody answers, such as `P-1 waits there`. */
  readonly meanwhile: string
}

/** A registry that is started anew is waited for; one that is gone is not. */
const patienceMilliseconds = 10 * 60_000

/** Undefined while the registry does not answer. Raises what it refuses, and `registry_unreachable` after long silence. */
export function createPatientLook<Body>(look: PatientLook<Body>): () => Promise<Body | undefined> {
  const { clock, report, ask, meanwhile } = look
  let silentSince: number | undefined
  return async () => {
    try {
      const present = await ask()
      if (silentSince !== undefined) report.say('The registry answers again.')
      silentSince = undefined
      return present
    } catch (error) {
      const now = clock.monotonic()
      if (!(error instanceof Problem) || error.face.exit !== 6) throw error
      if (silentSince === undefined) report.warn(`${error.message} ${meanwhile}; asking again …`)
      silentSince ??= now
      if (now - silentSince > patienceMilliseconds) throw error
      return undefined
    }
  }
}
