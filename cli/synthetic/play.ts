/** One run, lever after lever: measured, bounded in time, and going on after one that failed, for the others may work. */
import { Problem } from '../../shared/domain/problem.ts'
import type { StepResult } from '../../shared/domain/synthetic.ts'
import type { Clock } from '../agent/clock.ts'
import type { Step } from './steps.ts'
import type { World } from './world.ts'

export interface Playing {
  readonly clock: Clock
  readonly steps: readonly Step[]
  readonly world: World
  /** From then on this signal ends whatever the world does. */
  readonly endWith: (signal: AbortSignal) => void
  /** Somebody wants it to end. */
  readonly interruption: AbortSignal
  readonly onStep: (result: StepResult) => void
}

const givenUpAfter = 3
/** For what is under way to notice that it was given up. */
const lastMomentMilliseconds = 5_000

/** The results so far, when it was interrupted. */
export async function playSteps({ steps, interruption, onStep, ...playing }: Playing): Promise<StepResult[]> {
  const results: StepResult[] = []
  for (const step of steps) {
    if (interruption.aborted) break
    const result = await playOne(step, { ...playing, interruption })
    // A step that was cut off says nothing about its lever.
    if (interruption.aborted) break
    results.push(result)
    onStep(result)
  }
  return results
}

type PlayingOne = Omit<Playing, 'steps' | 'onStep'>

async function playOne(step: Step, { clock, world, endWith, interruption }: PlayingOne): Promise<StepResult> {
  const { lever, limitSeconds, missing, prepare } = step
  const patience = new AbortController()
  const base = { lever, milliseconds: 0, limitMilliseconds: limitSeconds * 1000 }
  const why = missing?.(world)
  if (why !== undefined) return { ...base, outcome: 'not_rehearsed', detail: why }
  const within = <T>(work: Promise<T>): Promise<T> => bounded(work, { clock, patience, limitSeconds })
  endWith(AbortSignal.any([interruption, patience.signal]))
  const afresh = (): Promise<void> => {
    endWith(interruption)
    return world.startAfresh()
  }
  let act: () => Promise<unknown>
  try {
    act = await within(prepare(world))
  } catch (error) {
    await afresh()
    return { ...base, outcome: 'not_reached', ...failureOf(error) }
  }
  const startedAt = clock.monotonic()
  const since = (): number => Math.round(clock.monotonic() - startedAt)
  try {
    await within(act())
    return { ...base, outcome: 'passed', milliseconds: since() }
  } catch (error) {
    const milliseconds = since()
    await afresh()
    return { ...base, outcome: 'failed', milliseconds, ...failureOf(error) }
  }
}

interface Bound {
  readonly clock: Clock
  readonly patience: AbortController
  readonly limitSeconds: number
}

async function bounded<T>(work: Promise<T>, { clock, patience, limitSeconds }: Bound): Promise<T> {
  const done = new AbortController()
  const seconds = limitSeconds * givenUpAfter
  const tooLong = async (): Promise<never> => {
    await clock.sleep(seconds * 1000, done.signal)
    if (!done.signal.aborted) patience.abort()
    await clock.sleep(lastMomentMilliseconds, done.signal)
    throw new Problem('synthetic_failed', `It was given up after ${seconds} s.`)
  }
  try {
    return await Promise.race([work, tooLong()])
  } catch (error) {
    if (!patience.signal.aborted) throw error
    throw new Problem('synthetic_failed', `It was given up after ${seconds} s.`)
  } finally {
    done.abort()
  }
}

const longestDetail = 1_000

function failureOf(error: unknown): Pick<StepResult, 'code' | 'detail'> {
  // Whatever it was, such as a full disk below the rack: the lever did not do what it has to, and the run goes on.
  if (!(error instanceof Problem)) return { detail: String(error).slice(0, longestDetail) }
  const code = error.numbers?.code
  return {
    detail: error.message.slice(0, longestDetail),
    ...(typeof code === 'string' && { code }),
  }
}
