/** The `command` check: the operator's own question, healthy when it exits 0 in time. */

import { Problem } from '../../../shared/domain/problem.ts'
import { type CommandLine, childEnvironment, howItEnded, runProcess } from '../run-process.ts'
import { type Check, type CheckPatience, healthy, type Severity, timed, unhealthy } from './check.ts'

export interface CommandCheckConfig extends CheckPatience {
  readonly kind: 'command'
  readonly name: string
  readonly severity: Severity
  readonly command: CommandLine
}

export interface CommandCheckPlace {
  /** The state directory, where the command runs. */
  readonly dir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly redact?: readonly string[]
}

export function createCommandCheck(config: CommandCheckConfig, place: CommandCheckPlace): Check {
  return {
    ...config,
    run: ({ expectedVersion, signal }) =>
      timed(async () => {
        try {
          const own = { HEADGATE_DIR: place.dir, HEADGATE_VERSION: expectedVersion ?? '' }
          const result = await runProcess({
            command: config.command,
            cwd: place.dir,
            env: childEnvironment(place.env, own),
            timeoutSeconds: config.timeoutSeconds,
            graceSeconds: 2,
            signal,
            ...(place.redact === undefined ? {} : { redact: place.redact }),
          })
          const said = result.lastLines.at(-1) ?? 'it said nothing'
          const numbers = {
            code: result.code,
            signal: result.signal,
            timedOut: result.timedOut || result.aborted,
          }
          if (result.code === 0) return healthy(said, numbers)
          const late = result.timedOut || result.aborted
          const how = howItEnded({ ...result, timedOut: late }, config.timeoutSeconds)
          return unhealthy(`the command ${how}: ${said}`, numbers)
        } catch (error) {
          if (error instanceof Problem) return unhealthy(error.message)
          throw error
        }
      }),
  }
}
