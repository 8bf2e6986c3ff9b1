/** `headgate verify`: is what runs healthy now? If so it counts as proved on this rack, whoever installed it. */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { settle } from '../agent/checks/settle.ts'
import { withRack } from '../agent/rack.ts'
import { withProved } from '../agent/rack-state.ts'
import { tellRegistry } from '../agent/tell-registry.ts'
import type { Deps } from '../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly dryRun?: boolean
}

export function verifyCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate verify --dir ./prod-1', problems: ['unhealthy', 'preflight_failed'] })
    .option('--dry-run', 'ask the checks and remember nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      await withRack(place, 'verify', async (rack) => {
        const version = await rack.driver.current()
        if (version === null)
          throw new Problem('unhealthy', 'Nothing is installed, so there is nothing to verify.', {
            hint: `headgate update --dir ${dir}`,
          })
        const { ok, detail, checks } = await settle(rack.checks, version, rack.config.settle, place.clock)
        if (!ok)
          throw new Problem('unhealthy', `${version} is not healthy: ${detail}.`, {
            hint: `headgate status --dir ${dir}`,
            numbers: { checks },
          })
        const isKnown = rack.state.proved.some((one) => one.version === version)
        if (!options.dryRun) {
          const at = place.clock.now()
          const floor = rack.state.proved.find((one) => one.version === version)?.floor ?? null
          rack.keep((state) => ({
            ...state,
            stuck: null,
            proved: withProved(state.proved, {
              version,
              at,
              floor,
              ...(!isKnown && { adopted: true as const }),
            }),
          }))
          await tellRegistry(rack)
        }
        report.show(
          'Verification',
          { version, ok, detail, checks, wasProved: isKnown, dryRun: options.dryRun === true },
          (page) => {
            page.mark('ok', `${version} is healthy${isKnown ? '' : ', and counts as proved from now on'}`)
            page.table(
              ['check', 'state', 'detail'],
              checks.map((check) => [check.name, check.state, check.detail]),
            )
          },
        )
      })
    })
}
