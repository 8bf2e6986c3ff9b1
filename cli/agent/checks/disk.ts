/** The `disk` check: room for what comes next, as bytes, as a share, or both. */

import { statfs } from 'node:fs/promises'
import { type Check, type CheckPatience, healthy, type Severity, timed, unhealthy } from './check.ts'

export interface DiskCheckConfig extends CheckPatience {
  readonly kind: 'disk'
  readonly name: string
  readonly severity: Severity
  /** Any path on the file system that is meant. */
  readonly path: string
  readonly minFreeBytes?: number
  readonly minFreePercent?: number
}

export function createDiskCheck(config: DiskCheckConfig): Check {
  return {
    ...config,
    run: () =>
      timed(async () => {
        const space = await statfs(config.path).catch((error: unknown) => {
          if (error instanceof Error) return error
          throw error
        })
        if (space instanceof Error) return unhealthy(`${config.path}: ${space.message}`)
        // What this user may still write: root's reserve is not ours.
        const freeBytes = space.bavail * space.bsize
        const freePercent = space.blocks === 0 ? 0 : Math.floor((space.bavail / space.blocks) * 1_000) / 10
        const numbers = { freeBytes, freePercent, freeFiles: space.ffree }
        const found = `${config.path} has ${freeBytes} bytes free (${freePercent} %)`
        if (freeBytes < (config.minFreeBytes ?? 0)) {
          return unhealthy(`${found}, needs ${config.minFreeBytes} bytes`, numbers)
        }
        if (freePercent < (config.minFreePercent ?? 0)) {
          return unhealthy(`${found}, needs ${config.minFreePercent} %`, numbers)
        }
        return healthy(found, numbers)
      }),
  }
}
