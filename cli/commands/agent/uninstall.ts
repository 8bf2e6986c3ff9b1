/** `headgate agent uninstall`: removes what `agent install` wrote, and nothing else; the rack's directory stays. */
import { basename } from 'node:path'
import type { Command } from 'commander'
import { isSystemdRunning, systemctlFor } from '../../agent/install/systemctl.ts'
import { carryOut, changesTo } from '../../agent/install/unit-folder.ts'
import type { Deps } from '../../deps.ts'
import { openRackSession, rackVerb } from '../../rack-session.ts'
import { commandFor, type UnitOptions, unitOptions, unitPlaceOf } from './install.ts'

export function agentUninstallCommand(deps: Deps): Command {
  return unitOptions(
    rackVerb({
      example: 'headgate agent uninstall --dir /var/lib/headgate',
      problems: ['name_taken', 'update_failed'],
    }),
  ).action(async (options: UnitOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    const { files, env } = place
    const unitPlace = unitPlaceOf({ cwd: deps.cwd, env }, options)
    const changes = changesTo([], options.unit, dir, unitPlace, files)
    const isHere = unitPlace.root === '/' && isSystemdRunning(files)
    if (!options.dryRun) {
      const systemctl = systemctlFor(unitPlace.isOfUser, env)
      if (isHere) for (const { path } of changes) await systemctl('disable', '--now', basename(path))
      carryOut(changes, files)
      if (isHere && changes.length > 0) await systemctl('daemon-reload')
    }
    const removed = changes.map(({ path }) => path)
    report.show('AgentUnit', { unit: options.unit, dryRun: options.dryRun === true, removed }, (page) => {
      for (const path of removed) page.line(`${options.dryRun ? 'would remove' : 'removed'} ${path}`)
      if (removed.length === 0) page.line(`no unit ${options.unit} of ${dir} is installed`)
    })
    if (options.dryRun) return report.say('A dry run: nothing was changed.')
    if (removed.length > 0) report.done(`${dir} stays as it is.`)
    if (isHere || removed.length === 0 || options.root !== undefined) return
    report.warn('systemd does not run this machine: nothing was stopped.')
    report.next(commandFor(options, 'daemon-reload'))
  })
}
