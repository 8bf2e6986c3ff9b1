/**
 * One rehearsal from its beginning on the record to its end: what an earlier one left is cleared away, the levers are
 * pulled, everything is cleared away again, and the registry is told. Whatever happens in between, the last two happen.
 */
import { join } from 'node:path'
import type { AlarmBody } from '../../shared/contract/alarm.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { RunOutcome, StepResult } from '../../shared/domain/synthetic.ts'
import { at, type Registry, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { clearAway } from './clear.ts'
import { openDirectory } from './directory.ts'
import { createInnerShell } from './inner-shell.ts'
import { playSteps } from './play.ts'
import type { Step } from './steps.ts'
import { createWorld } from './world.ts'

export interface Rehearsal {
  readonly app: string
  /** Absolute. */
  readonly dir: string
  /** Absolute: the registry's own folder, on this machine. */
  readonly dataDir: string | undefined
  readonly steps: readonly Step[]
  /** As they were given: `--url`, `--token-file`, `--context`. */
  readonly access: readonly string[]
  readonly nextWithinSeconds: number | undefined
  readonly takesOver: string | undefined
  readonly interruption: AbortSignal
  readonly onBegun: (run: string, cleared: readonly string[]) => void
  readonly onStep: (result: StepResult) => void
}

export interface Rehearsed {
  readonly app: string
  readonly run: string
  readonly outcome: RunOutcome
  readonly steps: readonly StepResult[]
  readonly left: readonly string[]
  readonly alarms: readonly AlarmBody[]
  /** Why the registry does not know of it. */
  readonly untold: Problem | undefined
}

const clearingMilliseconds = 60_000
/** Beside the steps' own: clearing before and after, and what they need before they begin. */
const spareSeconds = 300

export async function rehearse(deps: Deps, registry: Registry, rehearsal: Rehearsal): Promise<Rehearsed> {
  const { app, interruption, steps, dataDir, access } = rehearsal
  const place = await openDirectory(deps, rehearsal.dir, app)
  try {
    const begun = await begin(registry, rehearsal, place.killed)
    const { run } = begun
    place.note(run)
    const tidyUp = () => {
      // An interruption ends the levers, not the clearing.
      const patience = AbortSignal.timeout(clearingMilliseconds)
      const shell = createInnerShell(deps, { access, signal: () => patience })
      return clearAway(deps, { app, shell, runsDir: place.runsDir, dataDir })
    }
    const before = await tidyUp()
    rehearsal.onBegun(run, before.cleared)
    let signal = interruption
    const world = createWorld(deps, createInnerShell(deps, { access, signal: () => signal }), {
      app,
      run,
      dataDir,
      beganAt: Date.parse(begun.beganAt),
      dir: join(place.runsDir, run.toLowerCase()),
      url: registry.url,
    })
    const { clock } = deps
    const endWith = (next: AbortSignal): void => {
      signal = next
    }
    const played = await playSteps({ clock, steps, world, endWith, interruption, onStep: rehearsal.onStep })
    const { left } = await tidyUp()
    const isFailed = left.length > 0 || played.some(({ outcome }) => !isFine(outcome))
    const outcome = interruption.aborted ? 'interrupted' : isFailed ? 'failed' : 'passed'
    const told = await tell(registry, { app, run, outcome, steps: played, left })
    if (told.untold === undefined) place.note(undefined)
    return { app, run, outcome, steps: played, left, ...told }
  } finally {
    await place.release()
  }
}

export function isFine(outcome: StepResult['outcome']): boolean {
  return outcome === 'passed' || outcome === 'not_rehearsed'
}

export function limitSecondsOf(steps: readonly Step[]): number {
  // A step may take its limit three times before it is given up, and so may what it needs.
  return steps.reduce((sum, { limitSeconds }) => sum + limitSeconds * 6, spareSeconds)
}

function begin({ api }: Registry, rehearsal: Rehearsal, killed: string | undefined) {
  const { app, steps, nextWithinSeconds, takesOver = killed } = rehearsal
  return unwrap(
    api.v1.apps[':app'].synthetic.runs.$post({
      param: at({ app }),
      query: {},
      json: {
        levers: steps.map(({ lever }) => lever),
        limitSeconds: limitSecondsOf(steps),
        ...(nextWithinSeconds !== undefined && { nextWithinSeconds }),
        ...(takesOver !== undefined && { takesOver }),
      },
    }),
  )
}

type Ended = Pick<Rehearsed, 'app' | 'run' | 'outcome' | 'steps' | 'left'>

/** A run that cannot be told is one that the registry misses: it alarms by itself when the run's time is over. */
async function tell(
  { api }: Registry,
  { app, run, outcome, steps, left }: Ended,
): Promise<Pick<Rehearsed, 'alarms' | 'untold'>> {
  try {
    const ended = await unwrap(
      api.v1.apps[':app'].synthetic.runs[':run'].end.$post({
        param: at({ app, run }),
        query: {},
        json: { outcome, steps: [...steps], left: [...left] },
      }),
    )
    return { alarms: ended.alarms, untold: undefined }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { alarms: [], untold: error }
  }
}
