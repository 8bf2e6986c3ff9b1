/** The checks a rack is configured with, and the version check that every attempt has. */

import type { Driver } from '../drivers/driver.ts'
import type { CheckConfig } from '../rack-config-checks.ts'
import type { Check } from './check.ts'
import { type CommandCheckPlace, createCommandCheck } from './command.ts'
import { createDiskCheck } from './disk.ts'
import { createHttpCheck } from './http.ts'
import { createVersionCheck } from './version.ts'

function createCheck(config: CheckConfig, driver: Pick<Driver, 'current'>, place: CommandCheckPlace): Check {
  if (config.kind === 'http') return createHttpCheck(config)
  if (config.kind === 'command') return createCommandCheck(config, place)
  return config.kind === 'disk' ? createDiskCheck(config) : createVersionCheck(driver, config)
}

/** In configured order, the version check first when it is not configured; it always decides. */
export function createChecks(
  configs: readonly CheckConfig[],
  driver: Pick<Driver, 'current'>,
  place: CommandCheckPlace,
): readonly Check[] {
  const checks = configs.map((config) => createCheck(config, driver, place))
  const isAsked = configs.some((config) => config.kind === 'version' && config.severity === 'fail')
  return isAsked ? checks : [createVersionCheck(driver), ...checks]
}
