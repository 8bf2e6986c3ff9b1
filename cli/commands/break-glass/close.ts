/** `headgate break-glass close`: its token ends at once; by the disk, or by the registry that knows it. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import {
  readBreakGlass,
  removeBreakGlassToken,
  requireDataFolder,
  writeBreakGlass,
} from '../../break-glass-files.ts'
import type { Deps } from '../../deps.ts'
import { createReport } from '../../output.ts'
import { openSession } from '../../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly data?: string
}

export function breakGlassCloseCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate break-glass close BG-1a2b3c4d --data ./registry',
    problems: ['break_glass_not_found', 'invalid_input'],
  })
    .argument('<break-glass>', 'its id')
    .option('--data <dir>', "the registry's own folder; without it the registry is asked")
    .addOption(dryRunOption())
    .action(async (id: string, options: Options) => {
      const { data, dryRun = false } = options
      if (data === undefined) {
        const { api, report } = await openSession(deps, options)
        const closed = await unwrap(
          api.v1['break-glass'][':breakGlass'].close.$post({
            param: at({ breakGlass: id }),
            query: dryRunQuery(dryRun),
            json: {},
          }),
        )
        report.show('BreakGlass', closed, (page) => page.line(`${closed.id}: ${closed.standing}`))
        if (dryRun) report.say('A dry run: nothing was changed.')
        else report.done(`${id} is closed.`)
        return report.next('headgate review list')
      }
      const report = createReport(deps.out, deps.clock.now, options)
      const closed = closeOnDisk(deps, resolve(deps.cwd, data), id, dryRun)
      report.show('BreakGlassClosed', { id, wasOpen: closed, dryRun }, (page) =>
        page.line(`${id}: ${closed ? 'closed' : 'was closed before'}`),
      )
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.say('Its token is good for nothing now: set HEADGATE_TOKEN_FILE to one of your own.')
      report.next('headgate review list')
    })
}

/** False when it was closed before. */
function closeOnDisk(deps: Deps, dataDir: string, id: string, isDryRun: boolean): boolean {
  requireDataFolder(deps, dataDir)
  const glass = readBreakGlass(deps, dataDir).find((one) => one.id === id)
  if (!glass) {
    throw new Problem(
      'break_glass_not_found',
      `Break-glass ${id.slice(0, 64)} was never opened in ${dataDir}.`,
      {
        hint: `ls ${dataDir}/break-glass`,
      },
    )
  }
  if (glass.closedAt !== undefined) return false
  if (isDryRun) return true
  writeBreakGlass(deps, dataDir, { ...glass, closedAt: deps.clock.now() })
  removeBreakGlassToken(deps, dataDir, id)
  return true
}
