/**
 * Those who live through a postmortem: maintainers with a registry, and racks that follow its channels. Every act is
 * `headgate` as a process of its own. The app has the two channels that every app is made with: `unstable` takes what
 * is published and is what staging follows, and `stable` takes what is promoted.
 */
import { join } from 'node:path'
import { expect } from 'vitest'
import { furnish } from '../support/campaign-yard.ts'
import { type Ended, headgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

export interface Team {
  readonly cwd: string
  /** A maintainer's command, however it ends. */
  types(...words: readonly string[]): Promise<Ended>
  /** The same, and it has to succeed. */
  does(...words: readonly string[]): Promise<Ended>
  /** Enrols a rack in `NAME/` below `cwd`. */
  rack(wish: RackWish): Promise<TeamRack>
}

export interface RackWish {
  readonly name: string
  readonly channel: 'unstable' | 'stable'
  /** The driver's words for `enroll`. */
  readonly driver: readonly string[]
  /** What its operator has exported. */
  readonly env?: Readonly<Record<string, string>>
}

export interface TeamRack {
  readonly dir: string
  /** A verb on the rack; `--dir` is added. */
  runs(...words: readonly string[]): Promise<Ended>
  /** Writes everything of rack.toml from [driver] on. */
  configures(toml: string): void
}

/** To be called inside a test. */
export async function aTeam(app: string, scheme: 'semver' | 'timestamp'): Promise<Team> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const team: Team = {
    cwd,
    types: (...words) => headgate(words, { cwd, env: registry.env }),
    async does(...words) {
      const ended = await team.types(...words)
      expectDone(ended)
      return ended
    },
    async rack({ name, channel, driver, env = {} }) {
      const dir = join(cwd, name)
      const who = ['--app', app, '--channel', channel, '--name', name]
      const words = ['enroll', '--dir', dir, ...who, ...driver]
      expectDone(await headgate(words, { cwd, env: { ...env, ...registry.env } }))
      return {
        dir,
        runs: (...verb) => headgate([...verb, '--dir', dir], { cwd, env }),
        configures: (toml) => furnish(dir, toml),
      }
    },
  }
  await team.does('app', 'create', app, '--scheme', scheme)
  return team
}

/** It exited 0; otherwise the test fails with what it said. */
export function expectDone({ code, stderr }: Ended): void {
  expect(code, stderr).toBe(0)
}

/** In a test nothing is worth waiting for longer than this; the product's own defaults are more patient. */
export const hurried = `
[settle]
graceSeconds = 0
timeoutSeconds = 60
`
