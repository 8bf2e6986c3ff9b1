/** `headgate status`: what this rack is and does, from its own disk; no registry is asked. */
import type { Command } from 'commander'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { isOver } from '../agent/attempt.ts'
import type { HostRow } from '../agent/drivers/host-row.ts'
import { healthNow, reportedHealth } from '../agent/health.ts'
import { driftedNames } from '../agent/parameters/drift.ts'
import { standingOf } from '../agent/parameters/standing.ts'
import { openRack, type Rack } from '../agent/rack.ts'
import { ordersOf, outsideOf } from '../agent/rack-report.ts'
import { attemptsIn } from '../agent/recover.ts'
import type { RehearsalHere } from '../agent/rehearsals.ts'
import type { Deps } from '../deps.ts'
import { healthWords, markUnhealthy } from '../health-page.ts'
import { hostCells, hostColumns } from '../hosts-table.ts'
import { orderedFields, outsideWords, ownFields } from '../order-fields.ts'
import type { Page } from '../output.ts'
import { oneLine } from '../plain-text.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

export function statusCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate status --dir ./prod-1' }).action(async (options: RackOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    const status = await statusOf(await openRack(place))
    report.show('Status', status, (page) => {
      const {
        rack,
        registry,
        current,
        problem,
        proved,
        pin,
        hold,
        ordered,
        outside,
        bar,
        failures,
        underWay,
        stuck,
        lastDecision,
        health,
        parameters,
        hosts,
        rehearsed,
      } = status
      page.fields([
        ['rack', `${rack.name} of ${rack.app}, on ${rack.channel} (${rack.platform})`],
        ['registry', registry],
        ['runs', problem ?? current ?? 'nothing'],
        ['health', healthWords(page, health)],
        ['proved', proved.map(({ version }) => version).join(', ') || 'nothing yet'],
        ...ownFields(page, { pin, hold }),
        ...orderedFields(page, ordered),
        ...(bar ? [['gone back', `from ${bar.upTo} to ${bar.above}`] as const] : []),
        ...(failures.length > 0
          ? [['failed here', failures.map(({ target, count }) => `${target} (${count})`).join(', ')] as const]
          : []),
        ...(rehearsed ? [['rehearsed', rehearsedWords(page, rehearsed)] as const] : []),
        ...(parameters ? [['parameters', wordsOf(parameters)] as const] : []),
        [
          'last decision',
          lastDecision
            ? `${lastDecision.body.action}, ${lastDecision.body.reason} (${page.when(lastDecision.at)})`
            : 'never asked',
        ],
        ...(lastDecision && lastDecision.body.action !== 'none'
          ? [['because', oneLine(lastDecision.body.detail)] as const]
          : []),
      ])
      if (hosts) page.table(hostColumns, hosts.map(hostCells))
      if (underWay)
        page.mark(
          'waiting',
          `an attempt to ${underWay.to} is ${underWay.state}; the next command ends it if nobody is at it`,
        )
      if (outside) page.mark('warning', outsideWords(outside, page.when))
      markUnhealthy(page, health)
      if (!stuck) return
      page.mark('failed', `stuck: ${stuck.message}`)
      if (stuck.hint) page.line(`    ${stuck.hint}`)
    })
    const isForPerson = status.stuck !== null || status.outside !== null
    report.next(`headgate ${isForPerson ? 'verify' : 'check'} --dir ${options.dir ?? dir}`)
  })
}

async function statusOf(rack: Rack) {
  const { config, state } = rack
  const current = await rack.driver.current().catch((error: unknown) => {
    if (error instanceof Problem) return error
    throw error
  })
  const last = attemptsIn(rack).at(-1)
  const health = healthNow(rack)
  const { proved, stuck, lastDecision, isAligning } = state
  const [rehearsed] = state.rehearsals ?? []
  const hosts = await hostsNow(rack)
  const parameters = await parametersNow(rack, current instanceof Problem ? null : current)
  return {
    rack: config.rack,
    registry: config.registry.url,
    driver: config.driver.kind,
    current: current instanceof Problem ? null : current,
    problem: current instanceof Problem ? current.message : null,
    proved: proved.map(({ at, parameters: _record, ...one }) => ({ ...one, at: toIso(at) })),
    ...ordersOf(state),
    outside: state.outside ? outsideOf(state.outside) : null,
    isAligning,
    rehearsed: rehearsed ? { ...rehearsed, at: toIso(rehearsed.at) } : null,
    parameters,
    health: health && reportedHealth(health),
    stuck,
    lastDecision: lastDecision && { ...lastDecision, at: toIso(lastDecision.at) },
    underWay: last && !isOver(last.state) ? { attempt: last.id, state: last.state, to: last.input.to } : null,
    ...(hosts && { hosts }),
  }
}

/** Undefined where there is no group of hosts, or where it cannot be listed: `problem` says so. */
async function hostsNow({ driver }: Rack): Promise<readonly HostRow[] | undefined> {
  return driver.hosts?.().catch((error: unknown) => {
    if (error instanceof Problem) return undefined
    throw error
  })
}

function rehearsedWords(
  page: Page,
  { from, to, outcome, at }: Omit<RehearsalHere, 'at'> & { readonly at: string },
): string {
  return `${from} → ${to} → ${from}: ${outcome} (${page.when(at)})`
}

interface ParametersNow {
  readonly observed: number
  readonly opaque: readonly string[]
  /** Null: nothing was recorded for what runs. */
  readonly drifted: readonly string[] | null
  readonly problem: string | null
}

/** Null where the driver has none. */
async function parametersNow(rack: Rack, current: string | null): Promise<ParametersNow | null> {
  try {
    const standing = await standingOf(rack, current)
    if (!standing) return null
    const { now, drift } = standing
    const drifted = drift ? driftedNames(drift) : null
    return { observed: now.digests.size, opaque: [...now.opaque].sort(), drifted, problem: null }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { observed: 0, opaque: [], drifted: null, problem: error.message }
  }
}

function wordsOf({ observed, opaque, drifted, problem }: ParametersNow): string {
  if (problem !== null) return problem
  const count = `${observed} observed, ${opaque.length} opaque`
  if (drifted === null) return `${count}; not recorded yet`
  return drifted.length === 0 ? `${count}; as recorded` : `${count}; drifted: ${drifted.join(', ')}`
}
