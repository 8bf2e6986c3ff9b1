// Past states: a few are kept, one is made at a time, a clock that went back is followed in the order of recording, and what
// was erased while one was made is not in it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPastStates } from '../../../server/time-travel/past-states.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { plainState } from '../../domain/plain-state.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

let here: TestRegistry
beforeEach(async () => {
  here = await openTestRegistry()
  await here.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
})
afterEach(() => here.dispose())

const states = () => createPastStates({ ...here.registry, clock: here.clock.now })
const freeze = (reason: string) => here.call('POST', '/v1/freezes', { json: { app: 'rack', reason } })

test('four are kept, those that were asked for last; the same one is not made twice', async () => {
  const past = states()
  const times: number[] = []
  for (let i = 0; i < 7; i += 1) {
    here.clock.advance(hour)
    await freeze(`number ${i}`)
    times.push(here.clock.now())
  }
  const [first = 0] = times
  const one = await past.at(first)
  expect((await past.at(first + minute)).state).toBe(one.state)
  for (const time of times.slice(1, 4)) await past.at(time)
  expect(await past.at(first)).toBe(one)
  for (const time of times.slice(4)) await past.at(time)
  expect(past.kept).toBe(4)
  expect(await past.at(first)).toBe(one)
  await past.at(times[1] ?? 0)
  expect(past.kept).toBe(4)
})

test('is what the state was, whatever the clock did: the order of recording counts', async () => {
  const past = states()
  const { ledger } = here.registry
  here.clock.advance(10 * hour)
  await freeze('by a clock that ran ahead')
  here.clock.advance(-9 * hour)
  await freeze('put right')
  const then = here.clock.now()
  const state = plainState(ledger.state)
  here.clock.advance(20 * hour)
  await freeze('later')
  expect(plainState((await past.at(then)).state)).toEqual(state)
  expect((await past.at(then - minute)).state.freezes.size).toBe(0)
})

test('nothing that was erased is in one that was kept, or is being made', async () => {
  const past = states()
  await freeze('hunter2')
  const { sequence } = here.registry.ledger.head
  const then = here.clock.now()
  here.clock.advance(hour)
  expect(JSON.stringify(plainState((await past.at(then)).state))).toContain('hunter2')
  const redacting = here.call('POST', `/v1/audit/${sequence}/redact`, {
    json: { fields: ['/reason'], reason: 'x' },
  })
  const asked = Array.from({ length: 5 }, () => past.at(then))
  await redacting
  await Promise.all(asked)
  expect(JSON.stringify(plainState((await past.at(then)).state))).not.toContain('hunter2')
})

test('whoever asks when many wait is asked to come back', async () => {
  const past = states()
  const asked = Array.from({ length: 12 }, () =>
    past.at(here.clock.now()).then(
      () => 'made',
      ({ code }) => code,
    ),
  )
  const answers = await Promise.all(asked)
  expect(answers.filter((one) => one === 'too_many_requests')).toHaveLength(4)
  expect(answers.filter((one) => one === 'made')).toHaveLength(8)
})
