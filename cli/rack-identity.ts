/** Who a rack is to its registry, read from its directory without opening it for work: it may be at work right now. */
import { resolve } from 'node:path'
import { readRackConfig } from './agent/rack-config.ts'
import { readRackState } from './agent/rack-state.ts'
import { readRackToken } from './agent/rack-token.ts'
import type { Deps } from './deps.ts'

export interface RackIdentity {
  readonly url: string
  readonly app: string
  readonly token: string
  /** What ran when it last looked. */
  readonly runs: string | null
}

/** Raises `not_enrolled`, `not_signed_in`, or what is wrong with the configuration. */
export function readIdentity(
  { cwd, files, env }: Pick<Deps, 'cwd' | 'files' | 'env'>,
  given: string,
): RackIdentity {
  const dir = resolve(cwd, given)
  const { registry, rack } = readRackConfig(dir, files)
  return {
    url: registry.url,
    app: rack.app,
    token: readRackToken(dir, files, env),
    runs: readRackState(dir, rack.channel, files).runs,
  }
}
