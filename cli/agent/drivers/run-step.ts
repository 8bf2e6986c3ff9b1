/**
 * One command of a move: journaled before it starts, logged under DIR/logs, and turned into a problem with its last
 * lines when it does not end well. What the operator's commands are told stands in `moveEnvironment`.
 */

import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import type { Clock } from '../clock.ts'
import { type DurableFiles, isDiskFull } from '../files.ts'
import { type CommandLine, childEnvironment, howItEnded, type RunResult, runProcess } from '../run-process.ts'
import type { Move } from './driver.ts'
import { checkedVersionName } from './version-name.ts'

export interface DriverPlace {
  /** The state directory, absolute. */
  readonly dir: string
  readonly files: DurableFiles
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Values that no log line may show, such as the rack's token. */
  readonly redact?: readonly string[]
}

export interface Step {
  readonly name: string
  readonly command: CommandLine
  readonly timeoutSeconds: number
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

const keptLogs = 100

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

/** Where a step's output goes: DIR/logs/ATTEMPT.DIRECTION.STEP.log. */
function stepLog(dir: string, move: Move, step: string): string {
  return join(dir, 'logs', `${checkedVersionName(move.attempt)}.${move.direction}.${step}.log`)
}

function dropOldLogs(directory: string, files: DurableFiles): void {
  const logs = files.list(directory).map((name) => join(directory, name))
  if (logs.length <= keptLogs) return
  const age = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const oldestFirst = logs.toSorted((a, b) => age(a) - age(b))
  for (const path of oldestFirst.slice(0, logs.length - keptLogs)) rmSync(path, { force: true })
}

/** Rejects with `update_failed` unless the command exits 0 in time. */
export async function runStep(step: Step, move: Move, place: DriverPlace): Promise<RunResult> {
  const logFile = stepLog(place.dir, move, step.name)
  const logs = join(place.dir, 'logs')
  try {
    place.files.makeDirectory(logs)
    dropOldLogs(logs, place.files)
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
