/** A directory of a test's own under the system's temporary one, removed when the test is over. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** What is to be done when whoever asked is through: a test, or a part of the campaign. */
export type AtEnd = (cleanUp: () => Promise<void> | void) => void

/** To be called inside a test, unless somebody else says when it is over. */
export function scratchDirectory(atEnd: AtEnd = onTestFinished): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'headgate-test-'))
  atEnd(() => rmSync(path, { recursive: true, force: true }))
  return path
}
