/** What a verb of the registry works with: the calls, and the report. */
import { openRegistry, type Registry } from './api.ts'
import type { Deps } from './deps.ts'
import { createReport, type Report } from './output.ts'
import { findProfile } from './profile.ts'
import type { RegistryOptions } from './verb.ts'

export interface Session extends Registry {
  readonly report: Report
}

export async function openSession(deps: Deps, options: RegistryOptions): Promise<Session> {
  const report = createReport(deps.out, deps.clock.now, options)
  const profile = await findProfile(deps, options)
  return { ...openRegistry(deps, profile, report.say), report }
}
