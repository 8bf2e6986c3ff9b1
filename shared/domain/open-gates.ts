/** A promotion that its gates do not admit, as the Problem that a person reads. */
import { Problem } from './problem.ts'

/** The Problem of a promotion that became a proposal: the head did not move. Its first open gate says why. */
export function problemOfOpenGates(asked: {
  readonly app: string
  readonly channel: string
  readonly version: string
  readonly proposal: string | null
  readonly open: readonly {
    readonly gate: string
    readonly detail: string
    readonly hint?: string | undefined
  }[]
  readonly numbers: Readonly<Record<string, unknown>>
}): Problem {
  const { app, channel, version, proposal: id, open, numbers } = asked
  const [first] = open
  const others =
    open.length > 1
      ? ` (and ${open.length - 1} more: ${open
          .slice(1)
          .map(({ gate }) => gate)
          .join(', ')})`
      : ''
  const waits = id === null ? '' : ` ${id} waits for it.`
  return new Problem(
    first?.gate === 'parameters' ? 'parameters_unacknowledged' : 'gates_open',
    `${version} was not promoted to ${channel}: ${first?.gate}: ${first?.detail}${others}${waits}`,
    {
      hint:
        first?.hint ??
        (id === null
          ? `headgate release show ${version} --app ${app}`
          : `headgate proposal show ${id} --app ${app}`),
      numbers,
    },
  )
}
