/** `headgate rack label`: sets and removes labels, by which rollouts choose racks; a check-in never does. */
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason?: string
}

export function rackLabelCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack label prod-1 tier=canary region- --app rack',
    problems: ['app_not_found', 'rack_not_found'],
  })
    .argument('<rack>', 'its name')
    .argument('<labels...>', 'NAME=VALUE sets a label, NAME- takes it away; the others stay')
    .addOption(appOption())
    .option('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (rack: string, given: readonly string[], options: Options) => {
      const { app, reason, dryRun } = options
      const labels = changesOf(given)
      const { api, report } = await openSession(deps, options)
      const ordered = await unwrap(
        api.v1.apps[':app'].racks[':rack'].labels.$post({
          param: at({ app, rack }),
          query: dryRunQuery(dryRun),
          json: { labels, ...(reason !== undefined && { reason }) },
        }),
      )
      report.show('OrderedRack', ordered, (page) => {
        const present = Object.entries(ordered.rack.labels).map(([name, value]) => `${name}=${value}`)
        page.fields([
          ['rack', `${rack} of ${app}`],
          ['labels', present.join(' ') || 'none'],
        ])
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The labels of ${rack} are as they should be.`)
      report.next(`headgate rack show ${rack} --app ${app}`)
    })
}

function changesOf(given: readonly string[]): Record<string, string | null> {
  const changes = given.map(changeOf)
  const names = changes.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Problem('invalid_input', `The label "${twice}" is given twice.`)
  return Object.fromEntries(changes)
}

function changeOf(text: string): readonly [string, string | null] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  const [, removed] = /^([^=]+)-$/.exec(text) ?? []
  if (removed !== undefined) return [removed, null]
  throw new Problem('invalid_input', `"${text}" is neither NAME=VALUE nor NAME-.`, {
    hint: 'headgate rack label RACK tier=canary --app APP',
  })
}
