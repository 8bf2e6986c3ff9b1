// Every verb, asked wrongly, for a person and for a program: a clear problem each time, never a bug, and nothing is different.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verbs } from '../../cli/program.ts'
import { problems } from '../../shared/domain/problem.ts'
import { badAgent } from './bad-verbs-agent.ts'
import { badAudit } from './bad-verbs-audit.ts'
import { badDirectories } from './bad-verbs-directories.ts'
import { badFleet } from './bad-verbs-fleet.ts'
import { badGates } from './bad-verbs-gates.ts'
import { badMovements } from './bad-verbs-movements.ts'
import { badNames } from './bad-verbs-names.ts'
import { badOrders } from './bad-verbs-orders.ts'
import { badPublications } from './bad-verbs-publications.ts'
import { badRollouts } from './bad-verbs-rollouts.ts'
import { badUsage } from './bad-verbs-usage.ts'
import { aVerbYard, partsOf, type VerbYard } from './bad-verbs-yard.ts'

const table = [
  ...badUsage,
  ...badAudit,
  ...badFleet,
  ...badGates,
  ...badRollouts,
  ...badNames,
  ...badPublications,
  ...badMovements,
  ...badDirectories,
  ...badOrders,
  ...badAgent,
]
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

let tried = 0
let refused = 0
let yard: VerbYard
let before: string
beforeAll(async () => {
  yard = await aVerbYard()
  before = await yard.picture()
})
afterAll(async () => {
  await yard.dispose()
  console.log(`bad inputs tried ${tried}, refused ${refused} (verbs)`)
})

test('there are enough of them, and no two of one name', () => {
  expect(table.length).toBeGreaterThanOrEqual(280)
  const names = table.map(([name]) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('every verb is asked wrongly somewhere', () => {
  const spared = verbs.filter(({ path }) => !table.some(([, line]) => `${line} `.startsWith(`${path} `)))
  expect(spared.map(({ path }) => path)).toEqual([])
})

describe('bad input', () => {
  for (const [name, line, answers, says, env] of table) {
    test(name, async () => {
      tried += 1
      const { exit, code } = partsOf(answers)
      expect(exit).toBe(problems[code].exit)

      const said = await yard.ask(line, [], env)
      expect(said.stderr).toMatch(says)
      const lines = said.stderr.trimEnd().split('\n')
      expect(lines.filter((one) => /^ {2}\w+, exit \d+(, request .+)?$/.test(one))).toEqual([
        expect.stringMatching(new RegExp(`^ {2}${code}, exit ${exit}(,|$)`)),
      ])
      // A command alone, or a sentence that names one.
      expect(lines.at(-1)).toMatch(
        /^Try: {2}(headgate|export|chmod|curl|df|ls|edit|systemctl) |\bheadgate [a-z]/,
      )
      expect(said.stderr).not.toMatch(steering)
      expect(said.stderr).not.toMatch(/\n\s+at /)
      expect({ code: said.code, stdout: said.stdout }).toEqual({ code: exit, stdout: '' })

      const told = await yard.ask(line, ['--json'], env)
      expect({ code: told.code, stdout: told.stdout }).toEqual({ code: exit, stdout: '' })
      expect(told.stderr).not.toMatch(steering)
      expect(told.json).toMatchObject({ apiVersion: 'headgate/v1', kind: 'Problem', code, exit })
      expect([told.json.detail, told.json.hint]).toEqual(Array(2).fill(expect.stringMatching(/\w\w/)))

      // Whoever changes something is to blame, and not who comes after.
      const [was, is] = [before, await yard.picture()]
      before = is
      expect(is).toBe(was)
      refused += 1
    })
  }
})
