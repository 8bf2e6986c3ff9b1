/** `headgate agent status`: whether an agent runs on this rack, what it last did, and when it asks again. */
import type { Command } from 'commander'
import { toIso } from '../../../shared/domain/instants.ts'
import { readAgentStatus } from '../../agent/agent-status.ts'
import { readHealth, reportedHealth } from '../../agent/health.ts'
import { readRackConfig } from '../../agent/rack-config.ts'
import type { Deps } from '../../deps.ts'
import { Exit } from '../../exit.ts'
import { healthWords, markUnhealthy } from '../../health-page.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'

export function agentStatusCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate agent status --dir /var/lib/headgate',
    exits: { 1: 'no agent runs' },
  }).action((options: RackOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    readRackConfig(dir, place.files)
    const status = readAgentStatus(dir, place.files)
    const health = readHealth(dir, place.clock.now(), place.files)
    const at = (instant: number | null | undefined): string | null => (instant ? toIso(instant) : null)
    const body = {
      isRunning: status?.isRunning ?? false,
      pid: status?.isRunning ? status.process.pid : null,
      startedAt: at(status?.startedAt),
      rounds: status?.rounds ?? 0,
      lastRoundAt: at(status?.lastRoundAt),
      lastWords: status?.lastWords ?? null,
      nextRoundAt: status?.isRunning ? at(status.nextRoundAt) : null,
      health: health && reportedHealth(health),
    }
    report.show('AgentStatus', body, (page) => {
      page.mark(
        body.isRunning ? 'ok' : 'warning',
        body.isRunning ? `an agent runs here, process ${body.pid}` : 'no agent runs here',
      )
      if (!status) return
      page.fields([
        ['since', page.when(body.startedAt)],
        ['rounds', String(body.rounds)],
        ['last', `${page.when(body.lastRoundAt)}: ${body.lastWords ?? 'none yet'}`],
        ['next', page.when(body.nextRoundAt)],
        ['health', healthWords(page, body.health)],
      ])
      markUnhealthy(page, body.health)
    })
    if (!body.isRunning) throw new Exit(1)
  })
}
