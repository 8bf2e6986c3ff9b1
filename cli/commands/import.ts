/** `headgate import`: takes over a release history: in chunks, additive only, and again without harm. */
import { type Command, Option } from 'commander'
import type { Deps } from '../deps.ts'
import { Exit } from '../exit.ts'
import { drawImport } from '../import-page.ts'
import { readImportRows } from '../import-rows.ts'
import { type ImportFormat, importFormats, runImport } from '../import-run.ts'
import { createProgress } from '../progress.ts'
import { openSession } from '../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly format: ImportFormat
}

export function importCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate import ./versions.json --app rack --format convox-versions',
    problems: ['app_not_found', 'body_too_large'],
    exits: { 1: 'rows were refused; the others were taken' },
  })
    .argument('<file>', 'a JSON array or JSON lines, or - for standard input')
    .addOption(appOption())
    .addOption(
      new Option('--format <format>', 'what the rows are').choices(importFormats).default('headgate'),
    )
    .addOption(dryRunOption())
    .action(async (file: string, options: Options) => {
      const { app, format, dryRun = false } = options
      const session = await openSession(deps, options)
      const progress = createProgress(deps.out.stderr, {
        label: `import into ${app}`,
        total: null,
        show: (rows) => `${rows} rows`,
        monotonic: deps.clock.monotonic,
      })
      let sent = 0
      const report = await runImport(session, readImportRows(deps, file), {
        app,
        format,
        dryRun,
        onProgress: ({ rows }) => {
          sent = rows
          progress.update(rows)
        },
      })
        .catch((error: unknown) => {
          if (sent > 0 && !dryRun) {
            session.report.warn(
              `The first ${sent} rows are through; the same command again goes on behind them.`,
            )
          }
          throw error
        })
        .finally(progress.end)
      session.report.show('ImportReport', report, (page) => drawImport(page, report))
      if (dryRun) session.report.say('A dry run: nothing was changed.')
      else
        session.report.done(
          `${report.taken} of ${report.rows} rows were taken, ${report.present} were there already.`,
        )
      if (report.refused.length > 0) {
        session.report.warn(
          `${report.refused.length} rows were refused. The same command again takes what is mended.`,
        )
      }
      session.report.next(`headgate release list --app ${app}`)
      if (report.refused.length > 0) throw new Exit(1)
    })
}
