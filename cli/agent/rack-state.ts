/**
 * What a rack remembers besides its journal: what it proved, what people ordered, what failed, and the newest that
 * it has seen of its registry. One file, replaced atomically; outcomes enter it once, by the journal's line numbers.
 */
import { join } from 'node:path'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { HoldOrder, PinOrder } from '../../shared/domain/rack.ts'
import { compareKeys, orderKey, type VersionScheme } from '../../shared/domain/version.ts'
import type { Attempt } from './attempt.ts'
import type { DurableFiles } from './files.ts'
import type { Installation } from './installation.ts'
import type { HostFacts } from './parameters/host-facts.ts'
import { type RehearsalHere, withRehearsal } from './rehearsals.ts'
import type { TrustedTime } from './trusted-time.ts'

export interface ProvedHere {
  readonly version: string
  readonly at: number
  /** The oldest version to go back to from it, as the registry said when it was offered. */
  readonly floor: string | null
  /** Found installed and accepted, not installed by this program. */
  readonly adopted?: true
  /** Which record of DIR/parameters.json it was proved with, and on what kind of host. */
  readonly parameters?: string
  readonly host?: HostFacts
  /** What the registry said when it withdrew the version, for when it cannot be asked. */
  readonly withdrawn?: { readonly id: string; readonly severity: string; readonly reason: string }
}

export interface FailedHere {
  readonly target: string
  readonly count: number
  readonly lastAt: number
}

export interface RackState {
  readonly v: 1
  /** Null until the registry has answered once. */
  readonly scheme: VersionScheme | null
  readonly seen: { readonly channel: string; readonly revision: number; readonly ledgerSequence: number }
  /** What ran when the rack last looked, or where its last attempt ended; null when that is not known. */
  readonly runs: string | null
  /** Newest first; the first is what a person's rollback goes back from. */
  readonly proved: readonly ProvedHere[]
  /** What was found installed when the rack enrolled, and the record of its parameters: not proved, but known. */
  readonly adopted?: { readonly version: string; readonly parameters: string }
  readonly pin: PinOrder | null
  readonly hold: HoldOrder | null
  /** Ordered from the registry, as its last answer said; see ordered.ts. */
  readonly ordered?: { readonly pin?: PinOrder; readonly hold?: HoldOrder }
  /** The last change of the version that no attempt explains, until it is verified or an attempt is proved. */
  readonly outside?: { readonly from: string | null; readonly to: string | null; readonly at: number }
  readonly bar: { readonly above: string; readonly upTo: string } | null
  readonly failures: readonly FailedHere[]
  /** Attempts that ended before they changed anything: the agent's own waiting, and nothing to a registry. */
  readonly softFailures?: readonly FailedHere[]
  readonly isAligning: boolean
  /** The attempt that a person has to look at; cleared by `verify`, or by a rollback that is proved. */
  readonly stuck: { readonly attempt: string; readonly message: string; readonly hint: string | null } | null
  /** Outcomes up to this journal line are in here; attempts up to that one are known to the registry. */
  readonly rememberedThrough: number
  readonly reportedThrough: number
  /** When the rack's token ends, as the registry said when it enrolled. */
  readonly tokenExpiresAt?: number
  /** What the registry's clock said last. */
  readonly time?: TrustedTime
  /** What an older registry speaks; see spoken-protocol.ts. */
  readonly spoken?: { readonly protocol: number; readonly untilAt: number }
  /** Of this directory on this machine; see installation.ts. */
  readonly installation?: Installation
  /** Newest first. */
  readonly rehearsals?: readonly RehearsalHere[]
  readonly lastDecision: { readonly at: number; readonly body: DecisionBody } | null
}

const mostProved = 20
/** The contract takes no larger count, and the waiting has long reached its longest. */
const mostFailures = 1000

function rackStateFile(dir: string): string {
  return join(dir, 'state.json')
}

export function newRackState(channel: string): RackState {
  return {
    v: 1,
    scheme: null,
    seen: { channel, revision: 0, ledgerSequence: 0 },
    runs: null,
    proved: [],
    pin: null,
    hold: null,
    bar: null,
    failures: [],
    isAligning: false,
    stuck: null,
    rememberedThrough: 0,
    reportedThrough: 0,
    lastDecision: null,
  }
}

/**
 * Enrolled again, perhaps at a registry that was restored: it has seen nothing yet, and forgets nothing else. `bar` is
 * what the registry remembers of a rack of that name whose directory was lost.
 */
export function withNothingSeen(
  state: RackState,
  channel: string,
  tokenExpiresAt: number,
  bar: RackState['bar'] = null,
): RackState {
  const { ordered: _ofBefore, ...own } = state
  const seen = newRackState(channel).seen
  return { ...own, bar: own.bar ?? bar, seen, lastDecision: null, tokenExpiresAt }
}

/** A rack without the file has seen nothing yet. A file that is no JSON of ours is never overwritten. */
export function readRackState(dir: string, channel: string, files: DurableFiles): RackState {
  const file = rackStateFile(dir)
  const bytes = files.read(file)
  if (bytes === null) return newRackState(channel)
  try {
    const state: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof state === 'object' && state !== null && 'v' in state && state.v === 1)
      return state as RackState
  } catch {
    // Told below, like every other content that is not ours.
  }
  throw new Problem('stuck', `${file} cannot be read: it is not the state of a rack.`, {
    hint: `Move it away and let the rack accept what runs: mv ${file} ${file}.damaged && headgate verify --dir ${dir}`,
  })
}

export function writeRackState(dir: string, state: RackState, files: DurableFiles): void {
  files.writeAtomically(rackStateFile(dir), `${JSON.stringify(state, null, 2)}\n`, 0o600)
}

/** The state with an attempt's outcome in it; the same outcome a second time changes nothing. */
export function remember(state: RackState, attempt: Attempt): RackState {
  if (attempt.n <= state.rememberedThrough) return state
  const noted = withRehearsal({ ...state, rememberedThrough: attempt.n }, attempt)
  switch (attempt.state) {
    case 'proved':
      return rememberProved(noted, attempt)
    case 'returned':
      return { ...noted, runs: attempt.input.from, failures: withFailure(noted.failures, attempt) }
    case 'stuck':
      return {
        ...noted,
        runs: null,
        failures: withFailure(noted.failures, attempt),
        stuck: stuckOn(attempt),
      }
    case 'failed':
      return { ...noted, softFailures: withFailure(noted.softFailures ?? [], attempt) }
    default:
      return noted
  }
}

function rememberProved(before: RackState, { input, at, proof }: Attempt): RackState {
  const { to, floor, pin, bar } = input
  const { outside: _explained, ...state } = before
  return {
    ...state,
    runs: to,
    proved: withProved(state.proved, { version: to, at, floor, ...proof }),
    failures: without(state.failures, to),
    ...(state.softFailures && { softFailures: without(state.softFailures, to) }),
    pin: pin ?? state.pin,
    bar: bar ? joinedBars(state, bar) : barAfter(state, to),
    isAligning: state.isAligning && input.motive !== 'recall',
    stuck: null,
  }
}

export function withProved(proved: readonly ProvedHere[], newest: ProvedHere): readonly ProvedHere[] {
  return [newest, ...proved.filter(({ version }) => version !== newest.version)].slice(0, mostProved)
}

/** The record of a version's parameters, as it was proved or found here; undefined when none was made. */
export function parametersOf({ proved, adopted }: RackState, version: string | null): string | undefined {
  const here = proved.find((one) => one.version === version)
  return here?.parameters ?? (adopted?.version === version ? adopted?.parameters : undefined)
}

/** Records that something refers to. */
export function recordsInUse({ proved, adopted }: RackState): readonly string[] {
  return [...proved, ...(adopted ? [adopted] : [])].flatMap(({ parameters }) => parameters ?? [])
}

/** Going back once more leaves barred what was barred before: both spans meet where the rack stood. */
function joinedBars(
  { bar: before, scheme }: RackState,
  bar: NonNullable<RackState['bar']>,
): RackState['bar'] {
  const reachesFurther = before !== null && isNewer(scheme, before.upTo, bar.upTo) === true
  return reachesFurther ? { above: bar.above, upTo: before.upTo } : bar
}

/**
 * Somebody else changed the version, without an attempt. Backwards it counts as a person's rollback; whatever it
 * was, it is what runs now, and the rack says so until somebody verifies it.
 */
export function withChangeBeside(state: RackState, current: string | null, at: number): RackState {
  const { runs, scheme } = state
  if (current === runs) return state
  const wentBack = runs !== null && current !== null && isNewer(scheme, runs, current) === true
  return {
    ...state,
    runs: current,
    ...((runs !== null || ranNothing(state)) && { outside: { from: runs, to: current, at } }),
    ...(wentBack && { bar: joinedBars(state, { above: current, upTo: runs }) }),
  }
}

/** That nothing ran is known, not only that nobody looked yet: the registry was told so. */
function ranNothing({ runs, stuck, lastDecision }: RackState): boolean {
  return runs === null && stuck === null && lastDecision?.body.current === null
}

/** A bar ends when the rack has gone past it. */
function barAfter({ bar, scheme }: RackState, version: string): RackState['bar'] {
  return bar && isNewer(scheme, version, bar.upTo) === true ? null : bar
}

/** Undefined when it cannot be told: no scheme yet, or a version by hand that is none of it. */
export function isNewer(scheme: VersionScheme | null, a: string, b: string): boolean | undefined {
  if (scheme === null) return undefined
  try {
    return compareKeys(orderKey(scheme, a), orderKey(scheme, b)) > 0
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

function without(failures: readonly FailedHere[], target: string): readonly FailedHere[] {
  return failures.filter((failed) => failed.target !== target)
}

function withFailure(failures: readonly FailedHere[], { input, at }: Attempt): readonly FailedHere[] {
  const before = failures.find((failed) => failed.target === input.to)
  const others = without(failures, input.to)
  const count = Math.min((before?.count ?? 0) + 1, mostFailures)
  return [{ target: input.to, count, lastAt: at }, ...others].slice(0, mostProved)
}

function stuckOn({ id, lastTrouble }: Attempt): RackState['stuck'] {
  return {
    attempt: id,
    message: lastTrouble?.message ?? 'the way back did not end well',
    hint: lastTrouble?.hint ?? null,
  }
}
