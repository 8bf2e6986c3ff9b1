/** A shell beside a registry of its own: what a maintainer has open. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../cli/agent/clock.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { type InProcessRegistry, inProcessRegistry } from '../support/in-process-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { createShell, type Shell, type ShellOptions } from './shell.ts'

export interface Desk extends InProcessRegistry {
  readonly headgate: Shell
  /** A shell like it, otherwise furnished. */
  readonly shell: (options: ShellOptions) => Shell
  readonly adminToken: string
  readonly now: () => number
  /** The registry's and the shell's. */
  readonly clock: Clock
  /** Where its files are. */
  readonly folder: string
  /** Everything that would show that something changed. */
  readonly changes: () => Promise<string>
}

/** To be called inside a test. The random keys are real here: every call is another one. */
export async function aDesk(startAt = Date.UTC(2016, 7, 16, 14)): Promise<Desk> {
  const folder = scratchDirectory()
  const clock = fakeClock(startAt)
  const here = await inProcessRegistry(join(folder, 'registry'), clock.now)
  const furniture: ShellOptions = {
    cwd: folder,
    clock,
    fetch: here.fetch,
    env: { HEADGATE_URL: here.url, HEADGATE_TOKEN_FILE: here.tokenFile },
    random: {
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
  }
  return {
    ...here,
    folder,
    now: clock.now,
    clock,
    adminToken: readFileSync(here.tokenFile, 'utf8').trim(),
    headgate: createShell(furniture),
    shell: (options) => createShell({ ...furniture, ...options }),
    async changes() {
      const { ledger, fleet, blobs } = here.registry
      const stored: string[] = []
      for await (const { sha256 } of blobs.list()) stored.push(sha256)
      return JSON.stringify([ledger.head, fleet.index.size, stored])
    },
  }
}
