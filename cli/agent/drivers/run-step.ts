/**
 * One command of a move: journaled before it starts, logged under DIR/logs, and turned into a problem with its last
 * lines when it does not end well. What the operator's commands are told stands in `moveEnvironment`.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { prepareLogs, stepLogFile } from '../attempt-logs.ts'
import type { Clock } from '../clock.ts'
import { type DurableFiles, isDiskFull } from '../files.ts'
import { type CommandLine, childEnvironment, howItEnded, type RunResult, runProcess } from '../run-process.ts'
import type { Move } from './driver.ts'

export interface DriverPlace {
  /** The state directory, absolute. */
  readonly dir: string
  readonly files: DurableFiles
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Values that no log line may show, such as the rack's token. */
  readonly redact?: readonly string[]
  /** What stands for a value that is not shown: no driver writes it. */
  readonly placeholders?: readonly RegExp[]
  /** A line for a person who watches, about what a driver finds while it only looks. */
  readonly note?: (line: string) => void
  /** What ran when the rack last looked; null when that is not known. */
  readonly lastSeen?: () => string | null
}

export interface Step {
  readonly name: string
  readonly command: CommandLine
  readonly timeoutSeconds: number
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** An absent value is an empty variable, so that a script under `set -u` can ask for it. */
export function moveEnvironment(move: Move, dir: string): Record<string, string> {
  return {
    HEADGATE_ATTEMPT: move.attempt,
    HEADGATE_VERSION: move.to ?? '',
    HEADGATE_FROM: move.from ?? '',
    HEADGATE_DIRECTION: move.direction,
    HEADGATE_ARTIFACT: move.artifactFile ?? '',
    HEADGATE_DIR: dir,
  }
}

/** Rejects with `update_failed` unless the command exits 0 in time. */
export async function runStep(step: Step, move: Move, place: DriverPlace): Promise<RunResult> {
  const logFile = stepLogFile(place.dir, move, step.name)
  try {
    prepareLogs(place.dir, move.attempt, place.files, place.redact ?? [])
  } catch (error) {
    // On a full disk there is no log, but there must still be a way back.
    if (!isDiskFull(error)) throw error
  }
  move.note(`${step.name}: ${typeof step.command === 'string' ? step.command : step.command.join(' ')}`)
  const result = await runProcess({
    command: step.command,
    cwd: step.cwd,
    env: childEnvironment(place.env, { ...moveEnvironment(move, place.dir), ...step.env }),
    timeoutSeconds: step.timeoutSeconds,
    logFile,
    onStart: (group) => move.onProcess(group),
    onLine: (line) => move.note(`${step.name}: ${line}`),
    clock: place.clock,
    ...(place.redact === undefined ? {} : { redact: place.redact }),
    ...(move.signal === undefined ? {} : { signal: move.signal }),
  })
  if (result.code === 0) return result
  if (result.saysDataLoss) move.onDataLoss(step.name)
  throw new Problem(
    'update_failed',
    `${step.name} ${howItEnded(result, step.timeoutSeconds)} on the way ${move.direction === 'back' ? 'back ' : ''}` +
      `to ${move.to ?? 'nothing'}: ${result.lastLines.at(-1) ?? 'it said nothing'}`,
    {
      hint: `read what it said: tail ${logFile}`,
      numbers: {
        step: step.name,
        code: result.code,
        signal: result.signal,
        timedOut: result.timedOut,
        lastLines: result.lastLines,
      },
    },
  )
}
