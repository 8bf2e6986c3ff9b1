// All of Convox's public history through the route: taken once, in the right order, and the one bad change stands out.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { convertConvoxVersion } from '../../../shared/contract/convox-versions.ts'
import { openTestRegistry, pictureOf, type TestRegistry } from '../../support/test-registry.ts'
import { convoxV2, convoxV3 } from './histories.ts'

let registry: TestRegistry
beforeEach(async () => {
  // When the last of them had been tagged.
  registry = await openTestRegistry({ now: Date.UTC(2026, 5, 1) })
})
afterEach(() => registry.dispose())

interface Report {
  readonly taken: number
  readonly present: number
  readonly tidied: readonly { readonly version: string; readonly readAs: string }[]
  readonly moved: readonly { readonly version: string; readonly channel: string }[]
  readonly notMoved: readonly unknown[]
  readonly refused: readonly { readonly version: string; readonly code: string; readonly why: string }[]
}

async function importAll(app: string, rows: readonly unknown[]): Promise<Report> {
  const reports = await registry.importRows(app, rows)
  const total = (name: string) => reports.reduce((sum, report) => sum + Number(report[name]), 0)
  const all = (name: string) => reports.flatMap((report) => Object(report[name]))
  return {
    taken: total('taken'),
    present: total('present'),
    tidied: all('tidied'),
    moved: all('moved'),
    notMoved: all('notMoved'),
    refused: all('refused'),
  }
}

async function versionsOf(app: string): Promise<string[]> {
  const versions: string[] = []
  let after = ''
  do {
    const page = await registry.call('GET', `/v1/apps/${app}/releases?limit=1000${after}`)
    versions.push(...Object(page.releases).map(({ version }: { version: string }) => version))
    after = page.next === null ? '' : `&after=${encodeURIComponent(String(page.next))}`
  } while (after !== '')
  return versions
}

describe('Convox v2', () => {
  const rows = convoxV2()

  test('is 836 releases, each taken once and head of unstable in turn', { timeout: 60_000 }, async () => {
    await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
    const first = await importAll('rack', rows)
    expect({ ...first, moved: first.moved.length }).toEqual({
      taken: 836,
      present: 0,
      tidied: [],
      moved: 836,
      notMoved: [],
      refused: [],
    })
    const versions = await versionsOf('rack')
    expect(versions).toEqual([...rows].reverse().map(({ version }) => version))
    const pointer = await registry.call('GET', '/v1/apps/rack/channels/unstable')
    expect(pointer).toMatchObject({ version: versions[0], revision: 836 })

    const before = await pictureOf(registry)
    const second = await importAll('rack', rows)
    expect(second).toMatchObject({ taken: 0, present: 836, moved: [], refused: [] })
    expect(await pictureOf(registry)).toBe(before)
    await registry.restart()
    expect(await pictureOf(registry)).toBe(before)
    expect(await registry.call('GET', '/v1/audit/verify')).toMatchObject({ holds: true })
  })

  test('has one parameter that became masked: Password, at 20160816160115', { timeout: 60_000 }, async () => {
    await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
    // In whatever order it is taken over: what counts is the order of versions.
    await importAll('rack', [...rows].reverse())
    const { changes } = await registry.call('GET', '/v1/apps/rack/diff?history=true')
    const masked = Object(changes).filter(({ change }: { change: string }) => change === 'becameMasked')
    expect(masked).toEqual([
      {
        from: '20160816140022',
        to: '20160816160115',
        change: 'becameMasked',
        name: 'Password',
        detail: expect.stringContaining('Password'),
        isBlocking: true,
      },
    ])
    const pair = '/v1/apps/rack/diff?from=20160816160115&to=20160818013241'
    expect(await registry.call('GET', pair)).toEqual({ app: 'rack', changes: [] })
  })

  test('does not change what was published here, and says so', async () => {
    await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
    const [one] = rows
    await registry.call('POST', '/v1/apps/rack/releases', { json: { version: one?.version, notes: 'ours' } })
    const report = await importAll('rack', rows.slice(0, 3))
    expect(report).toMatchObject({ taken: 2, refused: [{ version: one?.version, code: 'release_differs' }] })
    expect(report.notMoved).toHaveLength(2)
  })
})

describe("Convox's versions.json", () => {
  test('puts what was published on stable, the rest on unstable, and keeps required', {
    timeout: 60_000,
  }, async () => {
    await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
    // The real ids; which of them were published is made up, for the file itself is gone.
    const file = convoxV2().map(({ version }, index) => ({
      version,
      description: index % 10 === 0 ? 'release' : '',
      published: index % 3 === 0,
      required: index % 100 === 0,
    }))
    const rows = file.map((line) => {
      const converted = convertConvoxVersion(line)
      if ('why' in converted) throw new Error(converted.why)
      return converted.row
    })
    const report = await importAll('rack', rows)
    expect(report).toMatchObject({ taken: 836, refused: [], notMoved: [] })
    const published = file.filter((line) => line.published)
    expect(report.moved.filter(({ channel }) => channel === 'stable')).toHaveLength(published.length)
    expect(await registry.call('GET', '/v1/apps/rack/channels/stable')).toMatchObject({
      version: published.at(-1)?.version,
    })
    const stones = published.filter((line) => line.required).map(({ version }) => version)
    for (const version of stones) {
      const { routing } = await registry.call('GET', `/v1/apps/rack/releases/${version}`)
      expect(routing).toMatchObject({ required: true })
    }
    const [oldest = ''] = published.map(({ version }) => version)
    const decision = await registry.call('GET', `/v1/apps/rack/channels/stable/decision?current=${oldest}`)
    expect(decision).toMatchObject({ action: 'update', target: { version: stones[1] } })
    expect(await importAll('rack', rows)).toMatchObject({ taken: 0, present: 836, moved: [] })
  })
})

describe('Convox v3', () => {
  test('is read as its authors meant it, each untidy id by name', { timeout: 60_000 }, async () => {
    await registry.call('POST', '/v1/apps', { json: { app: 'convox', scheme: 'semver' } })
    const rows = convoxV3()
    const report = await importAll('convox', rows)
    expect(report.taken + report.refused.length).toBe(rows.length)
    expect(report.refused.map(({ code }) => code).filter((code) => code !== 'same_order')).toEqual([])
    const readAs = new Map(report.tidied.map(({ version, readAs }) => [version, readAs]))
    expect(readAs.get('3.24.9rc1')).toBe('3.24.9-rc.1')
    expect(readAs.get('3.11.2-try1')).toBe('3.11.2-try.1')
    expect(readAs.has('3.12.0-rc')).toBe(false)
    const isTidy = /^\d+\.\d+\.\d+(-[a-z-]+(\.\d+)*)?$/
    const untidy = rows.map(({ version }) => version).filter((version) => !isTidy.test(version))
    expect(
      untidy.filter(
        (version) => !readAs.has(version) && !report.refused.some((one) => one.version === version),
      ),
    ).toEqual([])

    const versions = (await versionsOf('convox')).reverse()
    const at = (version: string) => versions.indexOf(version)
    expect(at('3.24.3rc2')).toBeGreaterThan(-1)
    expect(at('3.24.3rc10')).toBeGreaterThan(at('3.24.3rc2'))
    expect(at('3.24.3')).toBeGreaterThan(at('3.24.3rc10'))
    expect(at('3.12.0')).toBeGreaterThan(at('3.12.0-rc'))
    expect(await registry.call('GET', '/v1/apps/convox/releases/3.24.9rc1')).toMatchObject({
      readAs: '3.24.9-rc.1',
    })
  })
})
