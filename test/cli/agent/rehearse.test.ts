/** A rehearsal goes there and back once, by the same checks, and leaves the rack where it was, knowing one pair more. */
import { cpSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  aYard,
  directoryToml,
  type RackFurniture,
  type Yard,
  type YardRack,
} from '../../support/campaign-yard.ts'
import { dyingFiles } from '../../support/dying-files.ts'

interface Offered {
  readonly yard: Yard
  readonly rack: YardRack
}

/** A rack on 10, offered 20. */
async function offered(furniture: RackFurniture = {}, isHealthy = true): Promise<Offered> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', furniture)
  await yard.serves('10')
  await rack.does('update', '--yes')
  await yard.serves('20', { isHealthy })
  return { yard, rack }
}

const outcomes = (rack: YardRack) =>
  rack.attempts().map(({ input, state }) => `${input.from} ${input.to} ${input.rehearsal ?? ''} ${state}`)

test('goes there and back, each proved, and the rack runs what it ran and remembers the pair', async () => {
  const { yard, rack } = await offered()
  const asked: unknown[] = []
  yard.intercept((request) => {
    asked.push(request.url)
    return false
  })
  const rehearsed = await rack.does('rehearse', '--yes', '--json')
  expect(rehearsed.json).toMatchObject({ kind: 'Rehearsal', from: '10', to: '20', outcome: 'proved' })
  expect(outcomes(rack).slice(1)).toEqual(['10 20 there proved', '20 10 back proved'])
  expect([rack.installed(), rack.running()]).toEqual(['10', '10'])
  expect(rack.starts().map((line) => line.split(' ')[1])).toEqual(['10', '20', '10'])
  expect(rack.state()).toMatchObject({
    bar: null,
    failures: [],
    rehearsals: [{ from: '10', to: '20', outcome: 'proved' }],
  })
  const told = yard.registry.fleet.index.byName('rack', 'prod-1')?.reportText ?? ''
  expect(JSON.parse(told)).toMatchObject({
    current: '10',
    rehearsals: [{ from: '10', to: '20', outcome: 'proved' }],
  })
  // What was rehearsed may be taken: nothing bars it.
  await rack.does('update', '--yes')
  expect(rack.installed()).toBe('20')
})

test('a target that does not hold returns, exit 20, and counts as any failed attempt', async () => {
  const { rack } = await offered({}, false)
  const failed = await rack.headgate('rehearse', '--yes', '--json')
  expect(failed.json).toMatchObject({ code: 'returned', exit: 20 })
  expect(rack.installed()).toBe('10')
  expect(rack.state()).toMatchObject({
    failures: [{ target: '20', count: 1 }],
    rehearsals: [{ from: '10', to: '20', outcome: 'returned' }],
  })
  const again = await rack.headgate('rehearse', '--yes', '--json')
  expect(again.json).toMatchObject({ code: 'not_offered', exit: 3 })
})

test('a way back that does not hold ends on what was proved last', async () => {
  const toml = directoryToml.replace(
    'command = "test -e running',
    'command = "test ! -e no-way-back -o $(cat running) = 20 && test -e running',
  )
  const { rack } = await offered({ toml })
  rack.write('no-way-back', '')
  const failed = await rack.headgate('rehearse', '--yes', '--json')
  expect(failed.json).toMatchObject({ code: 'returned', exit: 20 })
  expect(outcomes(rack).slice(1)).toEqual(['10 20 there proved', '20 10 back returned'])
  expect([rack.installed(), rack.running()]).toEqual(['20', '20'])
  expect(rack.state()).toMatchObject({ rehearsals: [{ from: '10', to: '20', outcome: 'returned' }] })
})

test.each<[string, (given: Offered) => Promise<unknown>, string]>([
  ['a hold', ({ rack }) => rack.does('hold', '--for', '4h', '--reason', 'audit'), 'held'],
  ['a pin', ({ rack }) => rack.does('pin', '--reason', 'stay'), 'pinned'],
  ['a freeze', ({ yard }) => yard.does('freeze', '--app', 'rack', '--reason', 'look'), 'frozen'],
  ['nothing newer', ({ rack }) => rack.does('update', '--yes'), 'up_to_date'],
])('%s keeps it from beginning', async (_, order, reason) => {
  const given = await offered()
  await order(given)
  const before = given.rack.attempts().length
  const refused = await given.rack.headgate('rehearse', '--yes', '--json')
  expect(refused.json).toMatchObject({ code: 'not_offered', exit: 3, numbers: { decision: { reason } } })
  expect(given.rack.attempts()).toHaveLength(before)
})

test('a floor above what runs: there would be no way back, so nothing begins', async () => {
  const { yard, rack } = await offered()
  await yard.does('release', 'route', '20', '--app', 'rack', '--floor', '20', '--reason', 'schema')
  const refused = await rack.headgate('rehearse', '--yes', '--json')
  expect(refused.json).toMatchObject({ code: 'below_floor', exit: 3, numbers: { floor: '20' } })
})

test('a dry run says where it would go; a version that is not here cannot be rehearsed', async () => {
  const { rack } = await offered()
  const before = rack.tree()
  expect((await rack.does('rehearse', '--dry-run')).stdout).toContain('10 → 20 → 10')
  expect((await rack.headgate('rehearse', '--to', '30', '--json')).json).toMatchObject({
    code: 'artifact_unavailable',
  })
  expect((await rack.headgate('rehearse', '--to', '10', '--json')).json).toMatchObject({
    code: 'not_forward',
  })
  expect(rack.attempts()).toHaveLength(1)
  expect(rack.installed()).toBe('10')
  expect(Object.keys(rack.tree())).toEqual(Object.keys(before))
})

test('a rack that dies at any call of it ends on a proved version, and says how far it came', {
  timeout: 240_000,
}, async () => {
  const { yard, rack } = await offered()
  const copy = (name: string): YardRack => {
    cpSync(rack.dir, `${rack.dir}-${name}`, { recursive: true, verbatimSymlinks: true })
    return yard.rackAt(`${rack.dir}-${name}`)
  }
  const whole = dyingFiles({ diesAt: Infinity })
  await copy('alive').with({ files: whole.files })('rehearse', '--yes')
  const ends: Record<string, number> = {}
  for (let call = 1; call <= whole.calls(); call += 1) {
    const dying = copy(`${call}`)
    const { files } = dyingFiles({ diesAt: call })
    await dying.with({ files })('rehearse', '--yes')
    const recovered = await dying.headgate('check')
    expect(recovered.code, recovered.stderr).toBe(0)
    const installed = dying.installed()
    const state = dying.state()
    expect(['10', '20'], `call ${call}`).toContain(installed)
    expect(dying.running(), `call ${call}`).toBe(installed)
    expect(state, `call ${call}`).toMatchObject({ stuck: null, runs: installed })
    const [proved] = state.proved as { version: string }[]
    expect(proved?.version, `call ${call}`).toBe(installed)
    const [newest] = (state.rehearsals ?? []) as { outcome: string }[]
    const end = `${newest?.outcome ?? 'nothing'} on ${installed}`
    expect(['nothing on 10', 'interrupted on 20', 'proved on 10'], `call ${call}`).toContain(end)
    ends[end] = (ends[end] ?? 0) + 1
  }
  console.log(`died at ${whole.calls()} calls: ${JSON.stringify(ends)}`)
  expect(Object.keys(ends).sort()).toEqual(['interrupted on 20', 'nothing on 10', 'proved on 10'])
})
