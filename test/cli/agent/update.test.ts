/** `check`, `plan`, `update` and `retry` on racks whose hooks and checks are real: every exit code, and what it leaves. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDurableFiles, nodeSyscalls, realFiles } from '../../../cli/agent/files.ts'
import { acquireLock } from '../../../cli/agent/lock.ts'
import { hour } from '../../../shared/domain/instants.ts'
import { aYard, directoryToml, type Yard, type YardRack } from '../../support/campaign-yard.ts'
import { dyingFiles } from '../../support/dying-files.ts'

const critical = ['--app', 'rack', '--severity', 'critical', '--reason', 'it leaks', '--confirm', 'rack']

async function aRackOn(...versions: readonly string[]): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  for (const version of versions) {
    await yard.serves(version)
    await rack.does('update', '--yes')
  }
  return { yard, rack }
}

test('to a version that is named: only if that is offered, and it says that nothing pins it', async () => {
  const { yard, rack } = await aRackOn('10')
  await yard.serves('20')
  const other = await rack.headgate('update', '10.5', '--yes', '--json')
  expect(other).toMatchObject({ code: 3, json: { code: 'not_offered' } })
  expect(other.json.hint).toContain('headgate pin 10.5 ')
  expect((await rack.headgate('update', '10', '--dry-run')).code).toBe(3)
  const named = await rack.headgate('update', '20', '--yes')
  expect(named.code, named.stderr).toBe(0)
  expect(named.stderr).toContain('20 is not pinned: the next check takes what the channel serves then')
  expect((await rack.headgate('update', '20', '--yes')).code).toBe(0)

  // And so it is: until somebody pins it.
  await yard.serves('30')
  expect((await rack.headgate('check', '--json')).json).toMatchObject({ target: { version: '30' } })
  await rack.does('pin', '--reason', 'the driver is for 20')
  expect((await rack.headgate('update', '--yes')).code).toBe(0)
  expect((await rack.headgate('check', '--json')).json).toMatchObject({ action: 'none', reason: 'pinned' })
})

describe('check --exit-code', () => {
  test('is 100 while something is to be done, 0 when nothing is, 101 while it waits, 102 when what runs is withdrawn', async () => {
    const { yard, rack } = await aRackOn()
    const code = async (...words: string[]) => (await rack.headgate('check', '--exit-code', ...words)).code

    expect(await code()).toBe(101)
    await yard.serves('10')
    expect(await code()).toBe(100)
    expect((await rack.headgate('check')).code).toBe(0)
    await rack.does('update', '--yes')
    expect(await code()).toBe(0)

    await yard.serves('20')
    await yard.does('freeze', '--app', 'rack', '--channel', 'stable', '--reason', 'fair')
    expect(await code()).toBe(101)
    await yard.does('unfreeze', '--app', 'rack', '--channel', 'stable')
    await rack.does('update', '--yes')
    await yard.does('release', 'yank', '20', ...critical)
    const withdrawn = await rack.headgate('check', '--exit-code', '--json')
    expect(withdrawn.code).toBe(102)
    expect(withdrawn.json).toMatchObject({
      kind: 'Decision',
      action: 'rollback',
      target: { version: '10' },
      advisories: [{ severity: 'critical', reason: 'it leaks' }],
    })

    // Also when nothing can be done about it: whoever reads only the exit code must hear of it.
    await yard.does('freeze', '--all', '--reason', 'hands off', '--confirm', 'registry')
    expect(await code()).toBe(102)
  })

  test('says what the registry says while another run is at work, and stores nothing beside it', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    const lock = await acquireLock(rack.dir, 'update', yard.clock.now(), realFiles)
    const before = rack.tree()
    const asked = await rack.headgate('check', '--json')
    expect(asked.json).toMatchObject({ action: 'update', target: { version: '20' } })
    expect(rack.tree()).toEqual(before)
    await lock.release()
  })
})

describe('plan', () => {
  test('shows the steps under an id that update holds itself to', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    const planned = await rack.does('plan', '--json')
    expect(planned.json).toMatchObject({
      kind: 'Plan',
      plan: { from: '10', to: '20', action: 'update', motive: 'rollout' },
    })
    const { id } = planned.json.plan as { id: string }
    await yard.serves('30')
    const moved = await rack.headgate('update', '--yes', '--plan', id, '--json')
    expect(moved.code).toBe(3)
    expect(moved.json).toMatchObject({ code: 'plan_moved' })
    expect(moved.json.detail).toContain('update to 30')
    expect(rack.installed()).toBe('10')

    const again = await rack.does('plan', '--json')
    await rack.does('update', '--yes', '--plan', (again.json.plan as { id: string }).id)
    expect(rack.installed()).toBe('30')
  })

  test('is null when nothing is to be done, and a plan that is over is refused', async () => {
    const { rack } = await aRackOn('10')
    expect((await rack.does('plan', '--json')).json).toMatchObject({ plan: null })
    const over = await rack.headgate('update', '--plan', 'abcdefabcdef', '--json')
    expect(over.json).toMatchObject({ code: 'plan_moved', exit: 3 })
  })
})

describe('update', () => {
  test('up to date, held or frozen: exit 0, and the rack is as it was', async () => {
    const { yard, rack } = await aRackOn('10')
    const installed = rack.tree()
    const says = async (reason: string) => {
      const ran = await rack.does('update', '--yes', '--json')
      expect(ran.json).toMatchObject({ kind: 'Update', outcome: null, plan: null, decision: { reason } })
    }
    await says('up_to_date')
    await yard.serves('20')
    await yard.does('freeze', '--app', 'rack', '--reason', 'fair')
    await says('frozen')
    await yard.does('unfreeze', '--app', 'rack')
    await rack.does('hold', '--for', '4h', '--reason', 'audit')
    await says('held')
    await rack.does('unhold')
    await rack.does('pin', '--reason', 'audit')
    await says('pinned')
    const { 'state.json': _, ...rest } = rack.tree()
    const { 'state.json': __, ...before } = installed
    expect(rest).toEqual(before)
  })

  test('--yes --quiet is fit for cron: a line when something was done or is wrong, and silence otherwise', async () => {
    const { yard, rack } = await aRackOn('10')
    const cron = ['update', '--yes', '--quiet']
    expect(await rack.headgate(...cron)).toMatchObject({ code: 0, stdout: '', stderr: '' })
    await yard.serves('20')
    const moved = await rack.headgate(...cron)
    expect(moved).toMatchObject({ code: 0, stderr: '' })
    expect(moved.stdout).toMatch(/^✓ ok +20 runs and is proved \(before: 10\)\n$/)
    await yard.serves('30', { isHealthy: false })
    const failed = await rack.headgate(...cron)
    expect(failed).toMatchObject({ code: 20, stdout: '' })
    expect(failed.stderr).toMatch(/^✗ failed +30 did not hold, and the rack is back on 20/)
    expect(await rack.headgate(...cron)).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  test('a dry run shows the plan and changes nothing at all', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    const before = rack.tree()
    const shown = await rack.does('update', '--dry-run', '--json')
    expect(shown.json).toMatchObject({ outcome: null, plan: { from: '10', to: '20' } })
    expect(rack.tree()).toEqual(before)
  })

  test('a dry run leaves an interrupted attempt alone, and says so', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20')
    await rack.with({ files: dyingFiles({ diesAt: 40 }).files })('update', '--yes')
    expect(rack.attempts().at(-1)?.state).not.toBe('proved')
    const before = rack.tree()
    for (const words of [['update'], ['verify'], ['pin', '--reason', 'x'], ['rollback', '--reason', 'x']]) {
      const refused = await rack.headgate(...words, '--dry-run', '--json')
      expect(refused.json, words[0]).toMatchObject({ code: 'attempt_pending', exit: 3 })
    }
    expect(rack.tree()).toEqual(before)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('what does not hold goes back (20), waits longer each time, and retry lets it try again', async () => {
    const { yard, rack } = await aRackOn('10')
    await yard.serves('20', { isHealthy: false })
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.code).toBe(20)
    expect(failed.json).toMatchObject({ kind: 'Problem', code: 'returned', numbers: { step: 'settling' } })
    expect(failed.json.detail).toContain('healthz')
    expect(rack.installed()).toBe('10')
    expect(rack.running()).toBe('10')

    const waits = await rack.does('check', '--json')
    expect(waits.json).toMatchObject({ action: 'wait', reason: 'failed_here' })
    expect(Date.parse(String(waits.json.until)) - yard.clock.now()).toBeGreaterThan(7 * hour)
    expect((await rack.does('update', '--yes', '--json')).json).toMatchObject({ outcome: null })

    yard.clock.skip(8 * hour)
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    const longer = await rack.does('check', '--json')
    expect(Date.parse(String(longer.json.until)) - yard.clock.now()).toBeGreaterThan(11 * hour)

    await rack.does('retry')
    expect((await rack.does('check', '--json')).json).toMatchObject({ action: 'update', reason: 'offered' })
    expect(rack.state()).toMatchObject({ failures: [], proved: [{ version: '10' }] })
  })

  test('a first install that does not hold leaves nothing installed', async () => {
    const yard = await aYard()
    await yard.serves('10', { isHealthy: false })
    const rack = await yard.rack('prod-1')
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    expect(rack.installed()).toBeNull()
    expect(rack.running()).toBeNull()
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'failed_here' })
  })

  test('a hook that fails leads back, with its last lines kept for history', async () => {
    const yard = await aYard()
    const toml = directoryToml.replace(
      'kind = "directory"',
      `kind = "directory"\nmigrate = 'echo "no table users" >&2; test "$HEADGATE_VERSION" != 20'`,
    )
    const rack = await yard.rack('prod-1', { toml })
    await yard.serves('10')
    await rack.does('update', '--yes')
    await yard.serves('20')
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.code).toBe(20)
    expect(failed.json).toMatchObject({ numbers: { step: 'applying', lastLines: ['no table users'] } })
    expect(rack.installed()).toBe('10')
    const history = await rack.does('history')
    expect(history.stdout).toMatch(/migrate, forward: .*\n {4}no table users\n/)
    expect((await rack.does('history', '--json', '--limit', '1')).json).toMatchObject({
      attempts: [
        { to: '20', outcome: 'returned', trouble: { step: 'applying', lastLines: ['no table users'] } },
      ],
    })
  })

  test('goes back where the attempt came from, even when that is withdrawn; the next run deals with it', async () => {
    const { yard, rack } = await aRackOn('10', '20')
    await yard.serves('30', { isHealthy: false })
    await yard.does('release', 'yank', '20', ...critical)
    // The head is newer than what was withdrawn, and may move now: one move instead of two.
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    expect(rack.installed()).toBe('20')
    await yard.does('release', 'yank', '30', ...critical)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
  })

  test('one run at a time: the other ends with 75 and says who is at it', async () => {
    const { yard, rack } = await aRackOn('10')
    const lock = await acquireLock(rack.dir, 'update', yard.clock.now(), realFiles)
    for (const verb of ['update', 'plan', 'rollback', 'pin', 'verify', 'retry']) {
      const reason = verb === 'rollback' || verb === 'pin' ? ['--reason', 'x'] : []
      const second = await rack.headgate(verb, ...reason, '--json')
      expect(second.code, verb).toBe(75)
      expect(second.json, verb).toMatchObject({ code: 'locked' })
    }
    await lock.release()
  })

  test('a directory that is no rack is told so, and not made', async () => {
    const yard = await aYard()
    const nowhere = yard.rackAt(join(yard.folder, 'typo'))
    for (const verb of ['status', 'check', 'update', 'history', 'doctor', 'verify']) {
      const refused = await nowhere.headgate(verb, '--json')
      expect(refused.json, verb).toMatchObject({ code: 'not_enrolled', exit: 2 })
    }
    expect(realFiles.kindOf(nowhere.dir)).toBeNull()
  })
})

describe('a way back that is broken', () => {
  /** Only 20 starts: 10 did once, and does not any more. */
  const brokenWayBack = directoryToml.replace(
    'command = "test -e running && ! test -e current/BROKEN"',
    'command = "test -e running && ! test -e current/BROKEN && ! test -e DOWN"',
  )

  async function aStuckRack() {
    const yard = await aYard()
    const rack = await yard.rack('prod-1', { toml: brokenWayBack })
    await yard.serves('10')
    await rack.does('update', '--yes')
    await yard.serves('20', { isHealthy: false })
    writeFileSync(join(rack.dir, 'DOWN'), '')
    const ran = await rack.headgate('update', '--yes', '--json')
    return { yard, rack, ran }
  }

  test('is exit 21, names the step and what to do, and nothing moves until a person has looked', async () => {
    const { yard, rack, ran } = await aStuckRack()
    expect(ran.code).toBe(21)
    expect(ran.json).toMatchObject({ code: 'stuck' })
    expect(ran.json.detail).toContain('The way back to 10')
    expect(ran.json.hint).toContain('headgate verify')
    expect(rack.installed()).toBe('10')

    // Whatever is offered, or even nothing: cron must not take silence for health.
    expect((await rack.headgate('update', '--yes')).code).toBe(21)
    yard.clock.skip(30 * 24 * hour)
    expect((await rack.headgate('update', '--yes')).code).toBe(21)
    await yard.serves('30')
    expect((await rack.headgate('update', '--yes')).code).toBe(21)
    expect(rack.installed()).toBe('10')
    expect((await rack.headgate('doctor', '--json')).json).toMatchObject({ isWell: false })
    expect((await rack.does('status', '--json')).json).toMatchObject({
      stuck: { message: expect.any(String) },
    })

    // The last line is what to do, once; no help of a verb that would be refused again.
    const refused = await rack.headgate('update', '--yes')
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(ran.json.hint)
    const status = await rack.headgate('status')
    expect(status.stdout).toContain(`    ${ran.json.hint}\n`)
    expect(status.stderr).toContain('Next:  headgate verify --dir ')

    const unwell = await rack.headgate('verify', '--json')
    expect(unwell.json).toMatchObject({ code: 'unhealthy', exit: 1 })
    realFiles.remove(join(rack.dir, 'DOWN'))
    await rack.does('verify')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
  })

  test('the registry hears of it, and of the same attempt once', async () => {
    const { yard, rack } = await aStuckRack()
    await rack.headgate('update', '--yes')
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ attempts: [{ target: '20', outcome: 'stuck' }, { target: '10' }] })
  })

  test('a first install that is stuck is over when nothing is installed any more', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10', { isHealthy: false })
    const stubborn = createDurableFiles({
      ...nodeSyscalls,
      unlink(path) {
        if (path.endsWith('/current')) throw Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' })
        nodeSyscalls.unlink(path)
      },
    })
    expect((await rack.with({ files: stubborn })('update', '--yes')).code).toBe(21)
    expect(rack.installed()).toBe('10')
    realFiles.remove(join(rack.dir, 'current'))
    expect((await rack.headgate('update', '--yes')).code).toBe(21)
    await rack.does('verify')
    expect((await rack.does('update', '--yes', '--json')).json).toMatchObject({
      decision: { reason: 'failed_here' },
    })
  })
})

test('a rack of the command driver: apply forward, rollback back, an artifact passed when there is one', async () => {
  const yard = await aYard()
  const rack = await yard.rack('cmd-1', { driver: 'command' })
  for (const version of ['10', '20']) {
    await yard.serves(version)
    const updated = await rack.does('update', '--yes')
    // Its operator's word that it can go back without a network is none for what was never here.
    expect(updated.stderr).not.toContain('is kept here')
    expect(JSON.parse(rack.read('command-input.json') ?? '')).toMatchObject({
      version,
      artifact: expect.stringContaining('downloads'),
    })
  }
  expect(rack.read('rollbacks')).toBeNull()
  await yard.does('release', 'yank', '20', ...critical)
  await rack.does('update', '--yes')
  expect(rack.installed()).toBe('10')
  expect(rack.read('rollbacks')?.trim().split('\n')).toHaveLength(1)
})
