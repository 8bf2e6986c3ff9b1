/** `headgate history`: what was tried on this rack, step by step, how it ended and why, and the last lines of every log. */
import type { Command } from 'commander'
import { describeDuration, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Attempt } from '../agent/attempt.ts'
import { lastLinesOf, type StepLog, stepLogs } from '../agent/attempt-logs.ts'
import { openRack, type Rack } from '../agent/rack.ts'
import { outsideOf } from '../agent/rack-report.ts'
import { allAttemptsIn } from '../agent/recover.ts'
import type { Deps } from '../deps.ts'
import { outsideWords } from '../order-fields.ts'
import type { Page } from '../output.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'
import { wholeNumber } from '../verb.ts'

interface Options extends RackOptions {
  readonly limit: number
  readonly attempt?: string
  readonly lines?: number
}

interface SaidLog {
  readonly direction: string
  readonly step: string
  readonly file: string
  readonly bytes: number
  readonly lastLines: readonly string[]
}

const usualLines = 10
/** In a list only what went wrong lately is told at length. */
const toldAtLength = 3

export function historyCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate history --dir ./prod-1 --limit 5',
    problems: ['attempt_not_found'],
  })
    .option('--limit <count>', 'how many attempts, newest first', wholeNumber, 20)
    .option('--attempt <id>', 'one attempt with all of its steps; the first characters of its id do')
    .option(
      '--lines <count>',
      `the last lines of every log (else ${usualLines}, of what went wrong)`,
      wholeNumber,
    )
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      const rack = await openRack(place)
      const all = allAttemptsIn(rack).toReversed()
      const attempts =
        options.attempt === undefined ? all.slice(0, options.limit) : [named(all, options.attempt, rack.dir)]
      const logs = stepLogs(rack.dir, rack.place.files)
      const saidIn = (attempt: Attempt) => saidBy(rack, attempt, logs, options.lines ?? usualLines)
      const outside = rack.state.outside ? outsideOf(rack.state.outside) : null
      const body = { attempts: attempts.map((attempt) => bodyOf(attempt, saidIn(attempt))), outside }
      report.show('History', body, (page) => {
        if (options.attempt === undefined) list(page, attempts)
        if (options.attempt === undefined && outside) page.mark('warning', outsideWords(outside, page.when))
        const isTold = ({ trouble }: Attempt, index: number) =>
          options.attempt !== undefined ||
          options.lines !== undefined ||
          (trouble !== null && index < toldAtLength)
        for (const [index, attempt] of attempts.entries()) {
          if (!isTold(attempt, index)) continue
          if (options.attempt === undefined) page.line()
          tell(page, attempt, saidIn(attempt))
        }
      })
    })
}

/** Raises `attempt_not_found` for what begins no id, or more than one. */
function named(attempts: readonly Attempt[], beginning: string, dir: string): Attempt {
  const found = attempts.filter(({ id }) => beginning !== '' && id.startsWith(beginning))
  const [only] = found
  if (only && found.length === 1) return only
  throw new Problem(
    'attempt_not_found',
    found.length === 0
      ? `This rack remembers no attempt "${beginning}".`
      : `${found.length} attempts begin with "${beginning}": ${found.map(({ id }) => id).join(', ')}.`,
    { hint: `headgate history --dir ${dir}` },
  )
}

function saidBy(rack: Rack, { id }: Attempt, logs: readonly StepLog[], lines: number): readonly SaidLog[] {
  return logs
    .filter(({ attempt }) => attempt === id)
    .map((log) => {
      const { direction, step, file, bytes } = log
      return { direction, step, file, bytes, lastLines: lastLinesOf(log, lines, rack.redact) }
    })
}

function list(page: Page, attempts: readonly Attempt[]): void {
  page.table(
    ['when', 'attempt', 'from', 'to', 'motive', 'outcome', 'why'],
    attempts.map(({ id, startedAt, input, state, trouble, remark }) => [
      page.when(toIso(startedAt)),
      id.slice(0, 8),
      input.from ?? '-',
      input.to,
      motiveOf(input),
      state,
      [trouble ? `${trouble.step}: ${trouble.message}` : input.reason, remark].filter(Boolean).join('; '),
    ]),
  )
}

function tell(page: Page, attempt: Attempt, logs: readonly SaidLog[]): void {
  const { id, input, state, lines, trouble, lastTrouble } = attempt
  page.line(`${id}: ${input.from ?? 'nothing'} → ${input.to}, ${motiveOf(input)}, ${state}`)
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1] ?? line
    page.line(
      `  ${toIso(line.at)}  +${describeDuration(line.at - before.at).padEnd(6)}  ${line.state.padEnd(9)}  ${line.detail}`.trimEnd(),
    )
  }
  for (const cause of trouble === lastTrouble || !lastTrouble ? [trouble] : [trouble, lastTrouble]) {
    if (!cause) continue
    page.line(`  ${cause.code} in ${cause.step}: ${cause.message}`)
    // What a step said stands in its log; a health check has none.
    if (logs.length === 0) for (const line of cause.lastLines) page.line(`    ${line}`)
  }
  for (const { direction, step, file, lastLines } of logs) {
    page.line(`  ${step}, ${direction}: ${file}`)
    for (const line of lastLines) page.line(`    ${line}`)
  }
}

function motiveOf({ motive, rehearsal }: Attempt['input']): string {
  return rehearsal === undefined ? motive : `rehearsal ${rehearsal}`
}

function bodyOf(
  { id, input, state, startedAt, at, trouble, lastTrouble, remark, lines }: Attempt,
  logs: readonly SaidLog[],
) {
  const events = lines.map((line) => ({ ...line, at: toIso(line.at) }))
  return {
    id,
    ...input,
    outcome: state,
    startedAt: toIso(startedAt),
    endedAt: toIso(at),
    trouble,
    lastTrouble,
    remark,
    events,
    logs,
  }
}
