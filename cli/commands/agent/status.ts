/** `headgate agent status`: whether an agent runs on this rack, what it last did, and when it asks again. */
import type { Command } from 'commander'
import { minute, toIso } from '../../../shared/domain/instants.ts'
import { type AgentStatus, readAgentStatus } from '../../agent/agent-status.ts'
import { isOver } from '../../agent/attempt.ts'
import { readHealth, reportedHealth } from '../../agent/health.ts'
import type { RackPlace } from '../../agent/rack.ts'
import { readRackConfig } from '../../agent/rack-config.ts'
import { lastAttemptIn } from '../../agent/self-update/agent-directory.ts'
import { agentStandingOf } from '../../agent/self-update/standing.ts'
import type { Deps } from '../../deps.ts'
import { Exit } from '../../exit.ts'
import { healthWords, markUnhealthy } from '../../health-page.ts'
import type { Page } from '../../output.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'

export function agentStatusCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate agent status --dir /var/lib/headgate',
    exits: { 1: 'no agent runs, or its round is long overdue' },
  }).action((options: RackOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    readRackConfig(dir, place.files)
    const status = readAgentStatus(dir, place.files)
    const { probation, ...standing } = agentStandingOf(dir, place.files, place.clock.now())
    const isLate = status?.isRunning === true && isOverdue(status, dir, place)
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
      isOverdue: isLate,
      version: status?.version ?? null,
      self: {
        ...standing,
        probation: probation && { version: probation.version, since: toIso(probation.since) },
      },
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
        ['next', `${page.when(body.nextRoundAt)}${isLate ? ': overdue' : ''}`],
        ['version', body.version ?? '-'],
        ...selfFields(body.self, page),
        ['health', healthWords(page, body.health)],
      ])
      markUnhealthy(page, body.health)
    })
    if (!body.isRunning || isLate) throw new Exit(1)
  })
}

/** So long after it was to ask again, an agent that is not in the middle of an attempt hangs. */
const overdueMs = 15 * minute

function isOverdue({ nextRoundAt }: AgentStatus, dir: string, { files, clock }: RackPlace): boolean {
  if (nextRoundAt === null || clock.now() < nextRoundAt + overdueMs) return false
  const last = lastAttemptIn(dir, files)
  return !last || isOver(last.state)
}

interface Self {
  readonly follows: string | null
  readonly isSupervised: boolean
  readonly current: string | null
  readonly kept: readonly string[]
  readonly probation: { readonly version: string; readonly since: string } | null
  readonly barred: { readonly above: string; readonly upTo: string } | null
}

function selfFields(self: Self, page: Page): [string, string][] {
  const { follows, kept, current, probation, barred, isSupervised } = self
  if (follows === null) return [['updates itself', 'no: it follows no channel']]
  const fields: [string, string][] = [
    ['updates itself', `from ${follows}${isSupervised ? '' : ', but no supervisor runs'}`],
    ['kept', kept.map((one) => (one === current ? `${one} (current)` : one)).join(', ') || '-'],
  ]
  if (probation) fields.push(['on probation', `${probation.version}, ${page.when(probation.since)}`])
  if (barred)
    fields.push(['barred', `above ${barred.above} up to ${barred.upTo}, until something newer comes`])
  return fields
}
