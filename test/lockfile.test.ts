// The floor of Node 20.19 holds for everything that is installed, tools included: a plain `npm install X` fetches
// majors that refuse it. And the lockfile names no registry, so that it installs from whichever one the machine has.
import { readFileSync } from 'node:fs'
import semver from 'semver'
import { expect, test } from 'vitest'
import { z } from 'zod'

const floor = '20.19.0'

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      engines: z.union([z.record(z.string(), z.string()), z.array(z.string())]).optional(),
    }),
  ),
})
type Lockfile = z.infer<typeof lockfile>

/** Packages whose engines exclude the floor or cannot be read. */
function tooNew({ packages }: Lockfile): string[] {
  return Object.entries(packages).flatMap(([path, { version, engines }]) => {
    const wanted = engines === undefined || Array.isArray(engines) ? '*' : (engines.node ?? '*')
    return semver.satisfies(floor, wanted) ? [] : [`${path}@${version} wants node ${wanted}`]
  })
}

/** Packages that come from a named host; a link inside of the repository is a plain path. */
function tiedToHost({ packages }: Lockfile): string[] {
  return Object.entries(packages).flatMap(([path, { resolved }]) =>
    resolved !== undefined && /^[\w+.-]+:|^\/\/|@.*:/.test(resolved) ? [`${path} from ${resolved}`] : [],
  )
}

/**
 * Dependencies that are named and not locked, which `npm ci` refuses. It happens where a registry does not carry the
 * platform packages of other systems: `npm install` then leaves them out and says nothing.
 */
function unlocked({ packages }: Lockfile): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !foldersAbove(path).some((folder) => packages[`${folder}node_modules/${name}`]))
      .map((name) => `${path} wants ${name}`),
  )
}

/** Where Node looks for what `path` imports: `a/node_modules/b` looks in itself, in `a` and at the top. */
function foldersAbove(path: string): string[] {
  const ends = [...path.matchAll(/\/(?=node_modules\/)/g)].map(({ index }) => path.slice(0, index + 1))
  return path === '' ? [''] : [`${path}/`, ...ends, '']
}

const ours = lockfile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')))

test('every locked package runs on the floor', () => {
  expect(Object.keys(ours.packages).length).toBeGreaterThan(100)
  expect(tooNew(ours)).toEqual([])
})

test('every dependency is locked, those of other systems included', () => {
  expect(unlocked(ours)).toEqual([])
})

test('no locked package is tied to a host', () => {
  expect(tiedToHost(ours)).toEqual([])
})

test('our own floor is the one that is checked', () => {
  const { engines } = z
    .object({ engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')))
  expect(semver.minVersion(engines.node)?.version).toBe(floor)
})

test('the check can fail', () => {
  const broken = lockfile.parse({
    packages: {
      '': { version: '0.1.0', engines: { node: '^20.19 || >=22.9' } },
      'node_modules/fine': {
        version: '1.0.0',
        engines: { node: '>= 0.4' },
        dependencies: { undemanding: '1' },
      },
      'node_modules/fine/node_modules/inner': {
        version: '1.0.0',
        dependencies: { beside: '1', ancient: '0' },
      },
      'node_modules/fine/node_modules/beside': {
        version: '1.0.0',
        optionalDependencies: { 'fine-darwin': '1.0.0' },
      },
      'node_modules/undemanding': { version: '1.0.0' },
      'node_modules/ancient': { version: '0.1.0', engines: ['node >=0.4'] },
      'node_modules/too-new': { version: '13.0.0', engines: { node: '>=22' } },
      'node_modules/a-bit-too-new': { version: '2.0.0', engines: { node: '^20.19.1 || >=22.12' } },
      'node_modules/unreadable': { version: '3.0.0', engines: { node: 'newest' } },
      'node_modules/linked': { resolved: 'packages/linked' },
      'node_modules/hosted': { version: '1.0.0', resolved: 'https://registry.example/hosted-1.0.0.tgz' },
      'node_modules/cloned': { version: '1.0.0', resolved: 'git+ssh://git@example.com/a/cloned.git#abc' },
    },
  })
  expect(tooNew(broken)).toEqual([
    'node_modules/too-new@13.0.0 wants node >=22',
    'node_modules/a-bit-too-new@2.0.0 wants node ^20.19.1 || >=22.12',
    'node_modules/unreadable@3.0.0 wants node newest',
  ])
  expect(unlocked(broken)).toEqual(['node_modules/fine/node_modules/beside wants fine-darwin'])
  expect(tiedToHost(broken)).toEqual([
    'node_modules/hosted from https://registry.example/hosted-1.0.0.tgz',
    'node_modules/cloned from git+ssh://git@example.com/a/cloned.git#abc',
  ])
})
