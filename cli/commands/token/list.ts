/** `headgate token list`: who may do what, until when, and whether they still do. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

export function tokenListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate token list' }).action(async (options: RegistryOptions) => {
    const { api, report } = await openSession(deps, options)
    const { tokens } = await unwrap(api.v1.tokens.$get())
    report.show('TokenList', { tokens }, (page) => {
      page.table(
        ['token', 'name', 'role', 'scopes', 'for', 'state', 'ends', 'last used', 'created by'],
        tokens.map((token) => [
          token.id,
          token.name,
          token.role,
          token.scopes.join(','),
          [token.app ?? 'every app', token.channel].filter(Boolean).join('/'),
          token.state,
          page.when(token.effective.endsAt),
          page.when(token.lastUsedAt),
          token.createdBy,
        ]),
      )
    })
  })
}
