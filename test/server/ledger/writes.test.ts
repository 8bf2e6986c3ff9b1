// Every governed write three ways: tried without being done, done, and asked for again because the answer was lost.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, isGovernedWrite, pictureOf } from '../../support/test-registry.ts'
import { aWorldToChange, moveOn, type WorldToChange, writes } from './writes.ts'

let world: WorldToChange
beforeEach(async () => {
  world = await aWorldToChange()
})
afterEach(() => world.dispose())

test('there is one for each route that writes', () => {
  const writing = world.routes.filter(isGovernedWrite)
  const patterns = writing.map((route) => new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`))
  for (const [index, pattern] of patterns.entries())
    expect(
      writes.filter(({ method = 'POST', path }) => pattern.test(`${method} ${path}`)),
      writing[index],
    ).toHaveLength(1)
})

describe.each(writes)('$path', ({ method = 'POST', path, as, json, otherwise }) => {
  const headers = { 'idempotency-key': 'the-key' }

  async function ask(body: unknown = json, more: { token?: string; query?: string } = {}): Promise<Answer> {
    const { query = '', ...who } = more
    return world.ask(method, path + query, { json: body, headers, ...(as && { token: world[as] }), ...who })
  }

  test('a dry run changes nothing and says what will be', async () => {
    const before = await pictureOf(world)
    const tried = await ask(json, { query: '?dryRun=true' })
    expect(tried.status, tried.text).toBe(200)
    expect(await pictureOf(world)).toBe(before)
    expect(Object.hasOwn(tried.json, 'dryRun') ? tried.json.dryRun : true).toBe(true)

    const done = await ask()
    expect(done.status, done.text).toBe(200)
    expect(await pictureOf(world)).not.toBe(before)
    expect(withoutChance(done.json)).toEqual(withoutChance(tried.json))
  })

  test('asked again with its key it gives the same answer and does nothing, also when the world has moved on', async () => {
    const done = await ask()
    expect(done.status, done.text).toBe(200)
    const after = await pictureOf(world)
    const again = await ask()
    expect(again.json).toEqual(done.json)
    expect(await pictureOf(world)).toBe(after)

    await moveOn(world)
    await world.restart()
    const later = await pictureOf(world)
    const muchLater = await ask()
    expect(muchLater.json).toEqual(done.json)
    expect(await pictureOf(world)).toBe(later)
  })

  test('another request under its key is refused, and another credential has keys of its own', async () => {
    expect((await ask()).status).toBe(200)
    const after = await pictureOf(world)
    const other = await ask(otherwise)
    expect(other).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } })
    expect(await pictureOf(world)).toBe(after)

    const colleague = await world.mint('admin')
    const theirs = await ask(otherwise, { token: colleague })
    expect(theirs.json.code).not.toBe('idempotency_conflict')
  })

  test('a refusal is not kept: when the cause is gone the same key does it', async () => {
    const { clock } = world
    const refused = await world.ask(method, path, { json: { ...json, surprise: true }, headers })
    expect(refused.json.code).toBe('invalid_input')
    clock.advance(1000)
    expect((await ask()).status).toBe(200)
  })
})

/** What a real answer and its dry run may differ in. */
function withoutChance({ dryRun: _dry, id: _id, ...body }: Answer['json']): unknown {
  return JSON.parse(JSON.stringify(body, (key, value) => (key === 'dryRun' ? undefined : value)))
}
