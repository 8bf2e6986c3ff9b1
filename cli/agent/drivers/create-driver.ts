/** The driver a rack is configured with; each kind is loaded only when it is the one. */

import type { DriverConfig } from '../rack-config-drivers.ts'
import type { Driver } from './driver.ts'
import type { DriverPlace } from './run-step.ts'

export async function createDriver(config: DriverConfig, place: DriverPlace): Promise<Driver> {
  if (config.kind === 'directory') {
    const { createDirectoryDriver } = await import('./directory.ts')
    return createDirectoryDriver(config, place)
  }
  if (config.kind === 'rolling') {
    const { createRollingDriver } = await import('./rolling.ts')
    return createRollingDriver(config, place)
  }
  if (config.kind === 'convox') {
    const { createConvoxDriver } = await import('./convox.ts')
    return createConvoxDriver(config, place)
  }
  const { createCommandDriver } = await import('./command.ts')
  return createCommandDriver(config, place)
}
