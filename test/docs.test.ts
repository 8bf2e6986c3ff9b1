// The parts of the documentation that say what a table in the code says are generated from it: UPDATE_DOCS=1 writes them.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { transitions } from '../cli/agent/attempt.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import manifest from '../package.json' with { type: 'json' }
import { version } from '../shared/contract/version.ts'
import { describeDuration, minute } from '../shared/domain/instants.ts'
import { cells, matrix } from '../shared/domain/movement.ts'
import { problems } from '../shared/domain/problem.ts'
import { motives, rackReasons, reasons } from '../shared/domain/reasons.ts'
import { rolloutTransitions } from '../shared/domain/rollout.ts'
import {
  type RolloutPolicy,
  remedyPolicy,
  rolloutPresets,
  type WavePolicy,
} from '../shared/domain/rollout-policy.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const generated: Readonly<Record<string, () => string>> = {
  'attempt-states': () => {
    const arrows = Object.entries(transitions).flatMap(([state, nexts]) =>
      nexts.map((next) => `  ${state} --> ${next}`),
    )
    const ends = Object.entries(transitions).filter(([, nexts]) => nexts.length === 0)
    return [
      '```mermaid',
      'stateDiagram-v2',
      '  [*] --> planned',
      ...arrows,
      ...ends.map(([end]) => `  ${end} --> [*]`),
      '```',
    ].join('\n')
  },
  'rollout-states': () => {
    const states = Object.entries(rolloutTransitions)
    const arrows = states.flatMap(([state, acts]) =>
      Object.entries(acts).map(([act, next]) => `  ${state} --> ${next}: ${act}`),
    )
    const ends = states.filter(([, acts]) => Object.keys(acts).length === 0)
    return [
      '```mermaid',
      'stateDiagram-v2',
      '  [*] --> planned: order',
      ...arrows,
      ...ends.map(([end]) => `  ${end} --> [*]`),
      '```',
    ].join('\n')
  },
  'rollout-presets': () => {
    const all: readonly (readonly [string, RolloutPolicy])[] = [
      ...Object.entries(rolloutPresets).map(([name, policy]) => [`\`${name}\``, policy] as const),
      ['remedies and recalls, always', remedyPolicy],
    ]
    const inShort = ({ share, soakMinutes }: WavePolicy): string =>
      `${share}, ${describeDuration(soakMinutes * minute)}`
    return table(
      ['preset', 'waves: racks, healthy for', 'under way at a time', 'on failure'],
      all.map(([name, { waves, onFail, maxInFlight = 'as many as ask' }]) => [
        name,
        waves.map(inShort).join(' → '),
        String(maxInFlight),
        onFail,
      ]),
    )
  },
  reasons: () =>
    table(
      ['reason', 'what it tells'],
      [
        ...Object.entries(reasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
        ...Object.entries(rackReasons).map(([reason, meaning]) => [
          `\`${reason}\``,
          `${meaning} (the rack itself says so)`,
        ]),
      ],
    ),
  matrix: () =>
    table(
      ['motive', ...cells],
      motives.map((motive) => [
        `\`${motive}\``,
        ...cells.map((cell) => matrix[motive][cell].replace('ignored', '–').replaceAll('_', ' ')),
      ]),
    ),
  problems: () =>
    table(
      ['code', 'status', 'exit', 'meaning'],
      Object.entries(problems).map(([code, { status, exit, title }]) => [
        `\`${code}\``,
        String(status),
        String(exit),
        title,
      ]),
    ),
  'exit-codes': () =>
    table(
      ['code', 'meaning'],
      Object.entries(exitCodes).map(([code, meaning]) => [code, meaning]),
    ),
}

const pages = ['docs/architecture.md', 'docs/protocol.md', 'docs/operations.md', 'docs/rollouts.md']

test.each(pages)('%s says what the code says', (page) => {
  const text = readFileSync(page, 'utf8')
  const made = text.replace(
    /<!-- generated: ([a-z-]+) -->\n[\s\S]*?<!-- \/generated -->/g,
    (_block, name: string) =>
      `<!-- generated: ${name} -->\n${generated[name]?.() ?? 'nothing generates this'}\n<!-- /generated -->`,
  )
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, made)
  else expect(text).toBe(made)
  expect(made).not.toContain('nothing generates this')
})

test('every generated part stands on a page', () => {
  const all = pages.map((page) => readFileSync(page, 'utf8')).join('')
  for (const name of Object.keys(generated)) expect(all).toContain(`<!-- generated: ${name} -->`)
})

test('the program says the version of its package', () => {
  expect(version).toBe(manifest.version)
})
