/**
 * `headgate channel policy set`: the whole policy at once, judged by the one in force. What it would change for proposals
 * and racks is shown before and after.
 */
import { type Command, Option } from 'commander'
import type { PolicyChangeBody } from '../../../shared/contract/gates.ts'
import { type PresetName, presets } from '../../../shared/domain/policy.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { readPolicy } from '../../policy-file.ts'
import { drawPolicy } from '../../policy-page.ts'
import { presetNames } from '../../rollout-option.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly file?: string
  readonly preset?: PresetName
  readonly rollout?: string
  readonly reason: string
}

export function channelPolicySetCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate channel policy set stable --app rack --preset team --reason "we have a staging now" --dry-run',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option('--file <file>', 'the policy in JSON or TOML; - is what comes in')
    .addOption(
      new Option('--preset <preset>', 'or one of those that come along').choices(Object.keys(presets)),
    )
    .option(
      '--rollout <preset-or-file>',
      `how a head reaches the racks, beside those or alone: ${presetNames}, a file, or none`,
    )
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (channel: string, options: Options) => {
      const { app, reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const calls = api.v1.apps[':app'].channels[':channel']
      const param = at({ app, channel })
      const present = await unwrap(calls.details.$get({ query: {}, param }))
      const policy = await readPolicy(deps, options, present.policy)
      const change = await unwrap(
        calls.policy.$put({ param, query: dryRunQuery(dryRun), json: { policy, reason } }),
      )
      report.show('PolicyChange', change, (page) => drawChange(page, change))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else if (change.proposal) report.done(`${change.proposal} sets it with its last approval.`)
      else report.done(`The policy of ${channel} is at revision ${change.policyRevision}.`)
      report.next(
        change.proposal === null || dryRun
          ? `headgate channel policy show ${channel} --app ${app}`
          : `headgate proposal show ${change.proposal} --app ${app}`,
      )
    })
}

function drawChange(page: Page, { policy, proposal, proposals, decisions }: PolicyChangeBody): void {
  if (proposal !== null) page.mark('waiting', `the policy in force asks for approvals: ${proposal}`)
  drawPolicy(page, policy)
  page.line()
  for (const { id, version, before, after, isCarriedOut } of proposals) {
    const [was, is] = [openIn(before), openIn(after)]
    const end = isCarriedOut ? '; it carries itself out at once' : ''
    page.mark(
      is === '' ? 'ok' : 'waiting',
      `${id} (${version}) waits for ${is || 'nothing'}, before for ${was || 'nothing'}${end}`,
    )
  }
  const { asked, changed, racks } = decisions
  if (changed === 0) {
    page.mark('ok', `none of ${asked} racks would be told anything else`)
    return
  }
  page.line(`${changed} of ${asked} racks would be told something else`)
  page.table(
    ['rack', 'channel', 'told now', 'then'],
    racks.map(({ rack, channel, before, after }) => [rack, channel, wordsOf(before), wordsOf(after)]),
  )
  if (changed > racks.length) page.line(`and ${changed - racks.length} more`)
}

function openIn(verdicts: PolicyChangeBody['proposals'][number]['before']): string {
  return verdicts
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ gate }) => gate)
    .join(', ')
}

function wordsOf({
  action,
  target,
  reason,
}: PolicyChangeBody['decisions']['racks'][number]['before']): string {
  return `${action}${target === null ? '' : ` to ${target}`}, ${reason}`
}
