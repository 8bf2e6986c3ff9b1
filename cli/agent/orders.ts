/** Orders that people give on the rack: pin, hold, retry. They are the rack's own, and hold without any registry. */
import { checkUntil } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { checkedVersionName } from './drivers/version-name.ts'
import type { Rack } from './rack.ts'
import { ordersOf } from './rack-report.ts'
import { type HoldOrder, isNewer, type PinOrder, type RackState } from './rack-state.ts'

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
  const { pin } = rack.state
  if (!pin)
    throw new Problem('invalid_input', 'This rack is not pinned.', {
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
  const { hold } = rack.state
  if (!hold)
    throw new Problem('invalid_input', 'This rack is not held.', {
      hint: `headgate status --dir ${rack.dir}`,
    })
  rack.keep((state) => ({ ...state, hold: null }))
  return hold
}

/** Forgets what failed here and what a rollback barred. What the registry counts stays counted. */
export function retryRack(rack: Rack): Pick<ReturnType<typeof ordersOf>, 'failures' | 'bar'> {
  const { failures, bar } = ordersOf(rack.state)
  rack.keep((state) => ({ ...state, failures: [], bar: null }))
  return { failures, bar }
}

function isBarred({ bar, scheme }: RackState, version: string): boolean {
  if (!bar) return false
  return isNewer(scheme, version, bar.above) === true && isNewer(scheme, version, bar.upTo) === false
}
