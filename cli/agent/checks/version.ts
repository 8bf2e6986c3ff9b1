/** The `version` check: what the driver says is installed is what should be. Every attempt has it, configured or not. */

import { Problem } from '../../../shared/domain/problem.ts'
import type { Driver } from '../drivers/driver.ts'
import { type Check, type CheckPatience, healthy, type Severity, timed, unhealthy } from './check.ts'

export interface VersionCheckConfig extends CheckPatience {
  readonly kind: 'version'
  readonly name: string
  readonly severity: Severity
}

const versionCheckDefaults: VersionCheckConfig = {
  kind: 'version',
  name: 'version',
  severity: 'fail',
  // Each round asks the driver anyway; to monitor it as well may cost a process a minute, and is asked for.
  when: ['settle'],
  timeoutSeconds: 60,
  intervalSeconds: 5,
  healthyCount: 1,
  unhealthyCount: 3,
  monitorSeconds: 60,
}

export function createVersionCheck(
  driver: Pick<Driver, 'current'>,
  config: VersionCheckConfig = versionCheckDefaults,
): Check {
  return {
    ...config,
    run: ({ expectedVersion }) =>
      timed(async () => {
        try {
          const version = await driver.current()
          const found = version === null ? 'nothing is installed' : `${version} is installed`
          if (version === expectedVersion) return healthy(found, { version })
          return unhealthy(`${found}, expected ${expectedVersion ?? 'nothing'}`, { version })
        } catch (error) {
          if (error instanceof Problem) return unhealthy(error.message)
          throw error
        }
      }),
  }
}
