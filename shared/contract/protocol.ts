/**
 * The agent's protocol: its numbers, and what protocol 1 knew, so that an agent can speak it and a registry hold an
 * agent to it. Apart from the schemas, so that a rack that only asks need not load them.
 */

/** In every report, and in the header of every request of an agent. */
export const protocolVersion = 2
/** A registry serves the newest and the one before: fleets are updated after their registry, and never all at once. */
export const servedProtocols: readonly number[] = [1, 2]
/** Read also where there is no report; a request without it is judged by what it says. */
export const protocolHeader = 'headgate-protocol'

/** The keys of an object, of the elements of a list, or of everything below (`true`). */
export interface Fields {
  readonly [key: string]: true | Fields
}

const reportFields: Fields = {
  protocol: true,
  agent: true,
  current: true,
  platform: true,
  proved: { version: true, at: true, parametersHold: true },
  pin: { version: true, owner: true, reason: true, until: true, acceptedAdvisory: true },
  hold: { until: true, owner: true, reason: true },
  bar: { above: true, upTo: true },
  failures: { target: true, count: true, lastAt: true },
  attempt: { id: true, from: true, target: true, motive: true, state: true, isConfirmed: true },
  isAligning: true,
  apps: true,
  window: { start: true, minutes: true, zone: true, except: true },
  within: true,
  minAgeMinutes: true,
  seen: { revision: true, ledgerSequence: true },
}

/** What protocol 1 takes. Protocol 2 takes whatever shared/contract/rack.ts says. */
export const protocol1 = {
  report: reportFields,
  grant: { id: true, target: true, action: true, motive: true, plan: true, report: reportFields },
  attemptReport: {
    from: true,
    target: true,
    action: true,
    motive: true,
    reason: true,
    startedAt: true,
    events: { index: true, at: true, state: true, detail: true },
    outcome: true,
    step: true,
    message: true,
    log: true,
  },
} as const satisfies Record<string, Fields>

/** The value without what the fields do not name. */
export function keepFields(value: unknown, fields: Fields): unknown {
  if (Array.isArray(value)) return value.map((each) => keepFields(each, fields))
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [key, below] of Object.entries(value)) {
    const known = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (known !== undefined) kept[key] = known === true ? below : keepFields(below, known)
  }
  return kept
}

/** The first path that the fields do not name, such as "pin.ticket"; undefined when all are known. */
export function fieldBeyond(value: unknown, fields: Fields): string | undefined {
  if (Array.isArray(value)) return value.map((each) => fieldBeyond(each, fields)).find(Boolean)
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, below] of Object.entries(value)) {
    const known = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (known === undefined) return key
    const beyond = known === true ? undefined : fieldBeyond(below, known)
    if (beyond !== undefined) return `${key}.${beyond}`
  }
  return undefined
}
