/** Everything around a rack that goes wrong: the registry, the network, the artifact, the disk, the memory. */
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AttemptInput } from '../../../cli/agent/attempt.ts'
import { createDurableFiles, nodeSyscalls, realFiles } from '../../../cli/agent/files.ts'
import { openJournal } from '../../../cli/agent/journal.ts'
import { type Interception, silence } from '../../support/campaign-registry.ts'
import { artifactOf, aYard, type Yard, type YardRack } from '../../support/campaign-yard.ts'
import { fullDiskAfter } from '../../support/full-disk.ts'
import { serving } from '../../support/odd-server.ts'
import { freePort } from '../../support/real-registry.ts'
import { tgzOf } from '../../support/tar-archive.ts'

async function anOffer(): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  await yard.serves('20')
  return { yard, rack }
}

/** What must not have changed: all but the memory of the attempt itself. */
function unchanged(rack: YardRack) {
  const { journal: _, 'state.json': __, 'journal.tmp': ___, ...rest } = rack.tree()
  return { ...rest, starts: rack.starts().length }
}

const personsOrder: AttemptInput = {
  from: '10',
  to: '10',
  action: 'rollback',
  motive: 'person',
  reason: '',
  artifact: null,
  floor: null,
  revision: null,
  pin: null,
  bar: null,
}

const isArtifact = ({ url = '' }: IncomingMessage) => url.startsWith('/v1/artifacts/')
const isCheck = ({ url = '' }: IncomingMessage) => url.includes('/check')
const isGrant = ({ url = '', method }: IncomingMessage) => method === 'POST' && url.endsWith('/attempts')

/** Only what fits is answered so; the registry answers the rest. */
function answering(
  fits: (request: IncomingMessage) => boolean,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Interception {
  return (request, response) => {
    if (!fits(request)) return false
    answer(request, response)
    return true
  }
}

const cut = (request: IncomingMessage) => void request.socket.destroy()
const says =
  (status: number, text: string, type = 'text/html') =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': type }).end(text)

/** The answer to every check, changed. */
function changingChecks(change: (body: Record<string, unknown>) => unknown): Interception {
  return (request, response) => {
    if (!isCheck(request)) return false
    const { writeHead, end } = response
    response.writeHead = () => response
    response.end = ((chunk: unknown) => {
      const text = JSON.stringify(change(JSON.parse(String(chunk))))
      writeHead.call(response, 200, { 'content-type': 'application/json' })
      return end.call(response, text, 'utf8')
    }) as typeof response.end
    return false
  }
}

describe('an artifact', () => {
  test.each<[string, (good: Buffer) => Buffer]>([
    [
      'with one bit turned',
      (good) => Buffer.from(good.map((byte, index) => (index === 20 ? byte ^ 1 : byte))),
    ],
    ['that is another one', () => artifactOf('66')],
    ['that ends early and says so', (good) => good.subarray(0, 50)],
  ])('%s is refused before anything is touched, and nothing of it is kept', async (_, spoilt) => {
    const { yard, rack } = await anOffer()
    const before = unchanged(rack)
    const bytes = spoilt(artifactOf('20'))
    yard.intercept(answering(isArtifact, serving(bytes)))
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.code).toBe(3)
    expect(failed.json).toMatchObject({ code: 'digest_mismatch', numbers: { step: 'preflight' } })
    expect(failed.json.detail).toContain('Nothing was changed; 10 still runs')
    expect(unchanged(rack)).toEqual(before)
    // Neither the registry nor the rack holds it against the version.
    yard.intercept(undefined)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('of hostile content passes no further than the driver, and the rack is back', async () => {
    const { yard, rack } = await anOffer()
    const file = join(yard.folder, 'hostile.tgz')
    writeFileSync(file, tgzOf({ name: '../../escaped', content: 'out' }))
    await yard.does('release', 'publish', '30', '--app', 'rack', '--artifact', file)
    await yard.does('promote', '30', '--app', 'rack', '--to', 'stable')
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    expect(rack.installed()).toBe('10')
    expect(rack.running()).toBe('10')
    expect(existsSync(join(yard.folder, 'escaped'))).toBe(false)
  })

  test('whose registry goes away in the middle is fetched on from there by the next run', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10', { bytes: 400_000 })
    // Half of it, and from then on nothing at all.
    let sent = 0
    yard.intercept((request, response) => {
      if (!isArtifact(request)) return false
      if (sent++ > 0) return silence(request, response)
      const content = yard.artifacts.get('10') ?? Buffer.alloc(0)
      response.writeHead(200, { 'content-length': content.length, etag: '"half"' })
      response.write(content.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 20))
      return true
    })
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.json).toMatchObject({ code: 'artifact_unreachable', numbers: { step: 'preflight' } })
    expect(rack.installed()).toBeNull()
    const [part = ''] = readdirSync(join(rack.dir, 'downloads')).filter((name) => name.endsWith('.part'))
    // A connection that is destroyed may take its last bytes along.
    const { size } = statSync(join(rack.dir, 'downloads', part))
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThanOrEqual(200_000)

    const ranges: unknown[] = []
    const content = yard.artifacts.get('10') ?? Buffer.alloc(0)
    yard.intercept(
      answering(isArtifact, (request, response) => {
        ranges.push(request.headers.range)
        serving(content, '"half"')(request, response)
      }),
    )
    await rack.does('update', '--yes')
    expect(ranges).toEqual([`bytes=${size}-`])
    expect(rack.installed()).toBe('10')
    expect(readdirSync(join(rack.dir, 'downloads'))).toEqual([])
  })
})

describe('a registry that is gone', () => {
  test('changes nothing: exit 6, and the rack runs on', async () => {
    const { yard, rack } = await anOffer()
    const before = rack.tree()
    yard.intercept(silence)
    for (const verb of ['check', 'plan', 'update']) {
      const gone = await rack.headgate(verb, '--json')
      expect(gone.code, verb).toBe(6)
      expect(gone.json, verb).toMatchObject({ code: 'registry_unreachable' })
    }
    expect(rack.tree()).toEqual(before)
  })

  test('behind a proxy that says so with a page of its own: the same', async () => {
    const { yard, rack } = await anOffer()
    yard.intercept(answering(() => true, says(502, '<html>Bad Gateway</html>')))
    expect((await rack.headgate('update', '--json')).json).toMatchObject({
      code: 'registry_unreachable',
      exit: 6,
    })
  })

  test('on this machine, and just starting: it is waited for', async () => {
    const { yard, rack } = await anOffer()
    const port = await freePort()
    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace(yard.url, `http://127.0.0.1:${port}`))
    const waiting = rack.headgate('check', '--json')
    const late = createServer((request, response) => yard.passOn(request, response))
    await new Promise((resolve) => setTimeout(resolve, 100))
    late.listen(port, '127.0.0.1')
    expect((await waiting).json).toMatchObject({ action: 'update', target: { version: '20' } })
    late.closeAllConnections()
    late.close()
    const gone = await rack.headgate('check', '--json')
    expect(gone.json).toMatchObject({ code: 'registry_unreachable', exit: 6 })
  })

  test('for a long time: what happened meanwhile is told once, also what has left the journal', async () => {
    const { yard, rack } = await anOffer()
    const journal = openJournal(rack.dir, realFiles)
    const count = 130
    for (let index = 0; index < count; index += 1) {
      // Between any two moves, as before each attempt.
      journal.rotate()
      const attempt = crypto.randomUUID()
      const at = yard.clock.now()
      const input: AttemptInput = { ...personsOrder, reason: 'x'.repeat(2000) }
      journal.append({ attempt, state: 'planned', at, data: { input } })
      for (const state of [
        'preflight',
        'fetched',
        'verified',
        'confirmed',
        'applying',
        'settling',
        'proved',
      ]) {
        journal.append({ attempt, state, at, data: { detail: 'd'.repeat(200) } })
      }
    }
    expect(rack.attempts().length).toBeLessThan(count)
    yard.asked.length = 0
    await rack.does('check')
    const told = yard.asked.filter((asked) => asked.startsWith('PUT'))
    expect(new Set(told).size).toBe(count)
    expect(told).toHaveLength(count)
    await rack.does('check')
    expect(yard.asked.filter((asked) => asked.startsWith('PUT'))).toHaveLength(count)
    expect((await rack.does('history', '--json', '--limit', '500')).json.attempts).toHaveLength(count + 1)
  })

  test('between the answer and the grant: nothing was changed', async () => {
    const { yard, rack } = await anOffer()
    const before = unchanged(rack)
    yard.intercept(answering(isGrant, cut))
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.json).toMatchObject({ code: 'registry_unreachable', exit: 6, numbers: { step: 'planned' } })
    expect(unchanged(rack)).toEqual(before)
  })

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['is cut off', cut],
    ['is a proxy that says 503', says(503, '<html>later</html>')],
    ['nobody answers', () => undefined],
  ])('at the last question, which %s: what was granted goes on', async (_, answer) => {
    const { yard, rack } = await anOffer()
    let checks = 0
    yard.intercept(answering((request) => isCheck(request) && ++checks > 1, answer))
    const updated = await rack.does('update', '--yes')
    expect(updated.stderr).toContain('the last question was not answered')
    expect(updated.stderr).toContain('the registry is told later')
    expect(rack.installed()).toBe('20')
    yard.intercept(undefined)
    await rack.does('check')
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ current: '20', attempts: [{ target: '20', outcome: 'proved' }, {}] })
  })
})

describe('the last question', () => {
  test.each<[string, (yard: Yard) => Promise<unknown>]>([
    [
      'a withdrawal',
      (yard) =>
        yard.does(
          'release',
          'yank',
          '20',
          '--app',
          'rack',
          '--severity',
          'moderate',
          '--reason',
          'x',
          '--confirm',
          'rack',
        ),
    ],
    ['a freeze', (yard) => yard.does('freeze', '--app', 'rack', '--reason', 'x')],
    ['a newer head', (yard) => yard.serves('30')],
  ])('stops before anything is touched when it meets %s', async (_, happens) => {
    const { yard, rack } = await anOffer()
    const before = unchanged(rack)
    let happened: Promise<unknown> | undefined
    let isLast = false
    yard.intercept((request, response) => {
      if (isGrant(request)) isLast = true
      if (!isCheck(request) || !isLast || happened) return false
      // While the rack waits for its answer the world moves; then the registry answers.
      happened = happens(yard).then(() => {
        yard.passOn(request, response)
      })
      return true
    })
    const stopped = await rack.headgate('update', '--yes', '--json')
    await happened
    expect(stopped.json).toMatchObject({ code: 'decision_moved', exit: 3 })
    expect(stopped.json.detail).toContain('Nothing was changed; 10 still runs. The registry says abort')
    const touched = Object.keys(unchanged(rack)).filter((path) => !path.startsWith('downloads'))
    expect(touched).toEqual(Object.keys(before).filter((path) => !path.startsWith('downloads')))
    expect(rack.attempts().at(-1)?.state).toBe('aborted')
    expect(rack.state()).toMatchObject({ failures: [] })
  })

  test.each<[string, string, (body: Record<string, unknown>) => unknown]>([
    ['older than what was seen', 'stale_answer', (body) => ({ ...body, ledgerSequence: 1 })],
    ['no decision', 'bad_answer', () => ({ hello: 'portal' })],
  ])('stops when its answer is %s', async (_, code, change) => {
    const { yard, rack } = await anOffer()
    let checks = 0
    const changed = changingChecks(change)
    yard.intercept((request, response) =>
      isCheck(request) && ++checks > 1 ? changed(request, response) : false,
    )
    const failed = await rack.headgate('update', '--yes', '--json')
    expect(failed.json).toMatchObject({ code, exit: 6, numbers: { step: 'verified' } })
    expect(rack.installed()).toBe('10')
    expect(rack.starts()).toHaveLength(1)
  })
})

describe('a registry that lies', () => {
  const target = (change: object) => (body: Record<string, unknown>) => ({
    ...body,
    target: { ...(body.target as object), ...change },
  })
  test.each<[string, (body: Record<string, unknown>) => unknown, string]>([
    ['an older ledger', (body) => ({ ...body, ledgerSequence: 2 }), 'stale_answer'],
    ['an older revision', (body) => ({ ...body, revision: 0 }), 'stale_answer'],
    ['a list', () => [], 'bad_answer'],
    ['no action', ({ action: _, ...body }) => body, 'bad_answer'],
    ['an action nobody knows', (body) => ({ ...body, action: 'explode' }), 'bad_answer'],
    ['an update to nowhere', (body) => ({ ...body, target: null }), 'bad_answer'],
    ['a version that is a path', target({ version: '../../etc' }), 'bad_answer'],
    ['a version that is a list', target({ version: ['20'] }), 'bad_answer'],
    ['a floor that is a path', target({ floor: '/' }), 'bad_answer'],
    ['an artifact without a digest', target({ artifact: { size: 10 } }), 'bad_answer'],
    ['an artifact of no size', target({ artifact: { size: -1, sha256: 'a'.repeat(64) } }), 'bad_answer'],
    ['advisories that are none', (body) => ({ ...body, advisories: [null] }), 'bad_answer'],
    ['a date that is none', (body) => ({ ...body, until: 'soon' }), 'bad_answer'],
    ['a negative sequence', (body) => ({ ...body, ledgerSequence: -1 }), 'bad_answer'],
  ])('with %s: nothing is changed', async (_, change, code) => {
    const { yard, rack } = await anOffer()
    await rack.does('check')
    const before = rack.tree()
    yard.intercept(changingChecks(change))
    for (const verb of ['check', 'update']) {
      const refused = await rack.headgate(verb, '--json')
      expect(refused.json, verb).toMatchObject({ code, exit: 6 })
    }
    expect(rack.tree()).toEqual(before)
  })

  test.each([200, 302, 404])('with a page of HTML and status %i: nothing is changed', async (status) => {
    const { yard, rack } = await anOffer()
    const before = rack.tree()
    yard.intercept(answering(() => true, says(status, '<html>Welcome to the hotel</html>')))
    expect((await rack.headgate('update', '--json')).json).toMatchObject({ code: 'bad_answer', exit: 6 })
    expect(rack.tree()).toEqual(before)
  })
})

describe('a disk that is full', () => {
  test('from the first moment: the update is refused, and nothing was changed', async () => {
    const { rack } = await anOffer()
    const failed = await rack.with({ files: fullDiskAfter(() => true) })('update', '--yes', '--json')
    expect([1, 3]).toContain(failed.code)
    expect(rack.installed()).toBe('10')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('once the new version has been started: the return is recorded, and remembered by a later run', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10')
    await rack.does('update', '--yes')
    await yard.serves('20', { isHealthy: false })
    const files = fullDiskAfter(() => rack.installed() === '20' || rack.starts().length > 1)
    const ran = await rack.with({ files })('update', '--yes')
    expect(ran.stderr).toContain('the disk is full')
    expect(rack.attempts().at(-1)?.state).toBe('returned')
    expect(ran.code).toBe(20)
    expect(rack.installed()).toBe('10')
    expect(rack.state()).toMatchObject({ failures: [] })
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'failed_here' })
    expect(rack.state()).toMatchObject({ failures: [{ target: '20', count: 1 }] })
  })

  test('a disk that became read-only is told as that, not as a bug', async () => {
    const { rack } = await anOffer()
    const refuse = () => {
      throw Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS' })
    }
    const files = createDurableFiles({
      ...nodeSyscalls,
      open: (path, flags, mode) => (flags === 'r' ? nodeSyscalls.open(path, flags, mode) : refuse()),
    })
    for (const words of [['update', '--yes'], ['check'], ['pin', '--reason', 'x']]) {
      const refused = await rack.with({ files })(...words, '--json')
      expect(refused.json, words[0]).toMatchObject({ kind: 'Problem', code: 'preflight_failed' })
    }
    expect(rack.installed()).toBe('10')
  })
})

describe('a memory that is damaged', () => {
  test('state.json: nothing moves, and moving it away as told brings it back from the journal', async () => {
    const { rack } = await anOffer()
    rack.write('state.json', '{"v":1,"prov')
    const refused = await rack.headgate('update', '--yes', '--json')
    expect(refused.json).toMatchObject({ code: 'stuck', exit: 21 })
    const file = join(rack.dir, 'state.json')
    renameSync(file, `${file}.damaged`)
    await rack.does('verify')
    expect(rack.state()).toMatchObject({ proved: [{ version: '10' }] })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('journal: moved away as told, what happens afterwards is remembered and reported all the same', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    for (const version of ['10', '20', '30']) {
      await yard.serves(version)
      await rack.does('update', '--yes')
    }
    const file = join(rack.dir, 'journal')
    const text = rack.read('journal') ?? ''
    rack.write('journal', text.replace('preflight', 'prefright'))
    const refused = await rack.headgate('check', '--json')
    expect(refused.json).toMatchObject({ code: 'stuck', exit: 21 })
    renameSync(file, `${file}.damaged`)
    await rack.does('verify')
    await yard.serves('40', { isHealthy: false })
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    expect(rack.state()).toMatchObject({ failures: [{ target: '40', count: 1 }] })
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'failed_here' })
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ attempts: [{ target: '40', outcome: 'returned' }, {}, {}, {}] })
  })

  test('rack.token: a rollback needs none; everything that asks says what to do', async () => {
    const { yard, rack } = await anOffer()
    await rack.does('update', '--yes')
    copyFileSync(join(rack.dir, 'rack.token'), join(yard.folder, 'token'))
    rmSync(join(rack.dir, 'rack.token'))
    expect((await rack.headgate('update', '--json')).json).toMatchObject({ code: 'not_enrolled', exit: 2 })
    await rack.does('rollback', '--reason', 'it is slow')
    expect(rack.installed()).toBe('10')
  })
})
