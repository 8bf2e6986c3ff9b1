/** What the events of rehearsals do to the state. */
import type { EventOf } from './events.ts'
import type { State } from './state.ts'
import {
  dueAfter,
  type EndedRun,
  type LeverStory,
  runsKept,
  type StepResult,
  type SyntheticApp,
} from './synthetic.ts'

type SyntheticEvent = 'synthetic.prepared' | 'synthetic.begun' | 'synthetic.ended'

export const syntheticHandlers: {
  readonly [T in SyntheticEvent]: (state: State, event: EventOf<T>) => void
} = {
  'synthetic.prepared': (state, { app }) => {
    state.synthetic.set(app, { app, runsBegun: 0, runs: [], levers: {} })
  },
  'synthetic.begun': (state, event) => {
    const present = state.synthetic.get(event.app)
    if (!present) return
    const { run: id, levers, until, at, actor, nextWithinMilliseconds: within } = event
    state.synthetic.set(event.app, {
      ...present,
      runsBegun: present.runsBegun + 1,
      underWay: { id, levers, until, beganAt: at, beganBy: actor },
      ...promiseAt(at, within ?? present.promise?.withinMilliseconds),
    })
  },
  'synthetic.ended': (state, event) => {
    const { underWay, ...present } = state.synthetic.get(event.app) ?? {}
    if (underWay?.id !== event.run || !isWhole(present)) return
    const { at: endedAt, outcome, steps, left } = event
    const run: EndedRun = { ...underWay, endedAt, outcome, steps, left }
    const tried = steps.reduce((before, step) => withTried(before, run, step), present.levers)
    state.synthetic.set(event.app, {
      ...present,
      runs: [...present.runs, run].slice(-runsKept),
      levers: tried,
      ...promiseAt(endedAt, present.promise?.withinMilliseconds),
    })
  },
}

function isWhole(present: Partial<SyntheticApp>): present is SyntheticApp {
  return present.app !== undefined
}

function promiseAt(at: number, withinMilliseconds: number | undefined): Pick<SyntheticApp, 'promise'> {
  if (withinMilliseconds === undefined) return {}
  return { promise: { withinMilliseconds, dueAt: dueAfter(at, withinMilliseconds) } }
}

function withTried(
  before: SyntheticApp['levers'],
  { id, endedAt }: EndedRun,
  { lever, outcome, milliseconds }: StepResult,
): SyntheticApp['levers'] {
  if (outcome !== 'passed' && outcome !== 'failed') return before
  const passedAt = outcome === 'passed' ? endedAt : before[lever]?.passedAt
  const story: LeverStory = {
    lastTried: { run: id, at: endedAt, outcome, milliseconds },
    ...(passedAt !== undefined && { passedAt }),
  }
  return { ...before, [lever]: story }
}
