/** What a rack's operator lets it take, and when: windows, ranges and ages from rack.toml, obeyed by every decision. */
import { expect, test } from 'vitest'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { aYard, type Yard, type YardRack } from '../../support/campaign-yard.ts'

// The yard's clock starts on Tuesday 16 August 2016, 16:00 UTC.
async function aRackThatWishes(...lines: readonly string[]): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  const toml = rack.read('rack.toml') ?? ''
  rack.write('rack.toml', toml.replace(/^(platform = .*)$/m, ['$1', ...lines].join('\n')))
  await yard.serves('20')
  return { yard, rack }
}

test('outside of its window a rack waits, and says when it opens; inside it updates', async () => {
  const { yard, rack } = await aRackThatWishes(
    'window = { start = "0 22 * * *", minutes = 120, zone = "UTC" }',
  )
  const closed = await rack.headgate('check', '--exit-code', '--json')
  expect(closed.code).toBe(101)
  expect(closed.json).toMatchObject({
    action: 'wait',
    reason: 'outside_window',
    target: { version: '20' },
    until: '2016-08-16T22:00:00.000Z',
  })
  expect((await rack.does('update', '--yes')).code).toBe(0)
  expect(rack.installed()).toBe('10')

  yard.clock.skip(6 * hour + minute)
  expect((await rack.headgate('check', '--exit-code')).code).toBe(100)
  await rack.does('update', '--yes')
  expect(rack.installed()).toBe('20')
})

test('a critical withdrawal does not wait for the window', async () => {
  const { yard, rack } = await aRackThatWishes()
  await rack.does('update', '--yes')
  const toml = rack.read('rack.toml') ?? ''
  rack.write(
    'rack.toml',
    toml.replace(/^(platform = .*)$/m, '$1\nwindow = { start = "0 3 1 1 *", minutes = 1, zone = "UTC" }'),
  )
  const severe = ['--app', 'rack', '--remedy', 'rollback', '--reason', 'it leaks', '--confirm', 'rack']
  await yard.does('release', 'yank', '20', '--severity', 'critical', ...severe)
  expect((await rack.headgate('check', '--json')).json).toMatchObject({
    action: 'rollback',
    motive: 'remedy_critical',
  })
  await rack.does('update', '--yes')
  expect(rack.installed()).toBe('10')
})

test('a version outside of its range is not taken', async () => {
  const { rack } = await aRackThatWishes('within = ">=10 <20"')
  expect((await rack.headgate('check', '--json')).json).toMatchObject({
    action: 'wait',
    reason: 'outside_constraint',
    detail: '20 is outside of >=10 <20',
  })
})

test('a release that is too young is taken when it is not', async () => {
  const { yard, rack } = await aRackThatWishes('minAgeMinutes = 1440')
  expect((await rack.headgate('check', '--json')).json).toMatchObject({ action: 'wait', reason: 'too_young' })
  yard.clock.skip(25 * hour)
  expect((await rack.headgate('check', '--json')).json).toMatchObject({
    action: 'update',
    target: { version: '20' },
  })
})

test.each([
  [
    'a window in no zone',
    'window = { start = "0 2 * * *", minutes = 60, zone = "Europe/Atlantis" }',
    'Europe/Atlantis',
  ],
  ['a range that is none', 'within = ">=20 <10"', 'no version can satisfy'],
])('%s is told, and nothing is changed', async (_what, line, says) => {
  const { rack } = await aRackThatWishes(line)
  const refused = await rack.headgate('update', '--yes')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(says)
  expect(rack.installed()).toBe('10')
})

test('a window that is no table of a window is refused by the file, the key and what was expected', async () => {
  const { rack } = await aRackThatWishes('window = { start = "at night", minutes = 60, zone = "UTC" }')
  const refused = await rack.headgate('check')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/rack\.toml.*window start must be five cron fields/s)
})
