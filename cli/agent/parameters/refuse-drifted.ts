/**
 * Drift stops an update, and nothing else: what somebody changed by hand must be seen by a person before a release
 * is applied over it. A remedy, a recall, a return and a person's rollback go on, whatever has drifted.
 */
import { Problem } from '../../../shared/domain/problem.ts'
import type { AttemptInput } from '../attempt.ts'
import type { Rack } from '../rack.ts'
import { type Drift, describeDrift, driftedNames, withoutNames } from './drift.ts'
import { driftFrom, seenOn, standingOf } from './standing.ts'

const waitingMotives: readonly string[] = ['rollout', 'pin', 'bootstrap']

/** Whether a move like this one does not begin over drift. */
export function waitsForPeople({
  action,
  motive,
}: {
  readonly action: string
  readonly motive: string
}): boolean {
  return action === 'update' && waitingMotives.includes(motive)
}

/** Raises `drifted`, or what the driver raises when it cannot read the parameters. */
export async function refuseDrifted(
  rack: Rack,
  input: AttemptInput,
  options: { readonly afresh: boolean } = { afresh: true },
): Promise<void> {
  const drift = await driftBefore(rack, input, options)
  if (drift && driftedNames(drift).length > 0) throw driftProblem(rack, input.from, drift)
}

/** What an update would be refused for: nothing when it is none, or when all of it is accepted. */
export async function driftBefore(
  rack: Rack,
  input: AttemptInput,
  options: { readonly afresh?: boolean } = {},
): Promise<Drift | undefined> {
  if (!waitsForPeople(input) || !rack.parameters.areThere) return undefined
  const masked = input.contract?.masked ?? []
  const standing = await standingOf(rack, input.from, { ...options, masked })
  return standing?.drift && withoutNames(standing.drift, input.acceptedDrift ?? [])
}

/**
 * What a move that waits for nobody goes over: with its target proved it is the record, and no longer drift, so this
 * is where a person hears of it. Null when nothing has drifted, or when that cannot be seen.
 */
export async function driftPassedOver(rack: Rack, input: AttemptInput): Promise<string | null> {
  if (waitsForPeople(input) || !rack.parameters.areThere) return null
  const seen = await seenOn(rack)
  const drift = seen && driftFrom(rack, input.from, seen)
  if (!drift || driftedNames(drift).length === 0) return null
  return `over drift that nobody had accepted, and that is the record with what is proved now: ${describeDrift(drift)}`
}

function driftProblem({ dir }: Rack, from: string | null, drift: Drift): Problem {
  const names = driftedNames(drift)
  return new Problem(
    'drifted',
    `Parameters are not what they were when ${from} was recorded here: ${describeDrift(drift)}. Nothing is changed.`,
    { hint: driftCommands(dir, names), numbers: { drifted: names, ...drift } },
  )
}

/** More than that is no slip of a hand, and no command line. */
const mostNamed = 10

/** To take it as it is with the next update, or to record it without one. */
export function driftCommands(dir: string, names: readonly string[]): string {
  if (names.length > mostNamed) return `headgate adopt --all --dir ${dir}   # if all of that was meant`
  const accepted = names.map((name) => `--accept-drift ${quoted(name)}`).join(' ')
  const adopted = names.map(quoted).join(' ')
  return `headgate update --dir ${dir} ${accepted}   # if that was meant; or without an update: headgate adopt ${adopted} --dir ${dir}`
}

function quoted(name: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9_./:-]*$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`
}
