/**
 * What was read from a platform is never written back: the incident of 2016 was one call that did. Read from the
 * sources, since no run can show that something never happens; each rule is shown a text that breaks it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

interface Source {
  readonly path: string
  readonly text: string
}

const sources = ['cli/agent', 'cli/commands'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name): Source => ({ path: join(folder, name), text: readFileSync(join(folder, name), 'utf8') })),
)

/** Where the driver's word is taken: it becomes digests there, and goes no further. */
const eyes = ['cli/agent/parameters/rack-parameters.ts', 'cli/agent/parameters/observation.ts']

/** Asks a driver for its parameters. */
const asks = /\bparameters\s*(?:\?\.|!)?\(\s*\)(?!\s*[:{])/g
/** Says a value to a platform: CloudFormation's word for it, and Convox's. */
const writes = /ParameterValue: |params\s+set|'params',\s*'set'/
const guarded = /\brefuseMasked\(/

const rules: Readonly<Record<string, (source: Source) => boolean>> = {
  'only the eyes of the rack ask a driver for its parameters': ({ path, text }) =>
    eyes.includes(path) || text.replaceAll('async parameters()', '').match(asks) === null,
  'whatever writes a value guards it': ({ text }) => !isWrite(text) || guarded.test(text),
  'what is written is never taken from what is read': ({ text }) =>
    !/ParameterValue: [^\n]*(?:\.parameters|\bshown|\bseen|\bobserved)/.test(text),
}

/** What takes an answer apart, and what only describes one, names the word as well and writes nothing. */
function isWrite(text: string): boolean {
  return writes.test(text.replaceAll(/\(\{[^{}]*\}\) =>/g, '').replaceAll(/readonly ParameterValue\b.*/g, ''))
}

const breaking: Readonly<Record<keyof typeof rules & string, Source>> = {
  'only the eyes of the rack ask a driver for its parameters': {
    path: 'cli/agent/drivers/new.ts',
    text: 'const seen = await driver.parameters()',
  },
  'whatever writes a value guards it': {
    path: 'cli/agent/drivers/new.ts',
    text: 'return [{ ParameterKey: name, ParameterValue: value }]',
  },
  'what is written is never taken from what is read': {
    path: 'cli/agent/drivers/new.ts',
    text: 'refuseMasked(x, y, z)\nreturn { ParameterKey: name, ParameterValue: stack.parameters[name] }',
  },
}

describe.each(Object.entries(rules))('%s', (name, holds) => {
  test('in every source of the rack', () => {
    expect(sources.length).toBeGreaterThan(60)
    expect(sources.filter((source) => !holds(source)).map(({ path }) => path)).toEqual([])
  })

  test('and a source that breaks it is found', () => {
    const source = breaking[name]
    if (!source) throw new Error('there is no source that breaks it')
    expect(holds(source)).toBe(false)
  })
})
