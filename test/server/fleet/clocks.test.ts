/** Two clocks: the registry decides by its own, says what it reads, and takes no rack's word for the future. */
import { expect, test } from 'vitest'
import { day, hour } from '../../../shared/domain/instants.ts'
import { aFleet, v1, v2 } from './fleet-world.ts'

const failure = (lastAt: number) => ({
  current: v1,
  failures: [{ target: v2, count: 1, lastAt: new Date(lastAt).toISOString() }],
})

test('a decision says when it was made, by the clock that it was made with', async () => {
  const fleet = await aFleet()
  await fleet.serve(v1)
  const rack = await fleet.rack('prod-1')
  expect((await rack.check()).json.answeredAt).toBe(new Date(fleet.clock.now()).toISOString())
  fleet.clock.advance(3 * hour)
  expect((await rack.check()).json.answeredAt).toBe(new Date(fleet.clock.now()).toISOString())
  await fleet.dispose()
})

test('a failure that a rack dates a year ahead waits as long as one of now, and not a year longer', async () => {
  const fleet = await aFleet()
  await fleet.serve(v1)
  await fleet.serve(v2)
  const rack = await fleet.rack('prod-1')
  const heardAt = fleet.clock.now()
  const ahead = failure(heardAt + 365 * day)
  const until = new Date(heardAt + 8 * hour).toISOString()
  expect((await rack.check(ahead)).json).toMatchObject({ action: 'wait', reason: 'failed_here', until })
  // It says so each time that it asks: that does not begin the wait anew.
  fleet.clock.advance(7 * hour)
  expect((await rack.check(ahead)).json).toMatchObject({ reason: 'failed_here', until })
  fleet.clock.advance(hour + 1)
  expect((await rack.check(ahead)).json).toMatchObject({ action: 'update', target: { version: v2 } })
  await fleet.dispose()
})

test("a failure that lies behind waits for what is left of it, by the registry's clock", async () => {
  const fleet = await aFleet()
  await fleet.serve(v1)
  await fleet.serve(v2)
  const rack = await fleet.rack('prod-1')
  const until = new Date(fleet.clock.now() + 3 * hour).toISOString()
  expect((await rack.check(failure(fleet.clock.now() - 5 * hour))).json).toMatchObject({ until })
  await fleet.dispose()
})
