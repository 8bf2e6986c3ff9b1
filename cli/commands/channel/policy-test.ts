/** `headgate channel policy test`: which of the promotions of the past this policy would have let wait, and for what. */
import { type Command, Option } from 'commander'
import { type PresetName, presets } from '../../../shared/domain/policy.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { readPolicy } from '../../policy-file.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly file?: string
  readonly preset?: PresetName
}

/** Gates whose numbers come from the racks, and are those of today. */
const counted = ['artifacts', 'coverage', 'soak', 'failures']

export function channelPolicyTestCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel policy test stable --app rack --preset team',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option('--file <file>', 'the policy in JSON or TOML; - is what comes in (else the one in force)')
    .addOption(
      new Option('--preset <preset>', 'or one of those that come along').choices(Object.keys(presets)),
    )
    .action(async (channel: string, options: Options) => {
      const { app, file, preset } = options
      const { api, report } = await openSession(deps, options)
      const calls = api.v1.apps[':app'].channels[':channel']
      const param = at({ app, channel })
      const { policy: present } = await unwrap(calls.details.$get({ query: {}, param }))
      const isGiven = file !== undefined || preset !== undefined
      const json = isGiven ? await readPolicy(deps, options, present) : present
      const tested = await unwrap(calls.policy.test.$post({ param, json }))
      const { promotions } = tested
      const waited = promotions.filter(({ outcome }) => outcome !== 'pass')
      report.show('PolicyTest', tested, (page) => {
        page.table(
          ['promoted', 'when', 'would have', 'gates', 'why'],
          promotions.map(({ version, at: when, outcome, open }) => [
            version,
            page.when(when),
            outcome === 'pass' ? 'passed' : outcome === 'fail' ? 'failed' : 'waited',
            open.map(({ gate }) => gate).join(', '),
            oneLine(open[0]?.detail ?? '', 100),
          ]),
        )
        page.line(`${waited.length} of ${promotions.length} promotions would not have passed at once.`)
      })
      const told = promotions.flatMap(({ open }) => open.map(({ gate }) => gate))
      const ofToday = counted.filter((gate) => told.some((one) => one === gate) || gate in json.gates)
      if (promotions.length > 0 && ofToday.length > 0)
        report.warn(`What racks have shown (${ofToday.join(', ')}) is counted today, not as it was then.`)
      if (isGiven) report.next(`headgate channel policy set ${channel} --app ${app} --dry-run --reason "…"`)
    })
}
