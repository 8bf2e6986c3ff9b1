/** A directory of a test's own under the system's temporary one, removed when the test is over. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** To be called inside a test. */
export function scratchDirectory(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'headgate-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
