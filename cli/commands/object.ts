/**
 * `headgate object`: no channel takes the release until somebody answers. Anybody may, and a rack too: with `--dir` it is
 * the rack that objects, with its own token, by default to what it runs.
 */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { at, dryRunQuery, openRegistry, type Registry, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { drawObjections } from '../objections-page.ts'
import { createReport, type Report } from '../output.ts'
import { openSession } from '../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly dir?: string
  readonly reason: string
}

export function objectCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate object 1.4.0 --app rack --reason "it loses connections under load"',
    problems: ['app_not_found', 'release_not_found', 'not_enrolled'],
  })
    .argument('[version]', 'the release (with --dir, else what the rack runs)')
    .option('--app <app>', 'the app')
    .option('--dir <dir>', "a rack's directory: the rack itself objects")
    .requiredOption('--reason <text>', 'what is wrong')
    .addOption(dryRunOption())
    .action(async (version: string | undefined, options: Options) => {
      const { reason, dryRun } = options
      const objector = await objectorOf(deps, version, options)
      const { registry, report, app } = objector
      const record = await unwrap(
        registry.api.v1.apps[':app'].releases[':version'].objections.$post({
          param: at({ app, version: objector.version }),
          query: dryRunQuery(dryRun),
          json: { reason },
        }),
      )
      report.show('ReleaseRecord', record, (page) => drawObjections(page, record))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`No channel takes ${objector.version} until that is answered.`)
      const own = record.objections.findLast((one) => one.answer === null && one.reason === reason)
      if (own) report.next(`headgate objection answer ${own.id} --app ${app} --note "…"`)
    })
}

interface Objector {
  readonly registry: Pick<Registry, 'api'>
  readonly report: Report
  readonly app: string
  readonly version: string
}

async function objectorOf(deps: Deps, version: string | undefined, options: Options): Promise<Objector> {
  if (options.dir !== undefined) return asRack(deps, version, options, options.dir)
  const { app } = options
  if (app === undefined || version === undefined) {
    const missing = app === undefined ? '--app is' : 'The version is'
    throw new Problem(
      'invalid_input',
      `${missing} missing: without --dir nobody knows which release is meant.`,
      {
        hint: 'headgate object VERSION --app APP --reason "…"',
      },
    )
  }
  const session = await openSession(deps, options)
  return { registry: session, report: session.report, app, version }
}

/** The rack's registry, its token and its app: what the environment says is about somebody else. */
async function asRack(
  deps: Deps,
  version: string | undefined,
  options: Options,
  dir: string,
): Promise<Objector> {
  const given = ['app', 'url', 'tokenFile', 'context'].find((name) => Object.hasOwn(options, name))
  if (given !== undefined) {
    throw new Problem(
      'invalid_input',
      'With --dir the rack objects: its registry, app and token are its own.',
      {
        hint: `headgate object --dir ${dir} --reason "…"`,
      },
    )
  }
  const { readIdentity } = await import('../rack-identity.ts')
  const { app, url, token, runs } = readIdentity(deps, dir)
  const release = version ?? runs
  if (release === null) {
    throw new Problem('invalid_input', `Nothing is known to run in ${dir}, so the version has to be named.`, {
      hint: `headgate status --dir ${dir}`,
    })
  }
  const report = createReport(deps.out, deps.clock.now, options)
  const registry = openRegistry(deps, { url, token: { kind: 'value', value: token, from: dir } }, report.say)
  return { registry, report, app, version: release }
}
