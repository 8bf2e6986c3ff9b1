// What racks have shown, as a maintainer sees it: before a promotion, in a yank, and afterwards.
import { describe, expect, test } from 'vitest'
import { aRack } from './racks.ts'
import { aDesk } from './registry-shell.ts'

const good = '20160816140022'
const bad = '20160816160115'
const reason = 'params set writes **** as the API key'

/** Two staging racks that tried the bad build, of which one returned, and a production rack. */
async function anAugust() {
  const desk = await aDesk()
  const { headgate } = desk
  await headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  await headgate('release', 'publish', good, '--app', 'rack')
  await headgate('promote', '--app', 'rack', '--to', 'stable')
  await headgate('release', 'publish', bad, '--app', 'rack')
  const racks = {
    staging1: await aRack(desk, 'staging-1', 'unstable', good),
    staging2: await aRack(desk, 'staging-2', 'unstable', good),
    prod1: await aRack(desk, 'prod-1', 'stable', good),
  }
  await racks.staging1.tries(bad, 'proved')
  await racks.staging2.tries(bad, 'returned', 'healthz answered 500, 3 times')
  await racks.prod1.check()
  const yank = [
    'release',
    'yank',
    `${bad}..20160817175216`,
    '--app',
    'rack',
    '--severity',
    'critical',
    '--reason',
    reason,
  ]
  return { ...desk, racks, yank: () => headgate(...yank, '--confirm', 'rack') }
}

describe('what staging has shown', () => {
  test('is counted and named before a promotion, and with the release', async () => {
    const { headgate } = await anAugust()
    const dry = await headgate('promote', bad, '--app', 'rack', '--to', 'stable', '--dry-run')
    await expect(dry.stdout).toMatchFileSnapshot('../golden/cli/promote-evidence.txt')
    const shown = await headgate('release', 'show', bad, '--app', 'rack')
    await expect(shown.stdout).toMatchFileSnapshot('../golden/cli/release-show.txt')
    expect(shown.stderr).toBe(`Next:  headgate promote ${bad} --app rack --to stable\n`)
  })

  test('stands beside a refusal as well', async () => {
    const { headgate, yank } = await anAugust()
    await yank()
    const refused = await headgate('promote', bad, '--app', 'rack', '--to', 'stable')
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('withdrawn')
  })
})

describe('a yank', () => {
  test('lists the racks on it and what each is told, and afterwards who has gone back', async () => {
    const { headgate, racks, yank } = await anAugust()
    const yanked = await yank()
    await expect(yanked.stdout).toMatchFileSnapshot('../golden/cli/yank-racks.txt')
    expect(await racks.staging1.check()).toMatchObject({
      action: 'rollback',
      reason: 'yanked',
      target: { version: good },
    })
    await racks.staging1.tries(good, 'proved')
    const shown = await headgate('advisory', 'show', 'ADV-1', '--app', 'rack')
    expect(shown.stdout).toContain('no rack runs what was withdrawn')
    expect(shown.stdout).toContain(`staging-1 has left ${bad} and runs ${good}`)
  })
})

describe('racks', () => {
  test('are listed with what is the matter with them', async () => {
    const { headgate, racks, yank } = await anAugust()
    await yank()
    const pin = { version: good, owner: 'ada', reason: 'wait for the fix' }
    await racks.prod1.check({ pin })
    const list = await headgate('rack', 'list', '--app', 'rack')
    await expect(list.stdout).toMatchFileSnapshot('../golden/cli/rack-list.txt')
    const page = await headgate('rack', 'list', '--app', 'rack', '--limit', '1')
    expect(page.stderr).toBe('Next:  headgate rack list --app rack --limit 1 --after prod-1\n')
    expect(
      (await headgate('rack', 'list', '--app', 'rack', '--limit', '1', '--after', 'prod-1', '--json')).json,
    ).toMatchObject({
      racks: [{ rack: 'staging-1' }],
      next: 'staging-1',
    })
    const shown = await headgate('rack', 'show', 'prod-1', '--app', 'rack')
    expect(shown.stdout).toContain(`${good} by ada: wait for the fix`)
    const explained = await headgate('explain', '--app', 'rack', '--rack', 'prod-1')
    await expect(explained.stdout).toMatchFileSnapshot('../golden/cli/explain.txt')
  })

  test('that are gone are forgotten by name, and can ask no more', async () => {
    const { headgate, racks, changes } = await anAugust()
    const before = await changes()
    const words = ['rack', 'forget', 'prod-1', '--app', 'rack', '--reason', 'the host is gone']
    expect(await headgate(...words, '--json')).toMatchObject({
      code: 3,
      json: { code: 'confirmation_required' },
    })
    expect((await headgate(...words, '--dry-run')).code).toBe(0)
    expect(await changes()).toBe(before)
    expect((await headgate(...words, '--confirm', 'prod-1', '--json')).json).toMatchObject({
      kind: 'Rack',
      rack: 'prod-1',
    })
    await expect(racks.prod1.check()).rejects.toThrow(/not_signed_in/)
    expect(await headgate('rack', 'show', 'prod-1', '--app', 'rack', '--json')).toMatchObject({
      code: 5,
      json: { code: 'rack_not_found' },
    })
  })

  test('ahead of a channel that went back are named', async () => {
    const { headgate, racks } = await anAugust()
    await headgate('promote', bad, '--app', 'rack', '--to', 'stable')
    await racks.prod1.tries(bad, 'proved')
    const reverted = await headgate(
      'channel',
      'revert',
      'stable',
      '--app',
      'rack',
      '--reason',
      'x',
      '--dry-run',
    )
    expect(reverted.stdout).toContain('1: prod-1 stay on something newer (--recall would call them back)')
    const recalled = await headgate(
      'channel',
      'revert',
      'stable',
      '--app',
      'rack',
      '--reason',
      'x',
      '--recall',
    )
    expect(recalled.stdout).toContain('1: prod-1 are called back')
    expect(await racks.prod1.check()).toMatchObject({ action: 'rollback', reason: 'recalled' })
  })
})
