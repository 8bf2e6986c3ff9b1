/** `headgate audit redact`: erases words of one event, on the record; that it happened, and its hash, stay. */
import type { Command } from 'commander'
import type { RedactionBody } from '../../../shared/contract/audit.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { oneLine } from '../../plain-text.ts'
import { confirmByName } from '../../prompt.ts'
import { openSession } from '../../session.ts'
import { collect, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly field?: readonly string[]
  readonly reason: string
  readonly confirm?: string
}

export function auditRedactCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate audit redact 41 --field /reason --reason "a password was pasted" --confirm 41',
    problems: ['event_not_found', 'confirmation_required', 'declined'],
  })
    .argument('<sequence>', 'the event, as audit log numbers it')
    .option('--field <pointer>', 'the words to erase, such as /reason or /note (several times)', collect)
    .requiredOption('--reason <text>', 'why; it stands in the ledger, so do not repeat what you erase')
    .option('--confirm <sequence>', 'confirm by the sequence')
    .addOption(dryRunOption())
    .action(async (sequence: string, options: Options) => {
      const { field: fields = [], reason, dryRun } = options
      if (!/^[1-9]\d{0,14}$/.test(sequence))
        throw new Problem('invalid_input', `"${sequence.slice(0, 40)}" is not the sequence of an event.`, {
          hint: 'headgate audit log',
        })
      if (fields.length === 0) {
        throw new Problem('invalid_input', 'Which words? Name them with --field.', {
          hint: `headgate audit redact ${sequence} --field /reason --reason "…" --dry-run`,
        })
      }
      const { api, report } = await openSession(deps, options)
      const json = { fields: [...fields], reason }
      const redact = (isDryRun: boolean) =>
        unwrap(
          api.v1.audit[':sequence'].redact.$post({
            param: at({ sequence }),
            query: dryRunQuery(isDryRun),
            json,
          }),
        )
      if (!dryRun) {
        await confirmByName(deps, {
          name: sequence,
          given: options.confirm,
          act: `This erases ${fields.join(', ')} of event ${sequence} for ever.`,
          preview: async () => {
            const planned = await redact(true)
            if (!report.isJson) report.show('Redaction', planned, (page) => draw(page, planned))
          },
        })
      }
      const redaction = await redact(dryRun === true)
      report.show('Redaction', redaction, (page) => draw(page, redaction))
      if (dryRun) report.say('A dry run: nothing was erased.')
      else report.done(`Erased; event ${redaction.redaction} says so.`)
      if (redaction.alsoIn.length > 0)
        report.warn(
          `The same words stand in ${redaction.alsoIn.map(String).join(', ')}: each wants a redaction of its own.`,
        )
      report.warn(
        'Not touched: what racks reported, their orders, files of break-glass, logs, backups, earlier exports.',
      )
      report.next('headgate audit verify')
    })
}

function draw(page: Page, { sequence, type, app, fields, event }: RedactionBody): void {
  page.fields([
    ['event', `${sequence}, ${type}${app === null ? '' : ` of ${app}`}`],
    ['erased', fields.join(', ')],
    ['what stands', oneLine(JSON.stringify(event), 400)],
  ])
}
