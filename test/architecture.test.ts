// Who may import whom, and who may touch the process: docs/architecture.md's table, enforced on the text of every
// source. Every rule is shown small sources that break it, so that none can fall asleep unnoticed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'

interface Source {
  readonly path: string
  readonly text: string
  /** The text without comments and without what is inside strings: prose may say `await`, code may not. */
  readonly code: string
  readonly imports: readonly { readonly target: string; readonly statement: string }[]
}

/** What is wrong with a source; nothing, when the rule holds. */
type Rule = (source: Source) => readonly string[]

const roots = ['shared', 'server', 'cli', 'demo', 'bench']
const isMain = (path: string) => /^(server|cli)\/main\.ts$|^(demo|bench)\/(.+\/)?main\.ts$/.test(path)
const knowsHttp = (path: string) => /^server\/(routes|middleware)\/|^server\/(app|main)\.ts$/.test(path)
/** The rack's lock *is* a listening abstract UNIX socket: exclusive, and freed by the kernel when its holder dies. */
const lock = 'cli/agent/lock.ts'
/** The CLI loads the server's bundle beside it at run time: docs/decisions/0012. */
const bundleSeam = 'cli/main.ts'
const computedImport = /\bimport\s*\((?!\s*['"])|\brequire\s*\(|\bcreateRequire\b/g
const apiType = /^import type \{ Api \} from '(\.\.\/)+server\/app\.ts'$/
const weather =
  /\bDate\.now\b|\bDate\(\s*\)|\bnew Date\b(?!\s*\()|\bMath\.random\b|\b(process|performance|crypto|globalThis)\s*[.[]|\bset(Timeout|Interval|Immediate)\b|\bfetch\s*\(|\bawait\b|\basync\b|\bPromise\b/g

const rules = {
  'shared/domain imports itself, semver and croner': within(
    'shared/domain/',
    onlyFrom('shared/domain', 'semver', 'croner'),
  ),
  'shared/contract imports zod, the domain and itself': within(
    'shared/contract/',
    onlyFrom('shared/contract', 'shared/domain', 'zod'),
  ),
  'shared/trust imports shared and node:crypto': within('shared/trust/', onlyFrom('shared', 'node:crypto')),
  'shared has three rooms': within('shared/(?!(domain|contract|trust)/)', itsPath),
  'the domain has no clock, chance or process, and nothing to wait for': within(
    'shared/domain/',
    says(weather),
  ),
  'only server/store knows SQL': within(
    '(?!server/store/)',
    notFrom('drizzle-orm', 'drizzle-kit', 'better-sqlite3'),
  ),
  'only routes, middleware, app and main know HTTP': except(
    knowsHttp,
    within('(?!cli/)', notFrom('hono', '@hono')),
  ),
  'cli takes the typed client from hono, and nothing else': within('cli/', states(/'@?hono\b(?!\/client'$)/)),
  'only main knows the process': except(
    isMain,
    says(/\bprocess\s*\.\s*(env|argv|exit|exitCode)\b|\bprocess\s*\[/g),
    notFrom('node:process', 'process'),
  ),
  'only main and the lock listen': except(
    (path) => isMain(path) || path === lock,
    says(/\.\s*listen\s*\(/g),
    states(/\b(serve|createAdaptorServer)\b.*'@hono\/node-server'$/),
  ),
  'cli takes the type of the API from server, and nothing else': within(
    'cli/',
    refuses((target, statement) => isUnder(target, ['server']) && !apiType.test(statement)),
  ),
  'server and cli meet in shared': within('server/', notFrom('cli')),
  'the product does not know demo, bench and test': within(
    '(shared|server|cli)/',
    notFrom('demo', 'bench', 'test'),
  ),
  'imports can be read': except((path) => path === bundleSeam, says(computedImport)),
  'nothing is called utils, helpers, common or lib': ({ path }) =>
    path.split(/\/|\.ts$/).filter((name) => /^(utils?|helpers?|common|lib)$/.test(name)),
  'no barrel but the index of a noun': within('(.+/)?index\\.ts$', (source) =>
    /^cli\/commands\/[^/]+\/index\.ts$/.test(source.path) ? [] : itsPath(source),
  ),
  'a source begins with what it is for': (source) =>
    /^(#!.*\n)?\/[/*]/.test(source.text) ? [] : ['no comment on top'],
  'a source has at most 300 lines': (source) =>
    source.text.trimEnd().split('\n').length > 300 ? ['too long'] : [],
} satisfies Record<string, Rule>

/** `path` is the beginning of a path, as a regular expression. */
function within(path: string, rule: Rule): Rule {
  return (source) => (new RegExp(`^${path}`).test(source.path) ? rule(source) : [])
}

function except(isExempt: (path: string) => boolean, ...all: readonly Rule[]): Rule {
  return (source) => (isExempt(source.path) ? [] : all.flatMap((rule) => rule(source)))
}

function itsPath(source: Source): readonly string[] {
  return [source.path]
}

function says(pattern: RegExp): Rule {
  return (source) => source.code.match(pattern) ?? []
}

function refuses(isRefused: (target: string, statement: string) => boolean): Rule {
  return ({ imports }) =>
    imports.filter(({ target, statement }) => isRefused(target, statement)).map(({ statement }) => statement)
}

function states(pattern: RegExp): Rule {
  return refuses((_, statement) => pattern.test(statement))
}

function onlyFrom(...places: readonly string[]): Rule {
  return refuses((target) => !isUnder(target, places))
}

function notFrom(...places: readonly string[]): Rule {
  return refuses((target) => isUnder(target, places))
}

function isUnder(target: string, places: readonly string[]): boolean {
  return places.some((place) => target === place || target.startsWith(`${place}/`))
}

// Comments, strings, templates and regular expressions, whichever begins first. There is no parser to be had from the
// compiler of TypeScript 7, and these rules need none.
const notCode =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:[!&|?{};\n]\s*|\breturn\s)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/g
const importForms = [
  /^\s*import\s+(?:type\s+)?(?:[\w$*{},\s]+?\s+from\s+)?['"]([^'"]+)['"]/gm,
  /^\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
]

function readSource(path: string, text: string): Source {
  const uncommented = text.replace(notCode, (match) => (/^\/[/*]/.test(match) ? ' ' : match))
  const imports = importForms
    .flatMap((form) => [...uncommented.matchAll(form)])
    .map(([statement, from = '']) => ({
      target: from.startsWith('.') ? posix.join(posix.dirname(path), from) : from,
      statement: statement.trim().replace(/\s+/g, ' '),
    }))
  return { path, text, imports, code: text.replace(notCode, codeIn) }
}

/** A template keeps what it computes; a string and a regular expression keep nothing. */
function codeIn(match: string): string {
  return match.startsWith('`')
    ? (match.match(/\$\{[^}]*\}/g) ?? []).join(' ')
    : /^['"]/.test(match)
      ? "''"
      : ' '
}

function sourcesUnder(root: string): Source[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(root, name))
    .map((path) => readSource(path, readFileSync(path, 'utf8')))
}

function breaches(sources: readonly Source[], rule: Rule): string[] {
  return sources.flatMap((source) => rule(source).map((what) => `${source.path}: ${what}`))
}

describe('the house', () => {
  const sources = roots.filter((root) => existsSync(root)).flatMap(sourcesUnder)

  test('stands: every root has sources, and their imports are seen', () => {
    for (const root of roots)
      expect(sources.filter(({ path }) => path.startsWith(`${root}/`)).length, root).toBeGreaterThan(0)
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(sources.length)
  })

  test.each(Object.entries(rules))('%s', (_, rule) => {
    expect(breaches(sources, rule)).toEqual([])
  })
})

// A case is `path: text`.
const caseOf = (line: string) =>
  readSource(line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2))

describe('each rule refuses', () => {
  const inDomain = (code: string) => `shared/domain/a.ts: const a = ${code}`
  const broken: Record<keyof typeof rules, readonly string[]> = {
    'shared/domain imports itself, semver and croner': [
      "shared/domain/a.ts: import { hash } from 'node:crypto'",
      "shared/domain/a.ts: import type { Body } from '../contract/body.ts'",
      "shared/domain/commands/a.ts: export { b } from '../../../server/b.ts'",
      "shared/domain/a.ts: import {\n  one, // 'two'\n} from 'zod'",
      "shared/domain/a.ts: import 'pino'",
      "shared/domain/a.ts: type T = import('zod').ZodType",
    ],
    'shared/contract imports zod, the domain and itself': [
      "shared/contract/a.ts: import { s } from '../trust/s.ts'",
    ],
    'shared/trust imports shared and node:crypto': [
      "shared/trust/a.ts: import { readFileSync } from 'node:fs'",
    ],
    'shared has three rooms': ['shared/a.ts: //', 'shared/text/a.ts: //'],
    'the domain has no clock, chance or process, and nothing to wait for': [
      ...[
        'Date.now()',
        'new Date()',
        'new Date',
        'Date()',
        'Math.random()',
        'process.pid',
        'performance.now()',
      ],
      ...[
        'async () => 1',
        'await later',
        'setTimeout(go)',
        "fetch('x')",
        `\`at \${Date.now()}\``,
        "globalThis['x']",
      ],
    ].map(inDomain),
    'only server/store knows SQL': [
      "server/ledger/a.ts: import { eq } from 'drizzle-orm'",
      "server/routes/a.ts: import { sqliteTable } from 'drizzle-orm/sqlite-core'",
      "bench/a.ts: import Database from 'better-sqlite3'",
    ],
    'only routes, middleware, app and main know HTTP': [
      "server/fleet/a.ts: import type { Context } from 'hono'",
      "server/ledger/a.ts: import { z } from '@hono/zod-openapi'",
      "server/fleet/a.ts: import { hc } from 'hono/client'",
    ],
    'cli takes the typed client from hono, and nothing else': [
      "cli/agent/a.ts: import { Hono } from 'hono'",
      "cli/agent/a.ts: import { z } from '@hono/zod-openapi'",
      "cli/agent/a.ts: const { etag } = await import('hono/etag')",
    ],
    'only main knows the process': [
      'cli/commands/a.ts: process.exit(1)',
      'cli/commands/main.ts: process.exitCode = 1',
      "server/config.ts: const { HOME } = process['env']",
      'server/config.ts: const env = process\n  .env',
      "demo/a.ts: import { env } from 'node:process'",
    ],
    'only main and the lock listen': [
      'server/app.ts: server.listen(4400)',
      "server/app.ts: import { serve } from '@hono/node-server'",
      "cli/agent/socket.ts: createServer().listen('x')",
    ],
    'cli takes the type of the API from server, and nothing else': [
      "cli/api.ts: import { createApp } from '../server/app.ts'",
      "cli/api.ts: import type { Api, Deps } from '../server/app.ts'",
      "cli/api.ts: import type { Config } from '../server/config.ts'",
      "cli/commands/serve.ts: const server = await import('../../server/main.ts')",
    ],
    'server and cli meet in shared': [
      "server/routes/a.ts: import type { Profile } from '../../cli/profile.ts'",
    ],
    'the product does not know demo, bench and test': [
      "cli/a.ts: import { aRelease } from '../test/builders.ts'",
    ],
    'imports can be read': [
      'cli/a.ts: await import(name)',
      `cli/a.ts: await import(\`./\${name}.ts\`)`,
      "cli/a.ts: require('fs')",
    ],
    'nothing is called utils, helpers, common or lib': [
      'server/utils/a.ts: //',
      'cli/helpers.ts: //',
      'cli/lib/a.ts: //',
    ],
    'no barrel but the index of a noun': [
      'server/index.ts: //',
      'cli/commands/index.ts: //',
      'cli/app/b/index.ts: //',
    ],
    'a source begins with what it is for': ["cli/a.ts: import { b } from './b.ts'\n// Too late."],
    'a source has at most 300 lines': [`cli/a.ts: //${'\nline'.repeat(300)}`],
  }

  test.each(Object.entries(rules))('whoever breaks it: %s', (name, rule) => {
    const cases = Object.entries(broken).find(([known]) => known === name)?.[1] ?? []
    expect(cases).not.toEqual([])
    for (const line of cases) expect(breaches([caseOf(line)], rule), line).not.toEqual([])
  })

  const kept = [
    "shared/domain/a.ts: // Nobody may await Date.now() here.\nimport semver from 'semver'\nconst s = 'async process.exit()'",
    `shared/domain/b/a.ts: /* x */\nimport type { B } from '../b.ts'\nconst at = new Date(0), q = /['"\`]/, c = \`await \${at}\``,
    "shared/trust/a.ts: // x\nimport { sign } from 'node:crypto'\nimport { parse } from '../contract/parse.ts'",
    "server/store/a.ts: // x\nimport { eq } from 'drizzle-orm'\nimport Database from 'better-sqlite3'",
    "server/main.ts: // x\nimport { serve } from '@hono/node-server'\nserve({ port: process.env.PORT })\nprocess.exit(0)",
    "cli/agent/lock.ts: // x\ncreateServer().listen('\\0name')",
    "cli/api.ts: // x\nimport { hc } from 'hono/client'\nimport type { Api } from '../server/app.ts'",
    "cli/commands/app/index.ts: #!/usr/bin/env node\n/* x */\nconst verb = await import('./create.ts')",
    "server/routes/a.ts: // x\nimport { Hono } from 'hono'\n// import { b } from '../../cli/b.ts'\nexport const c = 'cli'",
    `bench/load/main.ts: // x\n${'line\n'.repeat(299)}`,
  ].map(caseOf)

  test.each(kept.map((source) => [source.path, source] as const))(
    'nobody who keeps them all: %s',
    (_, source) => {
      for (const [name, rule] of Object.entries(rules)) expect(breaches([source], rule), name).toEqual([])
    },
  )
})
