/**
 * `headgate doctor`: one line when all is well; otherwise what, why, and the command to run. Exit 0 when all is well or
 * there are only warnings, 1 when something has failed.
 */
import type { Command } from 'commander'
import { examine } from '../agent/doctor.ts'
import { openRack } from '../agent/rack.ts'
import type { Deps } from '../deps.ts'
import { Exit } from '../exit.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

export function doctorCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate doctor --dir ./prod-1',
    exits: { 1: 'something has failed (warnings alone end with 0)' },
  }).action(async (options: RackOptions) => {
    const { place, report } = openRackSession(deps, options)
    const rack = await openRack(place)
    const findings = await examine(rack)
    const worries = findings.filter(({ isWell }) => !isWell)
    const worstFirst = worries.toSorted((a, b) => a.severity.localeCompare(b.severity))
    report.show('Health', { rack: rack.config.rack.name, isWell: worries.length === 0, findings }, (page) => {
      if (worries.length === 0)
        return page.mark('ok', `${rack.config.rack.name} is well: ${findings.length} questions asked`)
      for (const { question, severity, detail, command } of worstFirst) {
        page.mark(severity, `${question} ${detail}`)
        if (command) page.line(`    ${command}`)
      }
    })
    if (worries.some(({ severity }) => severity === 'failed')) throw new Exit(1)
  })
}
