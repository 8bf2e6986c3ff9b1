// A registry serves the newest protocol and the one before: agents of the release before this one are in the fleet for
// as long as it takes to update them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fieldBeyond, keepFields, protocol1, servedProtocols } from '../../../shared/contract/protocol.ts'
import { rackReport } from '../../../shared/contract/rack.ts'
import { aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

/** What an agent of 0.1.0 sends, with everything in it that can be said. */
const golden: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/protocol/report-1.json'), 'utf8'),
)

let here: TestRegistry
let token: string
beforeAll(async () => {
  here = await openTestRegistry()
  await here.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  token = await here.enroll('prod-1', { current: '20160801000000' })
})
afterAll(() => here.dispose())

const check = (json: unknown, headers: Record<string, string> = {}) =>
  here.ask('POST', '/v1/racks/prod-1/check', { token, json, headers })

describe('an agent of protocol 1', () => {
  test('is understood to its last field, without any header', async () => {
    const answer = await check(golden)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json).toMatchObject({ app: 'rack', rack: 'prod-1', current: '20160801000000' })
  })

  test('has no field that the table of protocol 1 does not have, and the other way round', () => {
    expect(fieldBeyond(golden, protocol1.report)).toBeUndefined()
    expect(Object.keys(golden).sort()).toEqual(Object.keys(protocol1.report).sort())
    expect(rackReport.safeParse(golden).success).toBe(true)
  })

  test('is held to the fields of protocol 1: what it cannot have meant is not guessed at', async () => {
    const strangers: readonly object[] = [{ stranger: 1 }, { pin: { ...Object(golden.pin), ticket: 'T-1' } }]
    for (const stranger of strangers) {
      const report = { ...golden, ...stranger }
      const answer = await check(report)
      expect(answer.status, answer.text).toBe(400)
      expect(answer.json).toMatchObject({ code: 'invalid_input', numbers: { served: [1, 2] } })
    }
  })
})

describe('an agent of protocol 2', () => {
  test('is understood with and without the header', async () => {
    for (const headers of [{}, { 'headgate-protocol': '2' }]) {
      const answer = await check(aReport({ protocol: 2, current: '20160801000000' }), headers)
      expect(answer.status, answer.text).toBe(200)
    }
  })
})

describe('an agent of a protocol that is not served', () => {
  test('is refused by its number, whatever else it says, and told which are served', async () => {
    for (const spoken of [0, 3, 99, 1.5]) {
      const answer = await check({ protocol: spoken, hello: 'from another time' })
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({
        code: 'unsupported_protocol',
        numbers: { got: spoken, served: servedProtocols },
      })
    }
  })

  test('is refused by its header where there is no report', async () => {
    const headers = { 'headgate-protocol': '3' }
    const asked: readonly [string, string, unknown][] = [
      ['POST', '/v1/racks/prod-1/check', golden],
      ['GET', '/v1/apps/rack/channels/stable/decision?current=20160801000000', undefined],
      ['PUT', '/v1/racks/prod-1/attempts/00000000-0000-4000-8000-000000000001', {}],
      ['POST', '/v1/racks/prod-1/attempts', {}],
    ]
    for (const [method, path, json] of asked) {
      const answer = await here.ask(method, path, { token, json, headers })
      expect(answer.json, `${method} ${path}`).toMatchObject({
        code: 'unsupported_protocol',
        numbers: { got: 3, served: [1, 2] },
      })
    }
  })

  test('leaves no trace: what the rack said before still stands', async () => {
    await check(golden)
    const before = JSON.stringify(here.registry.fleet.index.byName('rack', 'prod-1')?.facts)
    await check({ ...golden, protocol: 3, current: '20160701000000' })
    expect(JSON.stringify(here.registry.fleet.index.byName('rack', 'prod-1')?.facts)).toBe(before)
  })
})

test('fields are left out and found at any depth', () => {
  const fields = { a: true, b: { c: true }, d: { e: true } } as const
  const said = { a: { whatever: 1 }, b: { c: 1, x: 2 }, d: [{ e: 1 }, { e: 2, y: 3 }], z: 4 }
  expect(keepFields(said, fields)).toEqual({ a: { whatever: 1 }, b: { c: 1 }, d: [{ e: 1 }, { e: 2 }] })
  expect(fieldBeyond(said, fields)).toBe('b.x')
  expect(fieldBeyond(keepFields(said, fields), fields)).toBeUndefined()
  expect(fieldBeyond({ toString: 1 }, fields)).toBe('toString')
})
