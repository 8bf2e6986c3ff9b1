/** `headgate verify`: is what runs healthy now? If so it counts as proved on this rack, whoever installed it. */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { checksFor } from '../agent/checks/check.ts'
import { settle } from '../agent/checks/settle.ts'
import { monitorBesides } from '../agent/monitor.ts'
import { driftedNames } from '../agent/parameters/drift.ts'
import { proofNow, recordedContract, seenOn, standingOf } from '../agent/parameters/standing.ts'
import { type Rack, withRack, withRackDryRun } from '../agent/rack.ts'
import { type ProvedHere, withChangeBeside, withProved } from '../agent/rack-state.ts'
import { tellRegistry } from '../agent/tell-registry.ts'
import type { Deps } from '../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly dryRun?: boolean
}

export function verifyCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate verify --dir ./prod-1', problems: ['unhealthy', 'attempt_pending'] })
    .option('--dry-run', 'ask the checks and remember nothing')
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      const dryRun = options.dryRun === true
      const verified = dryRun
        ? await withRackDryRun(place, (rack) => verify(rack, true))
        : await withRack(place, 'verify', async (rack) => {
            const present = await verify(rack, false)
            await monitorBesides(rack)
            await tellRegistry(rack)
            return present
          })
      const { version, wasProved, checks, accepted } = verified
      report.show('Verification', { ...verified, dryRun }, (page) => {
        if (version === null)
          return page.mark('ok', 'nothing is installed, and the rack may be updated again')
        page.mark('ok', `${version} is healthy${wasProved ? '' : ', and counts as proved from now on'}`)
        if (accepted.length > 0)
          page.mark('ok', `so do its parameters as they are now: ${accepted.join(', ')} had drifted`)
        page.table(
          ['check', 'state', 'detail'],
          checks.map((check) => [check.name, check.state, check.detail]),
        )
      })
    })
}

/** What runs is proved by it, or, where nothing runs, a stuck first installation is over. Raises `unhealthy`. */
async function verify(rack: Rack, isDryRun: boolean) {
  const { driver, dir, place, state } = rack
  const version = await driver.current()
  if (version === null) {
    if (!state.stuck) {
      throw new Problem('unhealthy', 'Nothing is installed, so there is nothing to verify.', {
        hint: `headgate update --dir ${dir}`,
      })
    }
    rack.keep((present) => ({ ...present, stuck: null }))
    return { version, ok: true, detail: 'nothing is installed', checks: [], wasProved: false, accepted: [] }
  }
  // What is verified is what is there now: a check of parameters has nothing older to compare with.
  rack.parameters.baseline = await seenOn(rack)
  const { ok, detail, checks } = await settle(
    checksFor('settle', rack.checks),
    version,
    rack.config.settle,
    place.clock,
  )
  if (!ok) {
    throw new Problem('unhealthy', `${version} is not healthy: ${detail}.`, {
      hint: `headgate status --dir ${dir}`,
      numbers: { checks },
    })
  }
  const before = state.proved.find((one) => one.version === version)
  const drift = rack.parameters.seen && (await standingOf(rack, version))?.drift
  // Nothing is stored in a dry run, not even a record that nothing refers to.
  const proof = isDryRun ? {} : await proofNow(rack, recordedContract(rack, version))
  const { parameters: _before, ...known } = before ?? { version, floor: null, adopted: true }
  const proved: ProvedHere = { ...known, ...proof, at: place.clock.now() }
  rack.keep((present) => {
    const { outside: _accepted, ...after } = withChangeBeside(present, version, rack.time.now())
    return { ...after, stuck: null, proved: withProved(present.proved, proved) }
  })
  return {
    version,
    ok,
    detail,
    checks,
    wasProved: before !== undefined,
    accepted: drift ? driftedNames(drift) : [],
  }
}
