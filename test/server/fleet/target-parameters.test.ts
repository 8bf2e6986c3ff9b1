/** A decision tells a rack which parameters its target declares, and which it or the version that runs masks; names only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isDecision } from '../../../cli/agent/judge-decision.ts'
import { decisionBody } from '../../../shared/contract/rack.ts'
import { namesIn } from '../../../shared/domain/parameters.ts'
import { aRack } from '../../cli/racks.ts'
import { aDesk, type Desk } from '../../cli/registry-shell.ts'

const plain = { Size: { default: 'm' }, Password: {} }
const masking = { Size: { default: 'm' }, Password: { masked: true } }

async function serves(desk: Desk, version: string, contract?: object): Promise<void> {
  const file = join(desk.folder, `${version}.json`)
  writeFileSync(file, JSON.stringify(contract ?? {}))
  const parameters = contract ? ['--parameters', file] : []
  const published = await desk.headgate('release', 'publish', version, '--app', 'rack', ...parameters)
  expect(published.code, published.stderr).toBe(0)
  const promote = ['promote', version, '--app', 'rack', '--to', 'stable']
  const masked = ['--acknowledge', 'Password:becameMasked', '--note', 'rotated before']
  const first = await desk.headgate(...promote)
  const moved = first.code === 0 ? first : await desk.headgate(...promote, ...masked)
  expect(moved.code, moved.stderr).toBe(0)
}

/** What a rack on `current` is told of its target, when the channel serves the last of these. */
async function told(current: string | null, releases: Readonly<Record<string, object | undefined>>) {
  const desk = await aDesk()
  await desk.headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  for (const [version, contract] of Object.entries(releases)) await serves(desk, version, contract)
  const rack = await aRack(desk, 'prod-1', 'stable', current)
  const decision = await rack.check()
  expect(decisionBody.safeParse(decision).success).toBe(true)
  expect(isDecision(decision)).toBe(true)
  const { target } = decision as { target: { parameters: unknown } | null }
  return target?.parameters
}

describe('the parameters of a target', () => {
  test('are the names that it declares, and those that it masks', async () => {
    expect(await told(null, { '10': masking })).toEqual({
      declared: ['Size', 'Password'],
      masked: ['Password'],
    })
  })

  test('are masked also by the version that runs: what was once masked is not read on the way out of it', async () => {
    expect(await told('10', { '10': masking, '20': plain })).toEqual({
      declared: ['Size', 'Password'],
      masked: ['Password'],
    })
  })

  test('are null when neither release has a contract, and undeclared when only what runs has one', async () => {
    expect(await told('10', { '10': undefined, '20': undefined })).toBeNull()
    expect(await told('10', { '10': masking, '20': undefined })).toEqual({
      declared: null,
      masked: ['Password'],
    })
    expect(await told('10', { '10': plain, '20': undefined })).toBeNull()
  })

  test('are not there without a target', async () => {
    expect(await told('10', { '10': masking })).toBeUndefined()
  })
})

describe('a decision is not acted on whose parameters are no names', () => {
  test.each([
    [{ declared: 'Size', masked: [] }],
    [{ declared: [], masked: null }],
    [{ declared: [7], masked: [] }],
    [[]],
    ['Size'],
  ])('%j', async (parameters) => {
    const desk = await aDesk()
    await desk.headgate('app', 'create', 'rack', '--scheme', 'timestamp')
    await serves(desk, '10', plain)
    const decision = await (await aRack(desk, 'prod-1', 'stable', null)).check()
    expect(isDecision(decision)).toBe(true)
    expect(isDecision({ ...decision, target: { ...(decision.target as object), parameters } })).toBe(false)
    expect(isDecision({ ...decision, target: { ...(decision.target as object), parameters: null } })).toBe(
      true,
    )
    const { parameters: _, ...older } = decision.target as Record<string, unknown>
    expect(isDecision({ ...decision, target: older })).toBe(true)
  })
})

test('names are read from a contract once, also those that an object would find elsewhere', () => {
  const contract = JSON.parse(
    '{"constructor": {"masked": true}, "__proto__": {}, "toString": {"masked": false}}',
  )
  expect(namesIn(contract)).toEqual({
    declared: ['constructor', '__proto__', 'toString'],
    masked: ['constructor'],
  })
  expect(namesIn(contract)).toBe(namesIn(contract))
  expect(namesIn(undefined)).toEqual({ declared: [], masked: [] })
})
