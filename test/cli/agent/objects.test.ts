/** A rack objects in its own name to what it runs; whoever has a desk has to answer. */
import { expect, test } from 'vitest'
import { aYard } from '../../support/campaign-yard.ts'

test('with its own token, to what it runs, whatever the environment says', async () => {
  const yard = await aYard()
  const rack = await yard.rack('staging-1', { channel: 'unstable' })
  await yard.publishes('10')
  await rack.does('update', '--yes')
  const dry = await rack.does('object', '--reason', 'it is slow', '--dry-run', '--json')
  expect(dry.json).toMatchObject({ kind: 'ReleaseRecord', version: '10', dryRun: true })
  const objected = await rack.does('object', '--reason', 'it is slow')
  expect(objected.stdout).toMatch(/O-1 +rack:rack\/staging-1 .*it is slow/)
  const refused = await yard.headgate('promote', '10', '--app', 'rack', '--to', 'stable')
  expect(refused).toMatchObject({ code: 3 })
  expect(refused.stderr).toContain('rack:rack/staging-1 objects: it is slow')

  // It is at work right now: its lock is nobody's concern who only speaks.
  rack.write('lock', '')
  await rack.does('object', '--reason', 'it is still slow')
  const unknown = await (await yard.rack('staging-2', { channel: 'unstable' })).headgate(
    'object',
    '--reason',
    'x',
  )
  expect(unknown).toMatchObject({ code: 2 })
  expect(unknown.stderr).toContain('Nothing is known to run')
})
