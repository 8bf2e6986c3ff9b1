// What crosses the wire, to the byte: one request and its answer for each operation. A change that is meant is written
// down with UPDATE_GOLDEN=1, and seen in the diff; keys are added, never taken away.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestRegistry } from '../support/test-registry.ts'
import { steps, type Told, tellScenario } from './scenario.ts'

const folder = join(import.meta.dirname, '..', 'golden', 'wire')
const isUpdating = process.env.UPDATE_GOLDEN === '1'
const shownHeaders = ['content-type', 'cache-control', 'etag', 'content-range', 'accept-ranges', 'allow']

let registry: TestRegistry
let told: readonly Told[]
beforeAll(async () => {
  const story = await tellScenario()
  registry = story.registry
  told = story.told
  if (isUpdating) mkdirSync(folder, { recursive: true })
})
afterAll(() => registry.dispose())

/** As it is written down. */
function textOf({ request, answer }: Told): string {
  const { status, headers, json, text } = answer
  const shown = shownHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))
  const isJson = /[/+]json\b/.test(headers['content-type'] ?? '')
  const response = { status, headers: Object.fromEntries(shown), body: isJson ? json : text }
  return `${JSON.stringify({ request, response }, null, 2)}\n`
}

describe('the answer to', () => {
  test.each(steps.map(({ name }, index) => ({ name, index })))('$name', ({ name, index }) => {
    const one = told[index]
    if (!one) throw new Error('the story ended early')
    const file = join(folder, `${name}.json`)
    if (isUpdating) writeFileSync(file, textOf(one))
    expect(existsSync(file), `${name}.json is missing; UPDATE_GOLDEN=1 writes it`).toBe(true)
    expect(textOf(one)).toBe(readFileSync(file, 'utf8'))
  })
})

test('there is no golden answer to what nobody asks', () => {
  expect(readdirSync(folder).sort()).toEqual(steps.map(({ name }) => `${name}.json`).sort())
})

test('the story is the same when it is told again', async () => {
  const again = await tellScenario()
  await again.registry.dispose()
  expect(again.told.map(textOf)).toEqual(told.map(textOf))
})

test('metrics have their names, and no label that a rack or a caller could choose', async () => {
  const { text, headers } = await registry.ask('GET', '/metrics')
  expect(headers['content-type']).toContain('text/plain')
  const own = [...text.matchAll(/^# TYPE (headgate_\w+)/gm)].map(([, name]) => name)
  expect(own.sort()).toEqual([
    'headgate_alarms_open',
    'headgate_break_glass_open',
    'headgate_break_glass_rehearsed_timestamp_seconds',
    'headgate_channel_racks',
    'headgate_check_ins_waiting',
    'headgate_first_end_seconds',
    'headgate_ledger_sequence',
    'headgate_lever_rehearsed_timestamp_seconds',
    'headgate_rack_health',
    'headgate_rack_silence_seconds',
    'headgate_racks',
    'headgate_request_seconds',
    'headgate_requests_total',
    'headgate_reviews_open',
    'headgate_rollouts',
    'headgate_store_writable',
    'headgate_unknown_ends',
  ])
  expect(text).not.toMatch(/prod-1|20160816|5f0c2f6e/)
  const routes = [...text.matchAll(/^headgate_requests_total\{.*route="([^"]*)"/gm)].map(([, route]) => route)
  const known = registry.routes.map((route) => route.split(' ')[1])
  expect(routes.filter((route) => !known.includes(route) && route !== '/*' && route !== '/v1/*')).toEqual([])
})
