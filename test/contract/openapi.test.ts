// The contract tells the truth: every route is in it and nothing else, and what was answered is what it says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isGovernedWrite, type TestRegistry } from '../support/test-registry.ts'
import { matches, type Schema } from './json-schema.ts'
import { steps, type Told, tellScenario } from './scenario.ts'

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly unknown[]
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

let registry: TestRegistry
let told: readonly Told[]
let document: Document
beforeAll(async () => {
  const story = await tellScenario()
  registry = story.registry
  told = story.told
  document = JSON.parse((await registry.ask('GET', '/openapi.json', { token: null })).text)
})
afterAll(() => registry.dispose())

function operations() {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

function operationOf({ method, path }: { method: string; path: string }) {
  return operations().find(
    (one) =>
      one.method === method &&
      new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.replace(/\?.*$/, '')),
  )
}

test('every route is in the contract, and nothing that is no route', () => {
  const declared = operations().map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`)
  expect(declared.sort()).toEqual(registry.routes.filter((route) => route !== 'GET /openapi.json').sort())
})

test('every operation says what it is for, who may ask, its parameters, and that it may answer with a problem', () => {
  expect(document.openapi).toBe('3.1.0')
  for (const { method, path, operation } of operations()) {
    const name = `${method} ${path}`
    expect(operation.summary, name).toEqual(expect.stringMatching(/\w/))
    expect(operation.tags, name).toHaveLength(1)
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    expect(declared.map((parameter) => parameter.name).sort(), name).toEqual(inPath.sort())
    expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['200', 'default']))
    expect(operation.responses.default?.content, name).toHaveProperty(['application/problem+json'])
    if (method === 'POST' || method === 'PUT') expect(operation.requestBody, name).toBeDefined()
  }
})

test('a write that can be tried says so', () => {
  const dry = operations()
    .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'dryRun'))
    .map(({ method, path }) => `${method} ${path}`)
  const writes = registry.routes.filter(isGovernedWrite).map((route) => route.replace(/:(\w+)/g, '{$1}'))
  expect(dry.sort()).toEqual(writes.sort())
})

test('the story asks for every operation', () => {
  const asked = new Set(steps.map(operationOf))
  const spared = operations().filter(
    (one) => ![...asked].some((two) => two?.path === one.path && two.method === one.method),
  )
  expect(spared.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /metrics'])
})

describe('what was asked and answered is what the contract says', () => {
  test.each(steps.map(({ name }, index) => ({ name, index })))('$name', ({ index }) => {
    const one = told[index]
    if (!one) throw new Error('the story ended early')
    const operation = operationOf(one)?.operation
    const { status, headers, json } = one.answer
    const type = headers['content-type']?.split(';')[0] ?? ''
    const declared = operation?.responses[status < 300 ? String(status) : 'default']?.content?.[type]?.schema
    if (!operation) return expect(status).toBe(405)
    expect(declared, `${status} ${type} is not declared`).toBeDefined()
    if (/[/+]json$/.test(type)) expect(matches(declared ?? {}, json, document)).toEqual([])
    const sent = Object(one.request).json
    const body = operation.requestBody?.content['application/json']?.schema
    if (sent !== undefined && status < 300) expect(matches(body ?? {}, sent, document)).toEqual([])
  })
})
