// The verbs of the fleet as a maintainer types them: numbers, the racks behind them, and racks from a file.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aRack } from './racks.ts'
import { aDesk } from './registry-shell.ts'

const [first, second] = ['20160816140022', '20160816160115'] as const

async function aFleet() {
  const desk = await aDesk()
  await desk.headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  const file = (name: string, text: string) => {
    writeFileSync(join(desk.folder, name), text)
    return desk.headgate('fleet', 'import', name, '--app', 'rack')
  }
  return { ...desk, file }
}

test('a number, the racks behind it, and one of them', async () => {
  const desk = await aFleet()
  const { headgate } = desk
  await (await aRack(desk, 'prod-1', 'stable', first)).check()
  const bad = await aRack(desk, 'prod-2', 'stable', first)
  await bad.tries(second, 'returned', 'healthz answered 500')
  await aRack(desk, 'prod-3', 'unstable', null)
  const status = await headgate('fleet', 'status', '--app', 'rack')
  expect(status.stdout).toContain('3 racks of rack')
  expect(status.stdout).toMatch(/never heard +1 +1/)
  expect(status.stderr).toBe('Next:  headgate fleet list --app rack --standing never_heard\n')
  const list = await headgate('fleet', 'list', '--app', 'rack', '--standing', 'never_heard')
  expect(list.stdout).toMatch(/prod-3 +never heard +- +unstable/)
  expect(list.stderr).toBe('Next:  headgate explain --app rack --rack prod-3\n')
  const csv = await headgate('fleet', 'list', '--app', 'rack', '--csv', '--limit', '1')
  expect(csv.stdout.split('\n')[0]).toBe('rack,channel,platform,current,standings,why,lastSeenAt,labels')
  expect(csv.stderr).toContain('--after prod-1')
  const failures = await headgate('fleet', 'failures', '--app', 'rack')
  expect(failures.stdout).toContain('settling: healthz answered')
  expect(failures.stderr).toBe('Next:  headgate rack show prod-2 --app rack\n')
  await desk.registry.adoption.tick()
  const adoption = await headgate('fleet', 'adoption', '--app', 'rack', '--channel', 'stable')
  expect(adoption.stdout).toBe(`2016-08-16T14:00:00.000Z ${first} 2 2\n`)
  const drawn = await desk.shell({ isTerminal: true, isUnicode: true })('fleet', 'adoption', '--app', 'rack')
  expect(drawn.stdout).toMatch(new RegExp(`${first} +[▁-█] +2 +67 %`))
})

test('the racks and the failures of one version: the option is that of the verb, not that of the program', async () => {
  const desk = await aFleet()
  const { headgate } = desk
  await (await aRack(desk, 'prod-1', 'stable', first)).check()
  await (await aRack(desk, 'prod-2', 'stable', second)).check()
  await (await aRack(desk, 'prod-3', 'stable', first)).tries(second, 'returned', 'healthz answered 500')
  const list = await headgate('fleet', 'list', '--app', 'rack', '--version', second, '--csv')
  expect(list.stdout.split('\n').slice(1)).toEqual([expect.stringMatching(/^prod-2,/), ''])
  const there = await headgate('fleet', 'failures', '--app', 'rack', '--version', second)
  expect(there.stdout).toContain('healthz answered')
  const elsewhere = await headgate('fleet', 'failures', '--version', first, '--app', 'rack', '--json')
  expect(elsewhere.json).toMatchObject({ causes: [] })
  expect((await headgate('-V')).stdout).toBe((await headgate('--version')).stdout)
})

test('racks come from CSV as from JSON, and of a bad file every bad line is named and nothing is made', async () => {
  const { file, headgate } = await aFleet()
  const count = async () => (await headgate('fleet', 'status', '--app', 'rack', '--json')).json
  const header = 'name,channel,platform,labels,current\n'
  const bad = await file(
    'bad.csv',
    `${header}prod-1,stable,any,,\nprod-2,nowhere,any,,\n"prod-3,stable,any,,\nprod-4`,
  )
  expect(bad.code).toBe(1)
  expect(bad.stdout).toMatch(/line 3: prod-2: .*nowhere/)
  expect(bad.stdout).toContain('line 4: ')
  expect(await count()).toMatchObject({ racks: 0 })
  const good = `${header}prod-1,stable,any,tier=gold;region=eu,${first}\r\n"prod-2",stable,any,"tier=canary",\n\n`
  expect((await file('good.csv', good)).stdout).toMatch(/made +2/)
  expect((await file('good.csv', good)).stdout).toMatch(/there already +2/)
  const json = JSON.stringify([{ name: 'prod-3', channel: 'stable', platform: 'any' }])
  const one = await file('more.json', json)
  expect(one.stdout).toMatch(/made +1/)
  expect(one.stderr).toContain('1 rack made; ')
  const many = await file('many.csv', `${header}${'prod-4,stable,any,,\n'.repeat(20_001)}`)
  expect(many.code).toBe(2)
  expect(many.stderr).toContain('many.csv has 20001 racks; at most 20000 are made at once.')
  const gold = await headgate('fleet', 'list', '--app', 'rack', '--label', 'tier=gold', '--json')
  expect(gold.json).toMatchObject({
    racks: [{ rack: 'prod-1', current: first, labels: { tier: 'gold', region: 'eu' } }],
  })
  expect((await file('odd.csv', 'name,colour\nprod-9,red\n')).stderr).toContain('"colour"')
})
