/** `headgate alarm close`: somebody has looked, and says what it was. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { named } from '../../moving-page.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly note: string
}

export function alarmCloseCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate alarm close ALARM-1 --note "INC-7: put back from a backup on purpose"',
    problems: ['alarm_not_found', 'alarm_closed'],
  })
    .argument('<alarm>', 'its id')
    .requiredOption('--note <text>', 'what it was; kept for ever')
    .addOption(dryRunOption())
    .action(async (alarm: string, options: Options) => {
      const { note, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const closed = await unwrap(
        api.v1.alarms[':alarm'].close.$post({
          param: at({ alarm }),
          query: dryRunQuery(dryRun),
          json: { note },
        }),
      )
      const { kind: about, ...body } = closed
      report.show('Alarm', { about, ...body }, (page) => {
        page.fields([
          ['alarm', `${closed.alarm}, ${about}${closed.app === null ? '' : ` of ${closed.app}`}`],
          ['since', page.when(closed.since)],
          ['what', oneLine(closed.detail)],
          ...(closed.racks.length === 0 ? [] : [['racks', named(closed.racks)] as const]),
          ['note', oneLine(note)],
        ])
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`${closed.alarm} is closed.`)
      report.next('headgate alarm list')
    })
}
