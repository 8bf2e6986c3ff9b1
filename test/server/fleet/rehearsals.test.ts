// What racks rehearsed becomes evidence for the pair: once, in the rack's name, and never older than what is known.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hour } from '../../../shared/domain/instants.ts'
import { findApp, findRelease } from '../../../shared/domain/state.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2 } from './fleet-world.ts'

let fleet: FleetWorld
let staging: RackClient
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
  await fleet.serve(v2)
  staging = await fleet.rack('staging', { channel: 'unstable', current: v1 })
})
afterEach(() => fleet.dispose())

const iso = (at: number) => new Date(at).toISOString()
const tells = (
  rack: RackClient,
  outcome: 'proved' | 'returned' | 'stuck' | 'interrupted',
  at = fleet.clock.now(),
) => rack.check({ current: v1, rehearsals: [{ from: v1, to: v2, outcome, at: iso(at) }] })
const evidence = async () => {
  await fleet.registry.rehearsals.examine()
  return findRelease(findApp(fleet.registry.ledger.state, 'rack'), v2).record.evidence
}

test('a rehearsal that held is a pass for the pair, told by the rack', async () => {
  const at = fleet.clock.now()
  await tells(staging, 'proved')
  expect(await evidence()).toMatchObject([
    {
      name: 'rollback-rehearsal',
      from: v1,
      outcome: 'pass',
      actor: 'rack:rack/staging',
      note: `${iso(at)} on staging`,
    },
  ])
})

test('told again with every report it is recorded once; a later one of another rack replaces it, an earlier one does not', async () => {
  const first = fleet.clock.now()
  await tells(staging, 'proved', first)
  const before = (await evidence()).length
  fleet.clock.advance(hour)
  await staging.check({
    current: v1,
    rehearsals: [{ from: v1, to: v2, outcome: 'proved', at: iso(first) }],
    apps: {},
  })
  const { sequence } = fleet.registry.ledger.head
  expect(await evidence()).toHaveLength(before)
  expect(fleet.registry.ledger.head.sequence).toBe(sequence)
  const other = await fleet.rack('staging-2', { channel: 'unstable', current: v1 })
  await tells(other, 'returned')
  expect(await evidence()).toMatchObject([{ outcome: 'fail', actor: 'rack:rack/staging-2' }])
  await tells(staging, 'proved', first + 1)
  expect(await evidence()).toMatchObject([{ outcome: 'fail' }])
})

test('one that was cut off says nothing; one of a version that nobody published neither', async () => {
  await tells(staging, 'interrupted')
  await staging.check({
    current: v1,
    rehearsals: [{ from: v1, to: '20160899000000', outcome: 'proved', at: iso(fleet.clock.now()) }],
  })
  expect(await evidence()).toEqual([])
})

test('a rack whose clock is ahead does not shut out those that come after it', async () => {
  await tells(staging, 'proved', fleet.clock.now() + 1_000 * hour)
  expect(await evidence()).toMatchObject([{ outcome: 'pass' }])
  fleet.clock.advance(hour)
  await tells(await fleet.rack('staging-3', { channel: 'unstable', current: v1 }), 'stuck')
  expect(await evidence()).toMatchObject([{ outcome: 'fail' }])
})
