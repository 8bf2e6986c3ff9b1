/**
 * Orders to a rack from the registry: pin, hold, labels. They stand beside those that were given on the rack itself, and
 * neither side lifts what the other one ordered: who looks for an order where it is not is told where it is.
 */
import { checkUntil, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, findChannel, findRelease, type State } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import type { OrderedHold, OrderedPin } from '../store/racks.ts'
import type { KnownRack } from './fleet-index.ts'
import type { Change, Planned, RackChanges, RackName } from './rack-changes.ts'

export interface PinAsked {
  /** Undefined: what the rack runs. */
  readonly version: string | undefined
  readonly reason: string
  readonly until: number | undefined
  readonly acceptedAdvisory: string | undefined
}

export interface HoldAsked {
  readonly until: number
  readonly reason: string
}

export interface Orders {
  pin<Answer>(name: RackName, asked: PinAsked, change: Change<Answer>): Promise<Answer>
  unpin<Answer>(name: RackName, change: Change<Answer>): Promise<Answer>
  hold<Answer>(name: RackName, asked: HoldAsked, change: Change<Answer>): Promise<Answer>
  unhold<Answer>(name: RackName, change: Change<Answer>): Promise<Answer>
  /** Null takes a label away; what is not named stays. */
  label<Answer>(
    name: RackName,
    labels: Readonly<Record<string, string | null>>,
    change: Change<Answer>,
  ): Promise<Answer>
}

export interface OrdersDeps {
  readonly changes: RackChanges
  readonly state: State
  readonly clock: () => number
}

// As on the rack itself (cli/agent/orders.ts).
const maxPinDays = 3_660
const maxHoldDays = 366
const mostLabels = 50

export function createOrders({ changes, state, clock }: OrdersDeps): Orders {
  const { enact, find, changed } = changes

  function planPin(rack: KnownRack, asked: PinAsked, by: Change<unknown>): Planned {
    const { reason, until, acceptedAdvisory } = asked
    if (until !== undefined) checkUntil('The end of the pin', until, clock(), maxPinDays)
    const version = asked.version ?? presentVersion(rack)
    requireReachable(state, rack, version)
    if (acceptedAdvisory !== undefined) requireAdvisory(state, rack, acceptedAdvisory)
    const pin: OrderedPin = {
      version,
      owner: by.actor,
      reason,
      at: clock(),
      ...(until !== undefined && { until }),
      ...(acceptedAdvisory !== undefined && { acceptedAdvisory }),
    }
    if (isSameOrder(rack.row.orderedPin, pin)) return { rack }
    return changed(rack, { orderedPin: pin }, 'pinned', by)
  }

  function planHold(rack: KnownRack, { until, reason }: HoldAsked, by: Change<unknown>): Planned {
    checkUntil('The end of the hold', until, clock(), maxHoldDays)
    const hold: OrderedHold = { until, owner: by.actor, reason, at: clock() }
    if (isSameOrder(rack.row.orderedHold, hold)) return { rack }
    return changed(rack, { orderedHold: hold }, 'held', by)
  }

  return {
    pin: (name, asked, by) => enact(by, () => planPin(find(name), asked, by)),
    hold: (name, asked, by) => enact(by, () => planHold(find(name), asked, by)),
    unpin: (name, by) =>
      enact(by, () => {
        const rack = find(name)
        if (!rack.row.orderedPin) throw notOrdered(rack, 'pin')
        return changed(rack, { orderedPin: null }, 'unpinned', by)
      }),
    unhold: (name, by) =>
      enact(by, () => {
        const rack = find(name)
        if (!rack.row.orderedHold) throw notOrdered(rack, 'hold')
        return changed(rack, { orderedHold: null }, 'unheld', by)
      }),
    label: (name, given, by) =>
      enact(by, () => {
        const rack = find(name)
        const labels = labelled(rack, given)
        if (isSameOrder(rack.row.labels, labels)) return { rack }
        return changed(rack, { labels }, 'labelled', by)
      }),
  }
}

function presentVersion({ row, facts }: KnownRack): string {
  if (facts.current !== undefined) return facts.current
  throw new Problem(
    'invalid_input',
    `Nothing is known to run on ${row.name}, so there is nothing to stay on.`,
    { hint: `headgate rack pin ${row.name} VERSION --app ${row.app} --reason "…"` },
  )
}

/** What runs may be kept, whatever it is. To go elsewhere the channel has to have served it, and not withdrawn it. */
function requireReachable(state: State, { row, facts }: KnownRack, version: string): void {
  if (version === facts.current) return
  const app = findApp(state, row.app)
  orderKey(app.scheme, version)
  const release = findRelease(app, version)
  const channel = findChannel(app, row.channel)
  if (release.servedOn[channel.name] === undefined) {
    throw new Problem(
      'never_served',
      `${channel.name}, which ${row.name} follows, never served ${version}, so the rack cannot be sent there.`,
      { hint: `headgate channel history ${channel.name} --app ${app.name}` },
    )
  }
  if (release.yank === undefined) return
  throw new Problem(
    'yanked',
    `${version} was withdrawn by ${release.yank} (${app.yanks.get(release.yank)?.reason}): no rack is sent there.`,
    {
      hint: `headgate advisory show ${release.yank} --app ${app.name}`,
      numbers: { advisory: release.yank },
    },
  )
}

function requireAdvisory(state: State, { row }: KnownRack, advisory: string): void {
  if (findApp(state, row.app).yanks.has(advisory)) return
  throw new Problem('advisory_not_found', `The app ${row.app} has no advisory ${advisory}.`, {
    hint: `headgate advisory list --app ${row.app}`,
  })
}

function notOrdered({ row, facts }: KnownRack, what: 'pin' | 'hold'): Problem {
  const own = (what === 'pin' ? facts.pins : facts.holds).find(({ origin }) => origin === 'rack')
  const lift = what === 'pin' ? 'unpin' : 'unhold'
  if (!own) {
    return new Problem('order_not_found', `No ${what} of ${row.name} was ordered from here.`, {
      hint: `headgate rack show ${row.name} --app ${row.app}`,
    })
  }
  const until = own.until === undefined ? '' : ` until ${toIso(own.until)}`
  return new Problem(
    'order_not_found',
    `The ${what} of ${row.name} was set on the rack itself, by ${own.owner}${until} (${own.reason}): only there can it be lifted.`,
    { hint: `on the rack: headgate ${lift} --dir DIR`, numbers: { owner: own.owner } },
  )
}

/** The rack's labels with the changes, null taking one away. Raises `invalid_input` for what is no label. */
export function labelled(
  { row }: KnownRack,
  given: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const names = Object.keys(given)
  if (names.length === 0) {
    throw new Problem('invalid_input', 'Which label? None is named.', {
      hint: `headgate rack label ${row.name} tier=canary --app ${row.app}`,
    })
  }
  checkLabels(given)
  const labels = new Map(Object.entries(row.labels))
  for (const [name, value] of Object.entries(given)) {
    if (value === null) labels.delete(name)
    else labels.set(name, value)
  }
  return checkLabels(Object.fromEntries(labels))
}

/** Raises `invalid_input` for a name that is none, and for more of them than a rack has. */
export function checkLabels<Labels extends object>(labels: Labels): Labels {
  const names = Object.keys(labels)
  const unusable = names.find((name) => !labelForm.test(name))
  if (unusable !== undefined) {
    throw new Problem(
      'invalid_input',
      `"${unusable.slice(0, 70)}" is not a name for a label: 1 to 64 of a-z, A-Z, 0-9, ".", "_", "/" and "-", beginning with a letter or digit.`,
    )
  }
  if (names.length <= mostLabels) return labels
  throw new Problem(
    'invalid_input',
    `A rack has at most ${mostLabels} labels; these would be ${names.length}.`,
    {
      numbers: { labels: names.length, mostLabels },
    },
  )
}

const labelForm = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/

/** The same order, whenever it was given: asking twice orders once. */
function isSameOrder(present: object | null, asked: object): boolean {
  return present !== null && canonical(present) === canonical(asked)
}

function canonical(order: object): string {
  const entries = Object.entries(order).filter(([name]) => name !== 'at')
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
