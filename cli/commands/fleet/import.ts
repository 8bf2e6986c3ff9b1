/** `headgate fleet import`: makes racks that are known from elsewhere, all of them or, with every bad line named, none. */
import type { Command } from 'commander'
import { mostImported } from '../../../shared/contract/fleet.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { Exit } from '../../exit.ts'
import { readRackFile } from '../../fleet-import-file.ts'
import { createProgress } from '../../progress.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason?: string
}

export function fleetImportCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate fleet import ./racks.csv --app rack --dry-run',
    problems: ['app_not_found', 'body_too_large'],
    exits: { 1: 'a line is bad, and nothing was made' },
  })
    .argument('<file>', 'CSV (name,channel,platform,labels,current), a JSON array or JSON lines; - for stdin')
    .addOption(appOption())
    .option('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (file: string, options: Options) => {
      const { app, reason } = options
      const lines = await readRackFile(deps, file)
      refuseTooMany(file, lines.length)
      const unread = lines.flatMap((one) =>
        'why' in one ? [{ line: one.line, what: '?', why: one.why }] : [],
      )
      const racks = lines.flatMap((one) => ('why' in one ? [] : [one]))
      // With lines that cannot be read nothing may be made; the registry still says what is wrong with the others.
      const dryRun = options.dryRun === true || unread.length > 0
      const { api, report } = await openSession(deps, options)
      const progress = createProgress(deps.out.stderr, {
        label: `import into ${app}`,
        total: null,
        show: (count) => `${count} racks`,
        monotonic: deps.clock.monotonic,
      })
      progress.update(racks.length)
      const answer = await unwrap(
        api.v1.apps[':app'].fleet.import.$post({
          param: at({ app }),
          query: dryRunQuery(dryRun),
          json: { racks, ...(reason !== undefined && { reason }) },
        }),
      ).finally(progress.end)
      const bad = [...unread, ...answer.bad].sort((a, b) => a.line - b.line)
      const isBad = bad.length > 0
      const counts = isBad ? { made: 0, changed: 0 } : { made: answer.made, changed: answer.changed }
      const result = { ...answer, ...counts, dryRun: options.dryRun === true, bad }
      report.show('RackImport', result, (page) => {
        for (const { line, what, why } of bad) page.line(`line ${line}: ${what}: ${why}`)
        if (answer.otherBad > 0) page.line(`and ${answer.otherBad} bad lines more`)
        if (!isBad)
          page.fields([
            [options.dryRun ? 'would be made' : 'made', String(counts.made)],
            [options.dryRun ? 'would be changed' : 'changed', String(counts.changed)],
            ['there already', String(answer.present)],
          ])
      })
      if (isBad) {
        report.warn(
          `${counted(bad.length + answer.otherBad, 'bad line')}; nothing was made. Mend what is bad and run it again.`,
        )
        throw new Exit(1)
      }
      if (options.dryRun) report.say('A dry run: nothing was changed.')
      else report.done(doneWords(counts))
      report.next(`headgate fleet list --app ${app} --standing never_heard`)
    })
}

function refuseTooMany(file: string, racks: number): void {
  if (racks <= mostImported) return
  throw new Problem(
    'invalid_input',
    `${file} has ${racks} racks; at most ${mostImported} are made at once.`,
    {
      hint: `Split it into files of at most ${mostImported} racks, and import one after the other.`,
      numbers: { racks, mostImported },
    },
  )
}

function doneWords({ made, changed }: { readonly made: number; readonly changed: number }): string {
  const others = changed === 0 ? '' : `, and ${counted(changed, 'rack')} changed`
  return `${counted(made, 'rack')} made${others}; a rack that was made waits for headgate enroll under its name.`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
