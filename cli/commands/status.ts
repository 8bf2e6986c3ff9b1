/** `headgate status`: what this rack is and does, from its own disk; no registry is asked. */
import type { Command } from 'commander'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { isOver } from '../agent/attempt.ts'
import { openRack, type Rack } from '../agent/rack.ts'
import { ordersOf } from '../agent/rack-report.ts'
import { attemptsIn } from '../agent/recover.ts'
import type { Deps } from '../deps.ts'
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
        bar,
        failures,
        underWay,
        stuck,
        lastDecision,
      } = status
      page.fields([
        ['rack', `${rack.name} of ${rack.app}, on ${rack.channel} (${rack.platform})`],
        ['registry', registry],
        ['runs', problem ?? current ?? 'nothing'],
        ['proved', proved.map(({ version }) => version).join(', ') || 'nothing yet'],
        ...(pin ? [['pinned', `${pin.version} by ${pin.owner}: ${pin.reason}`] as const] : []),
        ...(hold
          ? [['held', `until ${page.when(hold.until)} by ${hold.owner}: ${hold.reason}`] as const]
          : []),
        ...(bar ? [['gone back', `from ${bar.upTo} to ${bar.above}`] as const] : []),
        ...(failures.length > 0
          ? [['failed here', failures.map(({ target, count }) => `${target} (${count})`).join(', ')] as const]
          : []),
        [
          'last decision',
          lastDecision
            ? `${lastDecision.body.action}, ${lastDecision.body.reason} (${page.when(lastDecision.at)})`
            : 'never asked',
        ],
      ])
      if (underWay)
        page.mark(
          'waiting',
          `an attempt to ${underWay.to} is ${underWay.state}; the next command ends it if nobody is at it`,
        )
      if (stuck) page.mark('failed', `stuck: ${stuck.message}`)
    })
    report.next(`headgate check --dir ${options.dir ?? dir}`)
  })
}

async function statusOf(rack: Rack) {
  const { config, state } = rack
  const current = await rack.driver.current().catch((error: unknown) => {
    if (error instanceof Problem) return error
    throw error
  })
  const last = attemptsIn(rack).at(-1)
  const { proved, stuck, lastDecision, isAligning } = state
  return {
    rack: config.rack,
    registry: config.registry.url,
    driver: config.driver.kind,
    current: current instanceof Problem ? null : current,
    problem: current instanceof Problem ? current.message : null,
    proved: proved.map(({ at, ...one }) => ({ ...one, at: toIso(at) })),
    ...ordersOf(state),
    isAligning,
    stuck,
    lastDecision: lastDecision && { ...lastDecision, at: toIso(lastDecision.at) },
    underWay: last && !isOver(last.state) ? { attempt: last.id, state: last.state, to: last.input.to } : null,
  }
}
