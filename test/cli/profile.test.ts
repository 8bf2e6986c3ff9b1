// Which registry and whose token: flag, environment, systemd, context; and which token files are not read.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findProfile, isLoopback, type ProfileFlags, readTokenFile } from '../../cli/profile.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

interface Home {
  readonly cwd: string
  readonly profile: (flags: ProfileFlags, env?: Record<string, string>) => ReturnType<typeof findProfile>
  readonly refusal: (flags: ProfileFlags, env?: Record<string, string>) => Promise<Problem>
}

function aHome(config?: string): Home {
  const cwd = scratchDirectory()
  if (config !== undefined) {
    mkdirSync(join(cwd, 'headgate'))
    writeFileSync(join(cwd, 'headgate', 'config.toml'), config)
  }
  const profile: Home['profile'] = (flags, env = {}) =>
    findProfile({ cwd, env: { XDG_CONFIG_HOME: cwd, ...env } }, flags)
  return {
    cwd,
    profile,
    refusal: async (flags, env) => {
      const error = await profile(flags, env).catch((refused: unknown) => refused)
      if (error instanceof Problem) return error
      throw new Error('not refused')
    },
  }
}

const contexts = `
current = "prod"
[context.prod]
url = "https://prod.example.com/headgate/"
tokenFile = "prod.token"
[context.bare]
url = "https://bare.example.com"
`

describe('the registry and the token', () => {
  test('of a flag come before those of the environment', async () => {
    const { profile, cwd } = aHome(contexts)
    const env = { HEADGATE_URL: 'http://env.example.com', HEADGATE_TOKEN: 'secret' }
    expect(await profile({ url: 'http://flag.example.com', tokenFile: 'here.token' }, env)).toEqual({
      url: 'http://flag.example.com',
      urlFrom: '--url',
      token: { kind: 'file', path: join(cwd, 'here.token'), from: '--token-file', mayBeShared: false },
    })
  })

  test('of the environment come before the context', async () => {
    const { profile, cwd } = aHome(contexts)
    const env = { HEADGATE_URL: 'http://env.example.com', HEADGATE_TOKEN_FILE: 'env.token' }
    expect(await profile({}, env)).toMatchObject({
      url: 'http://env.example.com',
      token: { kind: 'file', path: join(cwd, 'env.token'), from: 'HEADGATE_TOKEN_FILE' },
    })
    expect((await profile({}, { ...env, HEADGATE_TOKEN: 'value' })).token).toMatchObject({
      kind: 'value',
      value: 'value',
    })
  })

  test('of the current context are found without anything else', async () => {
    const { profile, cwd } = aHome(contexts)
    expect(await profile({})).toMatchObject({
      url: 'https://prod.example.com/headgate',
      token: { kind: 'file', path: join(cwd, 'headgate', 'prod.token') },
    })
  })

  test('of a named context come before the environment', async () => {
    const { profile } = aHome(contexts)
    const env = { HEADGATE_URL: 'http://env.example.com', HEADGATE_TOKEN: 'of the environment' }
    expect(await profile({ context: 'bare' }, env)).toMatchObject({
      url: 'https://bare.example.com',
      token: { kind: 'none' },
    })
  })

  test('of a context are not given to another registry: its token goes to its own', async () => {
    const { profile } = aHome(contexts)
    expect((await profile({}, { HEADGATE_URL: 'http://elsewhere.example.com' })).token).toEqual({
      kind: 'none',
    })
  })

  test('of systemd credentials, which an access list may share', async () => {
    const { profile, cwd } = aHome()
    const credentials = join(cwd, 'credentials')
    mkdirSync(credentials)
    writeFileSync(join(credentials, 'headgate-token'), 'hg_systemd\n', { mode: 0o440 })
    const { token } = await profile(
      {},
      { HEADGATE_URL: 'http://a.example.com', CREDENTIALS_DIRECTORY: credentials },
    )
    expect(token).toMatchObject({ kind: 'file', mayBeShared: true })
    expect(token.kind === 'file' && readTokenFile(token)).toBe('hg_systemd')
  })
})

describe('refused is', () => {
  test.each([
    [undefined, {}, {}, 'No registry is named'],
    [undefined, { url: 'registry.example.com' }, {}, 'is not an address'],
    [undefined, { url: 'ftp://registry.example.com' }, {}, 'expected http:// or https://'],
    [undefined, { url: 'http://me:secret@registry.example.com' }, {}, 'has a name or a password in it'],
    [undefined, { url: 'http://registry.example.com/?a=1' }, {}, 'has a query'],
    [undefined, {}, { HEADGATE_URL: 'nonsense' }, '"nonsense" (HEADGATE_URL) is not an address'],
    [undefined, { context: 'prod' }, {}, 'does not exist'],
    [contexts, { context: 'nope' }, {}, 'has no context nope; it has: prod, bare'],
    [contexts, { context: 'constructor' }, {}, 'has no context constructor'],
    ['current = 3', {}, {}, 'current is not a text'],
    ['current = "a"\n[context.a]\nurl = 7', {}, {}, 'context.a.url is not a text'],
    ['this is no toml', {}, {}, 'is not understood'],
  ])('%j with %j and %j: %s', async (config, flags, env, why) => {
    const problem = await aHome(config).refusal(flags, env)
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(why)
  })

  test('a password that was in an address is not repeated', async () => {
    const problem = await aHome().refusal({ url: 'http://me:secret@registry.example.com' })
    expect(problem.message).not.toContain('secret')
  })
})

describe('a token file', () => {
  const source = (path: string) => ({
    kind: 'file' as const,
    path,
    from: 'HEADGATE_TOKEN_FILE',
    mayBeShared: false,
  })

  test('that others can read is not read, and the command that mends it is said', () => {
    const path = join(scratchDirectory(), 'token')
    writeFileSync(path, 'hg_secret\n')
    for (const mode of [0o644, 0o640, 0o602, 0o666, 0o777]) {
      chmodSync(path, mode)
      let refused: unknown
      try {
        readTokenFile(source(path))
      } catch (error) {
        refused = error
      }
      expect(refused).toMatchObject({ code: 'not_signed_in', hint: `chmod 600 ${path}` })
      expect(String(refused)).toContain(`0${mode.toString(8)}`)
      expect(String(refused)).not.toContain('hg_secret')
    }
    for (const mode of [0o600, 0o400]) {
      chmodSync(path, mode)
      expect(readTokenFile(source(path))).toBe('hg_secret')
    }
  })

  test('that is not there, or empty, may still come', () => {
    const path = join(scratchDirectory(), 'token')
    expect(readTokenFile(source(path))).toBeNull()
    writeFileSync(path, '\n', { mode: 0o600 })
    expect(readTokenFile(source(path))).toBeNull()
  })

  test('with something else in it is refused without showing what', () => {
    const path = join(scratchDirectory(), 'token')
    writeFileSync(path, 'two words\nand more', { mode: 0o600 })
    expect(() => readTokenFile(source(path))).toThrow(/does not hold a token/)
    expect(() => readTokenFile(source(path))).not.toThrow(/two words/)
  })
})

test('loopback is this machine and nothing that looks like it', () => {
  expect(
    ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:4400', 'http://127.9.9.9'].every(isLoopback),
  ).toBe(true)
  expect(
    ['http://127.0.0.1.example.com', 'http://localhost.example.com', 'http://10.0.0.1'].some(isLoopback),
  ).toBe(false)
})
