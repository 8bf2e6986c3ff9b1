/** `headgate token create`: the secret is made here and shown once; the registry is only given its digest. */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { type Role, roles, type Scope, scopes } from '../../../shared/domain/access.ts'
import { toIso } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { digestOfToken, mintToken } from '../../../shared/trust/token.ts'
import { dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { parseUntil } from '../../duration.ts'
import { labelsOf } from '../../labels.ts'
import { keepSecret } from '../../secret-file.ts'
import { openSession } from '../../session.ts'
import { collect, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

/** A rack makes its own token when it enrols. */
type TokenRole = Exclude<Role, 'rack'> | 'join'

interface Options extends RegistryOptions {
  readonly role: TokenRole
  readonly app?: string
  readonly channel?: string
  readonly scope?: readonly Scope[]
  readonly label?: readonly string[]
  readonly expires?: string
  readonly out?: string
}

const usualDays: Readonly<Record<TokenRole, number>> = {
  viewer: 90,
  publisher: 90,
  maintainer: 90,
  admin: 90,
  join: 1,
}

export function tokenCreateCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate token create ci --role publisher --app rack --expires 90d --out ./ci.token',
    problems: ['name_taken', 'app_not_found', 'channel_not_found', 'invalid_date'],
  })
    .argument('<name>', 'who or what will use it')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices([...roles.filter((role) => role !== 'rack'), 'join'])
        .makeOptionMandatory(),
    )
    .option('--app <app>', 'only for this app')
    .option('--channel <channel>', 'only for this channel of the app')
    .addOption(
      new Option('--scope <scope>', `more than its role: ${scopes.join(' or ')}; repeatable`).argParser(
        collectScope,
      ),
    )
    .option('--label <name=value>', 'for a join token: what its racks are labelled with; repeatable', collect)
    .option('--expires <when>', '30d, 2026-12-01 or RFC 3339 (default: 90d, and 1d for join)')
    .option('--out <file>', 'write the secret there, readable only by you, instead of printing it')
    .addOption(dryRunOption())
    .action(async (name: string, options: Options) => {
      const { role, app, channel, out, dryRun } = options
      const now = deps.clock.now()
      const expiresAt = parseUntil('--expires', options.expires ?? `${usualDays[role]}d`, now)
      const secret = mintToken(role, deps.random.bytes(32))
      const { api, report } = await openSession(deps, options)
      const register = () =>
        unwrap(
          api.v1.tokens.$post({
            query: dryRunQuery(dryRun),
            json: {
              name,
              role,
              scopes: [...(options.scope ?? [])],
              labels: labelsOf(options.label),
              expiresAt: toIso(expiresAt),
              sha256: digestOfToken(secret),
              ...(app !== undefined && { app }),
              ...(channel !== undefined && { channel }),
            },
          }),
        )
      const token =
        dryRun || out === undefined
          ? await register()
          : await keepSecret(resolve(deps.cwd, out), secret, register)
      const shown = dryRun || out !== undefined ? {} : { token: secret }
      report.show('Token', { ...token, ...shown }, (page) => {
        if (shown.token !== undefined) page.line(shown.token)
      })
      if (dryRun) report.say('A dry run: no token was made.')
      else {
        report.done(`The token ${name} (${token.id}, ${role}) is good until ${token.expiresAt}.`)
        report.say(out === undefined ? 'It is shown only now.' : `It is in ${out}.`)
      }
      report.next('headgate token list')
    })
}

function collectScope(text: string, before: readonly Scope[] | undefined): Scope[] {
  const scope = scopes.find((one) => one === text)
  if (scope) return [...(before ?? []), scope]
  throw new Problem('invalid_input', `--scope "${text}" is none of ${scopes.join(', ')}.`)
}
