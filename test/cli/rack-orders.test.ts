// Orders to racks and alarms, as a maintainer types them.
import { describe, expect, test } from 'vitest'
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import { aRack } from './racks.ts'
import { aDesk } from './registry-shell.ts'

const [good, next] = ['20160816140022', '20160816160115']
const onProd1 = ['prod-1', '--app', 'rack']

async function aFleet() {
  const desk = await aDesk()
  const { headgate } = desk
  await headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  for (const version of [good, next]) {
    await headgate('release', 'publish', version, '--app', 'rack')
    await headgate('promote', '--app', 'rack', '--to', 'stable')
  }
  const prod1 = await aRack(desk, 'prod-1', 'stable', good)
  await prod1.check()
  return { ...desk, prod1 }
}

describe('rack pin', () => {
  test('says what the rack was told before, and what it is told now', async () => {
    const { headgate, prod1 } = await aFleet()
    const pinned = await headgate('rack', 'pin', ...onProd1, '--reason', 'wait for the fix', '--until', '7d')
    expect(pinned.code).toBe(0)
    expect(pinned.stdout).toBe(
      [
        'rack                       prod-1 of rack, on stable',
        `runs                       ${good}`,
        `pinned from the registry   ${good} by token:first-admin until 2016-08-23T14:00:00.000Z: wait for the fix`,
        `told before                update to ${next}, offered: ${good} → ${next}`,
        `told now                   none, pinned: pinned to ${good} by token:first-admin until 2016-08-23T14:00:00.000Z: wait for the fix`,
        '',
      ].join('\n'),
    )
    expect(pinned.stderr).toBe(
      `✓ ok  prod-1 is pinned to ${good}.\nNext:  headgate rack show prod-1 --app rack\n`,
    )
    expect(await prod1.check()).toMatchObject({ action: 'none', reason: 'pinned' })
    const list = await headgate('rack', 'list', '--app', 'rack')
    expect(list.stdout).toContain(`pinned to ${good} from the registry`)
    const lifted = await headgate('rack', 'unpin', ...onProd1, '--json')
    expect(lifted.json).toMatchObject({
      kind: 'OrderedRack',
      rack: { orders: { pin: null } },
      before: { reason: 'pinned' },
      after: { action: 'update' },
    })
  })

  test('a dry run shows the same and changes nothing', async () => {
    const { headgate, prod1 } = await aFleet()
    const dry = await headgate('rack', 'pin', ...onProd1, '--reason', 'x', '--dry-run')
    expect(dry.stdout).toContain('would be told')
    expect(dry.stderr).toContain('A dry run: nothing was changed.')
    expect(await prod1.check()).toMatchObject({ action: 'update' })
  })

  test('to a version: prod-1 VERSION', async () => {
    const { headgate, prod1 } = await aFleet()
    await headgate('rack', 'pin', 'prod-1', next, '--app', 'rack', '--reason', 'there')
    expect(await prod1.check()).toMatchObject({ motive: 'pin', target: { version: next } })
  })
})

test('rack hold and unhold', async () => {
  const { headgate, prod1 } = await aFleet()
  const held = await headgate('rack', 'hold', ...onProd1, '--until', '4h', '--reason', 'audit')
  expect(held.stderr).toContain('prod-1 is held until 2016-08-16T18:00:00.000Z.')
  expect(await prod1.check()).toMatchObject({ reason: 'held', until: '2016-08-16T18:00:00.000Z' })
  const unheld = await headgate('rack', 'unhold', ...onProd1, '--reason', 'done')
  expect(unheld.stdout).toContain(`told now      update to ${next}`)
  expect(await prod1.check()).toMatchObject({ action: 'update' })
})

describe('rack label', () => {
  test('sets and takes away; the others stay', async () => {
    const { headgate } = await aFleet()
    await headgate('rack', 'label', 'prod-1', 'tier=canary', 'region=eu', '--app', 'rack')
    const labelled = await headgate('rack', 'label', 'prod-1', 'tier-', 'note=a=b', '--app', 'rack')
    expect(labelled.stdout).toContain('labels   region=eu note=a=b')
  })

  test.each<[string, readonly string[], RegExp]>([
    ['what is neither', ['tier'], /"tier" is neither NAME=VALUE nor NAME-/],
    ['one of no name', ['=x'], /"=x" is neither/],
    ['one twice', ['tier=a', 'tier-'], /"tier" is given twice/],
    ['one like a flag', ['ti er=x'], /"ti er" is not a name for a label/],
  ])('refuses %s', async (_, words, says) => {
    const { headgate } = await aFleet()
    const refused = await headgate('rack', 'label', 'prod-1', ...words, '--app', 'rack')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(says)
  })
})

describe('alarms', () => {
  test('are listed while they are open, and with --all afterwards', async () => {
    const { headgate, registry } = await aFleet()
    const empty = await headgate('alarm', 'list')
    expect(empty.stdout).toBe('ALARM   KIND   APP   SINCE   RAISED   STATE   WHAT\n')
    await raiseFor(registry, aFinding())
    const list = await headgate('alarm', 'list')
    expect(list.stdout.split('\n')[1]).toBe(
      'ALARM-1   changed_outside   rack   2016-08-16T15:00:00.000Z   2016-08-16T14:00:00.000Z   open    3 of 3 racks changed within 2m by no attempt: 3 to 20160816140022',
    )
    expect(list.stderr).toBe('Next:  headgate alarm close ALARM-1 --note "…"\n')

    const dry = await headgate('alarm', 'close', 'ALARM-1', '--note', 'a backup', '--dry-run')
    expect(dry.stderr).toContain('nothing was changed')
    const closed = await headgate('alarm', 'close', 'ALARM-1', '--note', 'a backup')
    expect(closed.stdout).toMatch(/racks\s+3: prod-1, prod-2, prod-3\nnote\s+a backup/)
    expect(closed.stderr).toContain('ALARM-1 is closed.')
    expect((await headgate('alarm', 'list', '--json')).json).toMatchObject({ alarms: [] })
    const all = await headgate('alarm', 'list', '--all', '--app', 'rack')
    expect(all.stdout).toMatch(/closed \S+ by token:first-admin: a backup/)

    expect((await headgate('alarm', 'close', 'ALARM-1', '--note', 'a backup')).code).toBe(0)
    const again = await headgate('alarm', 'close', 'ALARM-1', '--note', 'no, a person', '--json')
    expect(again.json).toMatchObject({ code: 'alarm_closed', exit: 3 })
  })

  test('go on page by page', async () => {
    const { headgate, registry } = await aFleet()
    for (const subject of ['a', 'b', 'c']) await raiseFor(registry, aFinding({ subject }))
    const page = await headgate('alarm', 'list', '--limit', '2')
    expect(page.stdout).toMatch(/ALARM-3[\s\S]*ALARM-2/)
    expect(page.stderr).toBe('Next:  headgate alarm list --limit 2 --after ALARM-2\n')
    const rest = await headgate('alarm', 'list', '--after', 'ALARM-2', '--json')
    expect(rest.json).toMatchObject({ alarms: [{ alarm: 'ALARM-1' }], next: null })
  })
})
