/** What could not be begun waits a little longer each time, over restarts, and never longer than its step. */
import { expect, test } from 'vitest'
import { softWaitMs } from '../../../cli/agent/soft-ladder.ts'
import { day, hour, minute } from '../../../shared/domain/instants.ts'
import { aYard } from '../../support/campaign-yard.ts'

const now = Date.UTC(2026, 7, 1)
const failed = (count: number, lastAt: number) => [{ target: '20', count, lastAt }]

test.each([
  ['never', undefined, 0],
  ['once, just now', failed(1, now), 5 * minute],
  ['twice, just now', failed(2, now), 15 * minute],
  ['three times, just now', failed(3, now), hour],
  ['forty times, just now', failed(40, now), hour],
  ['once, three minutes ago', failed(1, now - 3 * minute), 2 * minute],
  ['once, an hour ago', failed(1, now - hour), 0],
  ['another version', [{ target: '30', count: 1, lastAt: now }], 0],
  ['twice, dated by a clock a year ahead', failed(2, now + 365 * day), 15 * minute],
])('%s', (_, failures, waitMs) => {
  expect(softWaitMs(failures, '20', now)).toBe(waitMs)
})

test('the agent waits, also after a restart; a person does not, and retry ends it', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  await yard.serves('20')
  const artifact = (url: string | undefined) => url?.startsWith('/v1/artifacts/') ?? false
  yard.intercept((request, response) => {
    if (!artifact(request.url)) return false
    response.writeHead(404).end()
    return true
  })
  const once = () => rack.headgate('agent', 'once', '--json')
  expect((await once()).json).toMatchObject({ code: 'artifact_unavailable', exit: 3 })
  expect(rack.state()).toMatchObject({ failures: [], softFailures: [{ target: '20', count: 1 }] })
  // Another process: it asks, and leaves it for later.
  expect((await once()).json).toMatchObject({ outcome: null, decision: { action: 'update' } })
  expect(rack.attempts()).toHaveLength(2)
  // A person is not kept waiting, and what fails again waits longer.
  expect((await rack.headgate('update', '--yes')).code).toBe(3)
  expect(rack.state()).toMatchObject({ softFailures: [{ target: '20', count: 2 }] })
  yard.clock.skip(16 * minute)
  yard.intercept(undefined)
  await rack.does('agent', 'once')
  expect(rack.installed()).toBe('20')
  expect(rack.state()).toMatchObject({ softFailures: [] })
})

test('retry of one version leaves the others as they are', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  for (const version of ['20', '30']) {
    await yard.serves(version, { isHealthy: false })
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
  }
  expect((await rack.does('retry', '20', '--dry-run')).stdout).toContain('20')
  await rack.does('retry', '20')
  expect(rack.state()).toMatchObject({ failures: [{ target: '30', count: 1 }] })
  expect((await rack.headgate('retry', 'v-two', '--json')).json).toMatchObject({ code: 'invalid_version' })
})
