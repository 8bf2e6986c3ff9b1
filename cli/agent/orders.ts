/** Orders that people give on the rack: pin, hold, retry. They are the rack's own, and hold without any registry. */
import { checkUntil } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { HoldOrder, PinOrder } from '../../shared/domain/rack.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { checkedVersionName } from './drivers/version-name.ts'
import type { Rack } from './rack.ts'
import { ordersOf } from './rack-report.ts'
import { isNewer, type RackState } from './rack-state.ts'

const maxPinDays = 3_660
const maxHoldDays = 366
const longestReason = 2_000
const longestOwner = 200
const longestAdvisory = 64

/** What the registry would refuse with every later question is refused when it is ordered (contract/rack.ts). */
export function requireOrder(order: {
  readonly reason: string
  readonly owner: string
  readonly accept?: string | undefined
}): void {
  requireText('The reason', order.reason, longestReason)
  requireText('The name of who orders it', order.owner, longestOwner)
  if (order.accept !== undefined) requireText("The advisory's id", order.accept, longestAdvisory)
}

function requireText(what: string, text: string, most: number): void {
  const length = text.trim() === '' ? 0 : text.length
  if (length > 0 && length <= most) return
  throw new Problem('invalid_input', `${what} has 1 to ${most} characters, not ${length}.`, {
    numbers: { length, most },
  })
}

export function checkPinUntil(rack: Rack, until: number | undefined): void {
  if (until !== undefined) checkUntil('The end of the pin', until, rack.place.clock.now(), maxPinDays)
}

/** Without a version: stay on what runs. A pin to a version that a rollback barred is an order, and lifts the bar. */
export async function pinRack(
  rack: Rack,
  order: Omit<PinOrder, 'version'> & { version: string | undefined },
): Promise<PinOrder> {
  requireOrder({ ...order, accept: order.acceptedAdvisory })
  checkPinUntil(rack, order.until)
  const version = order.version ?? (await rack.driver.current())
  if (version === null)
    throw new Problem('invalid_input', 'Nothing is installed, so there is nothing to stay on.', {
      hint: `headgate update --dir ${rack.dir}`,
    })
  checkedVersionName(version)
  if (rack.state.scheme !== null) orderKey(rack.state.scheme, version)
  const pin: PinOrder = { ...order, version }
  rack.keep((state) => ({ ...state, pin, bar: isBarred(state, version) ? null : state.bar }))
  return pin
}

export function unpinRack(rack: Rack): PinOrder {
  const { pin, ordered } = rack.state
  if (!pin && ordered?.pin) throw orderedElsewhere(rack, 'pin', ordered.pin)
  if (!pin)
    throw new Problem('order_not_found', 'This rack is not pinned.', {
      hint: `headgate status --dir ${rack.dir}`,
    })
  rack.keep((state) => ({ ...state, pin: null }))
  return pin
}

export function holdRack(rack: Rack, hold: HoldOrder): HoldOrder {
  requireOrder(hold)
  checkUntil('The end of the hold', hold.until, rack.place.clock.now(), maxHoldDays)
  rack.keep((state) => ({ ...state, hold }))
  return hold
}

export function unholdRack(rack: Rack): HoldOrder {
  const { hold, ordered } = rack.state
  if (!hold && ordered?.hold) throw orderedElsewhere(rack, 'hold', ordered.hold)
  if (!hold)
    throw new Problem('order_not_found', 'This rack is not held.', {
      hint: `headgate status --dir ${rack.dir}`,
    })
  rack.keep((state) => ({ ...state, hold: null }))
  return hold
}

/** Nothing on the rack lifts what was ordered from the registry: whoever ordered it relies on it. */
function orderedElsewhere({ config }: Rack, what: 'pin' | 'hold', order: PinOrder | HoldOrder): Problem {
  const { name, app } = config.rack
  return new Problem(
    'order_not_found',
    `The ${what} of this rack was ordered from the registry by ${order.owner} (${order.reason}): only there can it be lifted.`,
    {
      hint: `headgate rack ${what === 'pin' ? 'unpin' : 'unhold'} ${name} --app ${app}`,
      numbers: { owner: order.owner },
    },
  )
}

/**
 * Forgets what failed here and what a rollback barred, or of that what keeps one target away. What the registry counts
 * stays counted.
 */
export function retryRack(
  rack: Rack,
  target?: string,
): Pick<ReturnType<typeof ordersOf>, 'failures' | 'bar'> {
  if (target !== undefined && rack.state.scheme !== null) orderKey(rack.state.scheme, target)
  const isMeant = (one: { readonly target: string }): boolean => target === undefined || one.target === target
  const { bar, failures, softFailures = [] } = rack.state
  const lifted = bar !== null && (target === undefined || isBarred(rack.state, target))
  const forgotten = ordersOf({
    ...rack.state,
    failures: [...failures, ...softFailures].filter(isMeant),
    bar: lifted ? bar : null,
  })
  rack.keep(({ softFailures: _soft, ...state }) => ({
    ...state,
    failures: failures.filter((one) => !isMeant(one)),
    ...(softFailures.some((one) => !isMeant(one)) && {
      softFailures: softFailures.filter((one) => !isMeant(one)),
    }),
    bar: lifted ? null : bar,
  }))
  return { failures: forgotten.failures, bar: forgotten.bar }
}

function isBarred({ bar, scheme }: RackState, version: string): boolean {
  if (!bar) return false
  return isNewer(scheme, version, bar.above) === true && isNewer(scheme, version, bar.upTo) === false
}
