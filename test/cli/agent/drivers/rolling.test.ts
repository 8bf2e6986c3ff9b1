/** The rolling driver over a group of hosts whose commands are real processes: good days and bad ones. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fullDiskAfter } from '../../../support/full-disk.ts'
import { expectCapacity, problemOf, rollingYard, touched, watched } from '../../../support/rolling-yard.ts'

const five = ['a', 'b', 'c', 'd', 'e']
const all = (version: string, names = five) => names.map((name) => `${name} ${version} +`)

describe('a whole group', () => {
  it('is moved host by host: each out of service, moved, proved, and back before the next', async () => {
    const yard = await rollingYard(five)
    const move = yard.forth('20')
    await yard.driver().apply(move)
    expect(yard.group.table()).toEqual(all('20'))
    expect(yard.group.log().map(({ act, host }) => `${act} ${host}`)).toEqual(
      five.flatMap((host) => ['drain', 'apply', 'attach'].map((act) => `${act} ${host}`)),
    )
    expectCapacity(yard, 4, 1)
    // Healthy twice, and the version once more than that: what was configured.
    for (const host of five) expect(yard.health.asked.get(host)).toBe(2)
    expect(await yard.driver().current()).toBe('20')
    expect(move.groups).toHaveLength(15)
  })

  it('may go two by two, and no batch begins before the one before it serves', async () => {
    const yard = await rollingYard(five, ['batch = 2', 'minAttached = 3'])
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20'))
    expectCapacity(yard, 3, 2)
    const order = yard.group.log().map(({ act, host }) => `${act} ${host}`)
    for (const before of ['a', 'b']) {
      for (const after of ['c', 'd']) {
        expect(order.indexOf(`attach ${before}`)).toBeLessThan(order.indexOf(`drain ${after}`))
      }
    }
  })

  it('may be counted in percent', async () => {
    const yard = await rollingYard(five, ['batch = "50%"', 'minAttached = "60%"'])
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20'))
    expectCapacity(yard, 3, 2)
  })

  it('is installed for the first time, and goes back to nothing when that does not hold', async () => {
    const yard = await rollingYard(['a', 'b'], [], null)
    expect(await yard.driver().current()).toBeNull()
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(['a 20 +', 'b 20 +'])

    const bad = await rollingYard(['a', 'b'], [], null)
    bad.group.sickens('20')
    expect((await problemOf(bad.driver().apply(bad.forth('20')))).message).toContain(
      'a (healthz is unhealthy',
    )
    expect(bad.group.table()).toEqual(['a 20 -', 'b nothing -'])
    await bad.driver().goBack(bad.back(null))
    expect(bad.group.table()).toEqual(['a nothing -', 'b nothing -'])
    expect(await bad.driver().current()).toBeNull()
  })

  it('tells the commands everything, in variables and in a file that only we may read', async () => {
    const yard = await rollingYard(['a', 'b'])
    yard.group.meanwhile('env | grep ^HEADGATE_ | sort > seen; cat "$HEADGATE_FILE" >> seen')
    await yard.driver().apply(yard.forth('20', { artifactFile: '/artifacts/20' }))
    const file = join(yard.dir, 'rolling', 'a.json')
    const [first, ...rest] = readFileSync(join(yard.group.dir, 'seen'), 'utf8').split('{')
    expect(first?.trim().split('\n')).toEqual([
      'HEADGATE_ARTIFACT=/artifacts/20',
      'HEADGATE_ATTEMPT=a1',
      `HEADGATE_DIR=${yard.dir}`,
      'HEADGATE_DIRECTION=forward',
      `HEADGATE_FILE=${file}`,
      'HEADGATE_FROM=10',
      'HEADGATE_HOST=a',
      'HEADGATE_VERSION=20',
    ])
    expect(JSON.parse(`{${rest.join('{')}`)).toEqual({
      attempt: 'a1',
      host: 'a',
      runs: '10',
      version: '20',
      from: '10',
      direction: 'forward',
      artifact: '/artifacts/20',
      dir: yard.dir,
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('shows a table of its hosts while it runs', async () => {
    const yard = await rollingYard(['a', 'b'])
    const { rows, hosts } = watched()
    await yard.driver().apply(yard.forth('20', { hosts }))
    const ofA = rows.map((seen) => seen.find(({ host }) => host === 'a'))
    const states = ofA.map((row) => `${row?.state} ${row?.version} ${row?.attached}`)
    expect([...new Set(states)]).toEqual([
      'waiting 10 true',
      'draining 10 true',
      'draining 10 false',
      'applying 10 false',
      'proving 10 false',
      'proving 20 false',
      'attaching 20 false',
      'attaching 20 true',
      'moved 20 true',
    ])
  })
})

describe('hyperbo.la: no host of the new version is healthy', () => {
  it('touches exactly the first batch, and the way back leaves the group as it was', async () => {
    const yard = await rollingYard(five, ['batch = 2', 'minAttached = 3'])
    yard.group.sickens('20')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain('2 hosts did not get to 20: a (healthz is unhealthy (2 times in a row)')
    expect(problem.message).toContain('answered 502, expected 200')
    expect(problem.message).toContain('0 tolerated (maxUnhealthy)')
    expect(problem.message).toContain('not begun: c, d, e')
    expect(touched(yard).toSorted()).toEqual(['a', 'b'])
    expect(yard.group.table()).toEqual(['a 20 -', 'b 20 -', 'c 10 +', 'd 10 +', 'e 10 +'])

    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10'))
    expect([...touched(yard)].toSorted()).toEqual(['a', 'b'])
    expectCapacity(yard, 3, 2)
    expect(await yard.driver().current()).toBe('10')
  })

  it('even when all may be unhealthy, the floor stays and nothing counts as moved', async () => {
    const yard = await rollingYard(five, ['maxUnhealthy = "100%"', 'minAttached = 2'])
    yard.group.sickens('20')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('would leave 1 of 2, and minAttached is 2')
    expectCapacity(yard, 2, 1)
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10'))
  })
})

describe('unhealthy hosts that are tolerated', () => {
  it('stay out of service, the rest is proved without them, and the next update tries them again', async () => {
    const yard = await rollingYard(five, ['maxUnhealthy = 1'])
    yard.group.sickens('20', 'b')
    const move = yard.forth('20')
    await yard.driver().apply(move)
    expect(yard.group.table()).toEqual(['a 20 +', 'b 20 -', 'c 20 +', 'd 20 +', 'e 20 +'])
    expect(move.notes.at(-1)).toMatch(/^out of service: b \(healthz is unhealthy/)
    expect(await yard.driver().current()).toBe('20')
    const rows = await yard.driver().hosts?.()
    expect(rows?.map(({ host, state }) => `${host} ${state}`)).toContain('b detached')
    expect(rows?.find(({ host }) => host === 'b')?.detail).toContain('502')

    await yard.driver().apply(yard.forth('30', { attempt: 'a2', from: '20' }))
    expect(yard.group.table()).toEqual(all('30'))
  })

  it('one more than that halts the move, and all go back', async () => {
    const yard = await rollingYard(five, ['maxUnhealthy = 1'])
    yard.group.sickens('20', 'b')
    yard.group.sickens('20', 'd')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toMatch(/^2 hosts did not get to 20: b .*; d .*1 tolerated.*not begun: e/)
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10'))
    // The one that was never begun was never touched.
    expect(touched(yard)).not.toContain('e')
    expectCapacity(yard, 3, 1)
  })
})

describe('a command that fails', () => {
  it.each([
    ['drain', 'exit', 'drain-c exited 1'],
    ['drain', 'lie', 'drain ended well, but 5 s later list says still attached'],
    ['apply', 'exit', 'apply-c exited 1'],
    ['apply', 'after', 'apply-c exited 1'],
    ['apply', 'lie', ' is unhealthy (2 times in a row): '],
    ['attach', 'exit', 'attach-c exited 1'],
    ['attach', 'lie', 'attach ended well, but 5 s later list says not attached'],
  ])('(%s, by "%s") on the third of five: two have moved, and all go back', async (act, mode, words) => {
    const yard = await rollingYard(five)
    yard.group.fails(act, 'c', mode, '20')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain('1 host did not get to 20: c (')
    expect(problem.message).toContain(words)
    expect(problem.message).toContain('not begun: d, e')
    expect(yard.group.table().filter((row) => !row.startsWith('c'))).toEqual([
      'a 20 +',
      'b 20 +',
      'd 10 +',
      'e 10 +',
    ])
    expect(yard.group.table()[2]).toMatch(/^c .* -$/)
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10'))
    expect(touched(yard)).not.toContain('d')
    expectCapacity(yard, 3, 1)
  })

  it('of what was half applied is applied again on the way back, whatever list says', async () => {
    const yard = await rollingYard(['a', 'b'])
    // The new version is half there, and list still shows the old one.
    yard.group.fails('apply', 'a', 'exit', '20')
    await problemOf(yard.driver().apply(yard.forth('20')))
    await yard.driver().goBack(yard.back('10'))
    const back = yard.group.log().filter(({ act, version }) => act === 'apply' && version === '10')
    expect(back.map(({ host }) => host)).toEqual(['a'])
  })

  it('that detaches: the host serves on, so the move halts whatever is tolerated, and says so', async () => {
    const yard = await rollingYard(five, ['maxUnhealthy = 3'])
    yard.group.fails('attach', 'b', 'after')
    yard.group.fails('detach', 'b', 'exit')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('b (attach-b exited 1')
    expect(problem.message).toContain('and it cannot be detached: detach-b exited 1')
    expect(problem.message).toContain('not begun: c, d, e')
  })
})

describe('the way back', () => {
  it('that fails on one host leaves it out of service, brings back the others, and names it', async () => {
    const yard = await rollingYard(five)
    yard.group.fails('apply', 'd', 'exit', '20')
    yard.group.fails('apply', 'b', 'exit', '10')
    await problemOf(yard.driver().apply(yard.forth('20')))
    const problem = await problemOf(yard.driver().goBack(yard.back('10')))
    expect(problem.code).toBe('stuck')
    expect(problem.message).toMatch(/^1 host did not get to 10: b \(apply-b exited 1/)
    expect(problem.hint).toMatch(/^mend b, attach it \(sh .*attach b\), then: headgate verify/)
    expect(yard.group.table()).toEqual(['a 10 +', 'b 20 -', 'c 10 +', 'd 10 +', 'e 10 +'])
    expectCapacity(yard, 3, 1)
  })

  it('stops taking hosts out of service when it keeps losing them, and names what serves on', async () => {
    const yard = await rollingYard(five)
    yard.group.fails('apply', 'e', 'exit', '20')
    for (const host of ['a', 'b', 'c', 'd']) yard.group.fails('apply', host, 'exit', '10')
    await problemOf(yard.driver().apply(yard.forth('20')))
    const problem = await problemOf(yard.driver().goBack(yard.back('10')))
    expect(problem.code).toBe('stuck')
    expect(problem.message).toMatch(/^2 hosts did not get to 10: a .*; b .*not begun: c, d/)
    expect(yard.group.table()).toEqual(['a 20 -', 'b 20 -', 'c 20 +', 'd 20 +', 'e 10 +'])
  })

  it('works on a full disk: by what the hosts really run', async () => {
    const yard = await rollingYard(['a', 'b', 'c'])
    yard.group.sickens('20', 'b')
    await problemOf(yard.driver().apply(yard.forth('20')))
    const full = fullDiskAfter(() => true)
    const move = yard.back('10')
    await yard.driver(full).goBack(move)
    expect(yard.group.table()).toEqual(all('10', ['a', 'b', 'c']))
    expect(move.notes).toContain('the disk is full: how far each host has come is not written down')
    await expect(yard.driver(full).apply(yard.forth('20'))).rejects.toThrow('ENOSPC')
  })

  it('as an order of a person is a move like another: in batches, and halted alike', async () => {
    const yard = await rollingYard(['a', 'b', 'c'], ['batch = 2'], '20')
    yard.group.sickens('10', 'b')
    const move = yard.back('10', { from: '20' })
    const { isReturn: _none, ...order } = move
    const problem = await problemOf(yard.driver().goBack(order))
    expect(problem.code).toBe('update_failed')
    expect(touched(yard).toSorted()).toEqual(['a', 'b'])
  })
})

describe('a group that changes meanwhile', () => {
  it('a host that appears gets the version too', async () => {
    const yard = await rollingYard(['a', 'b'])
    yard.group.meanwhile('mkdir hosts/c; echo 10 > hosts/c/version; : > hosts/c/attached')
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20', ['a', 'b', 'c']))
  })

  it('a host that appears while the group goes back goes back too', async () => {
    const yard = await rollingYard(['a', 'b', 'c'])
    yard.group.sickens('20', 'b')
    await problemOf(yard.driver().apply(yard.forth('20')))
    yard.group.add('d', '20', true)
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10', ['a', 'b', 'c', 'd']))
  })

  it('a host that goes before its turn is not missed', async () => {
    const yard = await rollingYard(['a', 'b', 'c'])
    yard.group.meanwhile('rm -r hosts/b')
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20', ['a', 'c']))
  })

  it('a host that goes while it is moved counts as unhealthy: the group may be killing it', async () => {
    const yard = await rollingYard(['a', 'b', 'c'])
    yard.group.fails('apply', 'b', 'vanish')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('1 host did not get to 20: b (apply-b exited 1')
    expect(touched(yard)).toEqual(['a', 'b'])
    // It is nobody's to bring back.
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10', ['a', 'c']))
  })

  it('a host that slips back is brought there once more, and not for ever', async () => {
    const yard = await rollingYard(['a', 'b'])
    // Before each act somebody puts the old version on it.
    yard.group.meanwhile('echo 10 > hosts/a/version; cp meanwhile.done meanwhile')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('a (does not stay on 20: it was brought there 2 times)')
  })

  it('that would fall below the floor stops, with the arithmetic', async () => {
    const yard = await rollingYard(['a', 'b', 'c'], ['minAttached = 2'])
    yard.group.meanwhile('rm -r hosts/c')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('would leave 1 of 2, and minAttached is 2')
    expect(yard.group.table()).toEqual(['a 20 +', 'b 10 +'])
  })
})

describe('list', () => {
  it('that fails once in the middle is asked again', async () => {
    const yard = await rollingYard(['a', 'b'])
    yard.group.meanwhile('echo > fail/list; (sleep 0.3; rm fail/list) &')
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20', ['a', 'b']))
  })

  it('that no longer answers stops everything, and nothing else is touched', async () => {
    const yard = await rollingYard(five)
    yard.group.meanwhile('echo > fail/list')
    const problem = await problemOf(yard.driver().apply(yard.forth('20')))
    expect(problem.message).toContain('Cannot tell what the hosts run: list exited 1')
    expect(touched(yard)).toEqual(['a'])
    yard.group.heals()
    await yard.driver().goBack(yard.back('10'))
    expect(yard.group.table()).toEqual(all('10'))
  })
})

describe('readiness', () => {
  it('is refused with the arithmetic when a batch would take too many', async () => {
    const yard = await rollingYard(['a', 'b', 'c'], ['batch = 3'])
    const problem = await problemOf(yard.driver().prepare?.(yard.forth('20')) ?? Promise.resolve())
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toBe(
      'A batch of 3 would leave 0 of 3 attached hosts in service, and minAttached is 1.',
    )
    expect(problem.numbers).toEqual({ attached: 3, batch: 3, left: 0, minAttached: 1 })
  })

  it.each([
    [['a', 'b'], []],
    [['a'], ['minAttached = 0']],
    [['a', 'b', 'c', 'd'], ['batch = "75%"']],
  ])('of %j with %j is given', async (names, settings) => {
    const yard = await rollingYard(names, settings)
    await yard.driver().prepare?.(yard.forth('20'))
    await yard.driver().apply(yard.forth('20'))
    expect(yard.group.table()).toEqual(all('20', names))
  })

  it('of a single host that must stay is refused', async () => {
    const yard = await rollingYard(['a'])
    await expect(yard.driver().prepare?.(yard.forth('20'))).rejects.toThrow('would leave 0 of 1')
  })
})
