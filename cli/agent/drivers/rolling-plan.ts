/**
 * The pure rules of a move over a group of hosts: where each host stands, which ones come next, and when the move has
 * to stop. What the hosts really run wins over what was written down; no rule here waits, asks or remembers.
 */

/** A host as `list` tells it now. */
export interface ListedHost {
  readonly host: string
  /** Null: nothing is installed on it. */
  readonly version: string | null
  /** Whether it serves, or may be sent requests at any moment. */
  readonly attached: boolean
}

/**
 * What may follow what, for one host in one move. A state is on the disk before the act that it announces, so after a
 * crash the act is done again. `failed` still owes the host's detaching; `out` has it.
 */
export const hostTransitions = {
  waiting: ['draining', 'applying', 'proving', 'moved', 'failed'],
  draining: ['draining', 'applying', 'proving', 'moved', 'failed'],
  applying: ['draining', 'applying', 'proving', 'failed'],
  proving: ['draining', 'applying', 'proving', 'attaching', 'moved', 'failed'],
  attaching: ['draining', 'applying', 'proving', 'moved', 'failed'],
  moved: ['draining', 'applying', 'proving', 'failed'],
  failed: ['out'],
  out: [],
} as const satisfies Record<string, readonly string[]>

export type HostState = keyof typeof hostTransitions

/** What is written down of a host during a move. */
export interface HostMark {
  readonly state: HostState
  /** How often it was begun: a host that does not stay where it was brought is not brought there for ever. */
  readonly begun: number
  /** The last `apply` that was begun on it in this attempt, to which version, and whether it went through. */
  readonly given: { readonly version: string | null; readonly isWhole: boolean } | null
  /** It served when it was begun: to lose it is to lose capacity. */
  readonly served: boolean
  /** Why it failed; otherwise empty. */
  readonly detail: string
}

export type Marks = Readonly<Record<string, HostMark>>

export interface Goal {
  readonly to: string | null
  /** The way back of an attempt: hosts that the attempt never touched are left as they are. */
  readonly isReturn: boolean
}

/** So many hosts, or such a part of them. */
export type Share = { readonly count: number } | { readonly percent: number }

export interface Limits {
  readonly batch: Share
  readonly maxUnhealthy: Share
  readonly minAttached: Share
}

export const untouched: HostMark = { state: 'waiting', begun: 0, given: null, served: false, detail: '' }

/** A host may slip back once, to somebody who restarts it with an old image, say. */
export const mostBegun = 2

export function markOf(marks: Marks, host: string): HostMark {
  return (Object.hasOwn(marks, host) ? marks[host] : undefined) ?? untouched
}

export function isUnderWay({ state }: HostMark): boolean {
  return state !== 'waiting' && state !== 'moved' && state !== 'out'
}

type Standing = (host: ListedHost, mark: HostMark, goal: Goal) => HostState | undefined

/** Asked in this order; the first answer holds. */
const standings: readonly Standing[] = [
  function failedHere(_host, { state }) {
    return state === 'failed' || state === 'out' ? state : undefined
  },
  // What was applied in part, or lastly to another version than `list` claims, is applied again.
  function needsApply({ version, attached }, { given }, { to }) {
    const isGiven = given === null || (given.version === to && given.isWhole)
    if (version === to && isGiven) return undefined
    return attached ? 'draining' : 'applying'
  },
  // A host without a version has nothing to prove, and nothing to serve.
  function emptied(_host, _mark, { to }) {
    return to === null ? 'moved' : undefined
  },
  function movedHere({ attached }, { state }) {
    return attached && state === 'moved' ? 'moved' : undefined
  },
  function neverLeft({ attached }, { begun, given }, { isReturn }) {
    return isReturn && attached && begun === 0 && given === null ? 'moved' : undefined
  },
  () => 'proving',
]

/** Which act is next for a host, or where it rests. */
export function standsAt(host: ListedHost, mark: HostMark, goal: Goal): HostState {
  for (const ask of standings) {
    const state = ask(host, mark, goal)
    if (state !== undefined) return state
  }
  return 'proving'
}

export interface ResolvedLimits {
  readonly batch: number
  readonly maxUnhealthy: number
  readonly minAttached: number
}

/** Of `total` hosts. Whoever tolerates all of them tolerates all but one: a version that no host holds is not held. */
export function resolveLimits({ batch, maxUnhealthy, minAttached }: Limits, total: number): ResolvedLimits {
  const part = (share: Share) => ('count' in share ? share.count : (share.percent * total) / 100)
  return {
    batch: Math.max(1, Math.floor(part(batch))),
    maxUnhealthy: Math.max(0, Math.min(Math.floor(part(maxUnhealthy)), total - 1)),
    minAttached: Math.ceil(part(minAttached)),
  }
}

/** What stops a move, or ends it. `out` are the hosts that failed, also those that are no longer listed. */
export type Next =
  | { readonly kind: 'batch'; readonly hosts: readonly string[] }
  | { readonly kind: 'done'; readonly out: readonly string[] }
  /** More failed than is tolerated, or one that failed serves on; `left` were not begun. */
  | {
      readonly kind: 'halted'
      readonly out: readonly string[]
      readonly left: readonly string[]
      readonly tolerated: number
    }
  /** Taking one more out would leave fewer than must stay. */
  | {
      readonly kind: 'short'
      readonly out: readonly string[]
      readonly left: readonly string[]
      readonly attached: number
      readonly minAttached: number
    }

export interface Situation {
  readonly hosts: readonly ListedHost[]
  readonly marks: Marks
  readonly goal: Goal
  readonly limits: Limits
}

/** The next batch begins when nothing of the one before is under way; after a crash that one is ended first. */
export function nextBatch({ hosts, marks, goal, limits }: Situation): Next {
  const underWay = Object.keys(marks).filter((host) => isUnderWay(markOf(marks, host)))
  if (underWay.length > 0) return { kind: 'batch', hosts: underWay }

  const out = Object.keys(marks).filter((host) => markOf(marks, host).state === 'out')
  const listed = new Set(hosts.map(({ host }) => host))
  const total = listed.size + out.filter((host) => !listed.has(host)).length
  const { batch, maxUnhealthy, minAttached } = resolveLimits(limits, total)

  const pending = hosts.filter((one) => isPending(one, markOf(marks, one.host), goal))
  const left = pending.map(({ host }) => host)
  const servesOn = hosts.some(({ host, attached }) => attached && out.includes(host))
  const halted = { kind: 'halted', out, left, tolerated: maxUnhealthy } as const
  if (!goal.isReturn && (out.length > maxUnhealthy || servesOn)) return halted
  if (pending.length === 0) return { kind: 'done', out }

  const attached = hosts.filter((one) => one.attached).length
  const takes = takenFrom(pending, attached - minAttached, goal.isReturn ? 1 : batch)
  // Whoever is out of service has nothing to lose; the way back takes no more from service when it loses them.
  const lost = out.filter((host) => markOf(marks, host).served).length
  const isLosing = goal.isReturn && lost > Math.max(1, maxUnhealthy)
  const chosen = isLosing ? takes.filter((one) => !one.attached) : takes
  if (chosen.length > 0) return { kind: 'batch', hosts: chosen.map(({ host }) => host) }
  return isLosing ? halted : { kind: 'short', out, left, attached, minAttached }
}

function isPending(host: ListedHost, mark: HostMark, goal: Goal): boolean {
  const state = standsAt(host, mark, goal)
  return state !== 'moved' && state !== 'out'
}

/** First those that do not serve: they cost nothing, and bring capacity. */
function takenFrom(pending: readonly ListedHost[], room: number, batch: number): readonly ListedHost[] {
  const idle = pending.filter(({ attached }) => !attached).slice(0, batch)
  const serving = pending.filter(({ attached }) => attached)
  return [...idle, ...serving.slice(0, Math.max(0, Math.min(room, batch - idle.length)))]
}

/** What the next move must know of this one: nothing but what was applied to whom. */
export function carriedOver(marks: Marks, isSameAttempt: boolean): Marks {
  const kept = Object.entries(marks).filter(
    ([, { given }]) => given !== null && (isSameAttempt || !given.isWhole),
  )
  return Object.fromEntries(kept.map(([host, { given }]) => [host, { ...untouched, given }]))
}

export interface Shortfall {
  readonly attached: number
  readonly taken: number
  readonly minAttached: number
}

/** Whether the first batch would take more from service than may go, told before anything is begun. */
export function shortfallOf({ hosts, marks, goal, limits }: Situation): Shortfall | null {
  const { batch, minAttached } = resolveLimits(limits, hosts.length)
  const attached = hosts.filter((one) => one.attached).length
  const pending = hosts.filter((one) => one.attached && isPending(one, markOf(marks, one.host), goal))
  const taken = Math.min(batch, pending.length)
  return taken === 0 || attached - taken >= minAttached ? null : { attached, taken, minAttached }
}
