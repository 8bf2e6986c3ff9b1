/** Orders that people give on the rack: pin, hold, retry. They are the rack's own, and hold without any registry. */
import { checkUntil } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { compareKeys, orderKey } from '../../shared/domain/version.ts'
import type { Rack } from './rack.ts'
import type { HoldOrder, PinOrder, RackState } from './rack-state.ts'

const maxPinDays = 3_660
const maxHoldDays = 366

/** Without a version: stay on what runs. A pin to a version that a rollback barred is an order, and lifts the bar. */
export async function pinRack(
  rack: Rack,
  order: Omit<PinOrder, 'version'> & { version: string | undefined },
): Promise<PinOrder> {
  const version = order.version ?? (await rack.driver.current())
  if (version === null)
    throw new Problem('invalid_input', 'Nothing is installed, so there is nothing to stay on.', {
      hint: `headgate update --dir ${rack.dir}`,
    })
  if (rack.state.scheme !== null) orderKey(rack.state.scheme, version)
  const { until } = order
  if (until !== undefined) checkUntil('The end of the pin', until, rack.place.clock.now(), maxPinDays)
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

export function holdRack(rack: Rack, hold: HoldOrder): void {
  checkUntil('The end of the hold', hold.until, rack.place.clock.now(), maxHoldDays)
  rack.keep((state) => ({ ...state, hold }))
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
export function retryRack(rack: Rack): Pick<RackState, 'failures' | 'bar'> {
  const { failures, bar } = rack.state
  rack.keep((state) => ({ ...state, failures: [], bar: null }))
  return { failures, bar }
}

function isBarred({ bar, scheme }: RackState, version: string): boolean {
  if (!bar || scheme === null) return false
  const key = orderKey(scheme, version)
  return (
    compareKeys(key, orderKey(scheme, bar.above)) > 0 && compareKeys(key, orderKey(scheme, bar.upTo)) <= 0
  )
}
