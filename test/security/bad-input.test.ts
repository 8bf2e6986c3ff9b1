// Every endpoint, asked wrongly: a clear problem each time, never a bug, and nothing is different afterwards.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pictureOf } from '../support/test-registry.ts'
import { badAddresses } from './bad-addresses.ts'
import { badAudit } from './bad-audit.ts'
import { badBodies } from './bad-bodies.ts'
import { badBreakGlass } from './bad-break-glass.ts'
import { badFleetInput } from './bad-fleet.ts'
import { badForecast } from './bad-forecast.ts'
import { badGates } from './bad-gates.ts'
import { badOrders } from './bad-orders.ts'
import { badReports } from './bad-reports.ts'
import { badRollouts } from './bad-rollouts.ts'
import { badSimulations } from './bad-simulations.ts'
import { badSynthetic } from './bad-synthetic.ts'
import { badUploads } from './bad-uploads.ts'
import { badValues } from './bad-values.ts'
import { aWorld, type World } from './world.ts'

const table = [
  ...badBreakGlass,
  ...badSynthetic,
  ...badBodies,
  ...badAudit,
  ...badValues,
  ...badOrders,
  ...badGates,
  ...badFleetInput,
  ...badForecast,
  ...badRollouts,
  ...badSimulations,
  ...badReports,
  ...badUploads,
  ...badAddresses,
]
/** Whatever they are asked, they answer. */
const unbreakable = ['GET /healthz', 'GET /readyz', 'GET /openapi.json']

let tried = 0
let refused = 0
let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(async () => {
  await world.dispose()
  console.log(`bad inputs tried ${tried}, refused ${refused}`)
})

test('there are enough of them, and no two of one name', () => {
  expect(table.length).toBeGreaterThanOrEqual(140)
  const names = table.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('every operation of the contract is asked wrongly somewhere', async () => {
  const { paths } = await world.call('GET', '/openapi.json')
  const operations = Object.entries(Object(paths)).flatMap(([path, methods]) =>
    Object.keys(Object(methods)).map((method) => ({ method: method.toUpperCase(), path })),
  )
  expect(operations.length).toBeGreaterThan(30)
  const spared = operations.filter(({ method, path }) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(\\?.*)?$`)
    return !table.some((one) => one.method === method && pattern.test(one.path))
  })
  expect(
    spared.map(({ method, path }) => `${method} ${path}`).filter((one) => !unbreakable.includes(one)),
  ).toEqual([])
})

describe('bad input', () => {
  for (const { name, method, path, asking, answers, says } of table) {
    test(name, async () => {
      tried += 1
      const before = await pictureOf(world)
      const given = typeof asking === 'function' ? asking(world) : asking
      const { status, headers, json } = await world.ask(method, path, given)
      expect(`${status} ${json.code}: ${json.detail}`).toMatch(
        new RegExp(`^${answers}: .*(?:${says.source})`, `s${says.flags}`),
      )
      expect(headers['content-type']).toBe('application/problem+json')
      expect(json).toMatchObject({ status, type: `urn:headgate:problem:${json.code}` })
      expect(json.title).toEqual(expect.stringMatching(/\w/))
      expect(json.requestId).toEqual(expect.stringMatching(/^request-\d+$/))
      expect(await pictureOf(world)).toBe(before)
      refused += 1
    })
  }
})
