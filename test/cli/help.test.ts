// What a person finds without a manual: the overview, the help of every verb, the exit codes, and near misses.
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { exitCodes } from '../../cli/exit-codes.ts'
import { createProgram, findVerb, verbs } from '../../cli/program.ts'
import { problems } from '../../shared/domain/problem.ts'
import { createShell, furnish } from './shell.ts'

const headgate = createShell({})

test('the overview lists every verb under its heading, and is what no command at all prints', async () => {
  const overview = await headgate()
  expect(overview).toMatchObject({ code: 0, stderr: '' })
  await expect(overview.stdout).toMatchFileSnapshot('../golden/cli/overview.txt')
  expect((await headgate('--help')).stdout).toBe(overview.stdout)
  expect((await headgate('help')).stdout).toBe(overview.stdout)
})

test('the exit codes are a table that scripts may rely on', async () => {
  const topic = await headgate('help', 'exit-codes')
  expect(topic.code).toBe(0)
  await expect(topic.stdout).toMatchFileSnapshot('../golden/cli/exit-codes.txt')
  for (const { exit } of Object.values(problems)) expect(exitCodes).toHaveProperty(String(exit))
  expect(await headgate('help', 'nonsense', '--json')).toMatchObject({
    code: 2,
    json: { code: 'invalid_input' },
  })
})

describe.each(verbs.map(({ path }) => path))('%s', (path) => {
  test('has a help that stays, with an example and exit codes', async () => {
    const help = await headgate(...path.split(' '), '--help')
    expect(help).toMatchObject({ code: 0, stderr: '' })
    await expect(help.stdout).toMatchFileSnapshot(`../golden/cli/help/${path.replaceAll(' ', '-')}.txt`)
    expect(help.stdout).toContain(`\nExample:\n  headgate ${path}`)
    expect(help.stdout).toContain('--json')
    expect(help.stdout).toMatch(
      /Exit codes besides 0, and the problems behind them:\n(.*\n)? {2}2 .*invalid_input/,
    )
    expect((await headgate('help', ...path.split(' '))).stdout).toBe(help.stdout)
  })

  test('has an example that the verb itself understands', async () => {
    const example =
      /\nExample:\n {2}headgate (.*)/.exec((await headgate(...path.split(' '), '--help')).stdout)?.[1] ?? ''
    const command = await loaded(path)
    const words = [...example.replace(/ +#.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? '',
    )
    let ran = false
    command.action(() => {
      ran = true
    })
    await command.parseAsync(words.slice(path.split(' ').length), { from: 'user' })
    expect(ran).toBe(true)
  })
})

async function loaded(path: string): Promise<Command> {
  const names = path.split(' ')
  const program = await createProgram(furnish([]).deps, findVerb(names))
  return names.reduce((at, name) => found(at.commands, name), program)
}

function found(commands: readonly Command[], name: string): Command {
  const command = commands.find((one) => one.name() === name)
  if (!command) throw new Error(`there is no ${name}`)
  return command
}

const mutating = verbs
  .map(({ path }) => path)
  .filter((path) =>
    /create|publish|route|yank|promote|revert|freeze|forget|revoke|import|approve|reject|add|tick|object|answer|issue|policy set|sign/.test(
      path,
    ),
  )

test.each(mutating)('%s can be tried without changing anything', async (path) => {
  expect((await headgate(...path.split(' '), '--help')).stdout).toContain('--dry-run')
})

describe('a near miss', () => {
  test.each([
    [['promot'], "Unknown command 'promot' (Did you mean promote?)", 'headgate --help'],
    [
      ['release', 'pubish', '1.0.0'],
      "Unknown command 'pubish' (Did you mean publish?)",
      'headgate release --help',
    ],
    [
      ['release', 'list', '--ap', 'rack'],
      "Required option '--app <app>' not specified. There is no option --ap here.",
      'headgate release list --help',
    ],
    [
      ['release', 'list', '--app', 'a', '--chanel', 'b'],
      "Unknown option '--chanel' (Did you mean --channel?)",
      'headgate release list --help',
    ],
    [['release', 'list'], "Required option '--app <app>' not specified.", 'headgate release list --help'],
    [['app', 'create'], "Missing required argument 'app'.", 'headgate app create --help'],
    [['app', 'create', 'a', 'b'], 'Too many arguments', 'headgate app create --help'],
    [
      ['app', 'create', 'a', '--scheme', 'dates'],
      'Allowed choices are semver, timestamp.',
      'headgate app create --help',
    ],
    [
      ['channel', 'create', 'a', '--app', 'b', '--check-seconds', '1.5'],
      'Expected a whole number',
      'headgate channel create --help',
    ],
    [
      ['release', 'list', '--app', 'a', '--limit', '0'],
      'expected 1 or more, or all',
      'headgate release list --help',
    ],
    [
      ['token', 'create', 'a', '--role', 'viewer', '--scope', 'all'],
      '"all" is none of stop, override',
      'headgate token create --help',
    ],
    [['app', 'list', '--token', 'hg_admin_x'], "Unknown option '--token'", 'headgate app list --help'],
  ])('%j: %s', async (words, what, next) => {
    const refused = await headgate(...words)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(what)
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(`Try:  ${next}`)
    const json = await headgate(...words, '--json')
    expect(json).toMatchObject({
      code: 2,
      stdout: '',
      json: { kind: 'Problem', code: 'invalid_input', exit: 2 },
    })
  })

  test('of a noun without a verb is its help, as an error', async () => {
    const refused = await headgate('release')
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('publish')
  })
})

describe('options', () => {
  test('may stand before the verb', async () => {
    const without = await headgate('app', 'list', '--json', '--url', 'nonsense')
    for (const words of [
      ['--json', '--url', 'nonsense', 'app', 'list'],
      ['app', '--json', '--url=nonsense', 'list'],
      ['--url', 'nonsense', 'app', 'list', '--json'],
    ]) {
      expect((await headgate(...words)).stderr).toBe(without.stderr)
    }
  })

  test('that carry secrets are not there', async () => {
    for (const { path } of verbs) {
      const { options } = await loaded(path)
      expect(
        options.map(({ long }) => long).filter((long) => /^--(token|password|secret|key)$/.test(long ?? '')),
      ).toEqual([])
    }
  })
})

test('a verb that is asked for is the only one that is loaded', async () => {
  const entry = findVerb(['app', 'list'])
  const program = await createProgram(furnish([]).deps, entry)
  expect(
    program.commands.map((command) => [command.name(), ...command.commands.map((one) => one.name())]),
  ).toEqual([['app', 'list']])
})
