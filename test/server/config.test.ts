// What an operator may set, and what is refused before anything is opened.
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig, type ServeOptions } from '../../server/config.ts'

const read = (options: Partial<ServeOptions> = {}, env: Record<string, string> = {}) =>
  readConfig({ dataDir: './registry', ...options }, env)

test('by default it is on loopback, with limits', () => {
  expect(read()).toEqual({
    dataDir: resolve('registry'),
    host: '127.0.0.1',
    port: 4400,
    logLevel: 'warn',
    artifactBytes: 4096 * 1024 * 1024,
    bodyBytes: 16 * 1024 * 1024,
  })
})

test.each(['0.0.0.0', '::', '192.168.1.4', 'registry.example.com', ''])(
  'binds to "%s" only behind a proxy',
  (host) => {
    expect(() => read({ host })).toThrow(
      `Binding to ${host} would carry tokens over the network in the clear.`,
    )
    expect(read({ host, isBehindProxy: true }).host).toBe(host)
  },
)

test.each(['127.0.0.1', '::1', 'localhost'])('binds to %s as it is', (host) => {
  expect(read({ host }).host).toBe(host)
})

test.each(['0', '-1', '1.5', 'many', '1e99', 'Infinity', '0x10g'])(
  'a limit of %s megabytes is none',
  (text) => {
    expect(() => read({}, { HEADGATE_MAX_BODY_MEGABYTES: text })).toThrow(
      `HEADGATE_MAX_BODY_MEGABYTES is "${text}"; expected is a whole number of megabytes`,
    )
  },
)

test('limits and the log level come from the environment', () => {
  const env = {
    HEADGATE_MAX_BODY_MEGABYTES: '2',
    HEADGATE_MAX_ARTIFACT_MEGABYTES: '',
    HEADGATE_LOG_LEVEL: 'debug',
  }
  expect(read({}, env)).toMatchObject({
    bodyBytes: 2 * 1024 * 1024,
    artifactBytes: 4096 * 1024 * 1024,
    logLevel: 'debug',
  })
  expect(() => read({}, { HEADGATE_LOG_LEVEL: 'loud' })).toThrow('silent, error, warn, info, debug')
})
