// `npm run demo` as its reader runs it: a real process with a real registry and real racks below it. Every run carries
// a mark in its environment that all its processes inherit, also those in sessions of their own.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildRepository } from './built-repository.ts'

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly seconds: number
  readonly mark: string
}

let home = ''
let demo = ''

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'demo-test-'))
  demo = await buildRepository(join(home, 'repository'))
})

afterAll(async () => {
  await rm(home, { recursive: true })
})

interface Playing {
  readonly mark: string
  readonly ended: Promise<Run>
  /** Resolves when the narration contains this. */
  readonly says: (text: string) => Promise<void>
  /** As Ctrl-C does: to the demo, and to everything that runs in its process group. */
  readonly interrupt: () => void
}

function play(options: readonly string[], env: Readonly<Record<string, string>> = {}): Playing {
  const mark = randomUUID()
  const { FORCE_COLOR, ...plain } = process.env
  const startedAt = performance.now()
  const child = spawn(process.execPath, [demo, ...options], {
    cwd: home,
    env: { ...plain, ...env, TMPDIR: home, DEMO_TEST_MARK: mark },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = new Promise<Run>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, ...said, seconds: (performance.now() - startedAt) / 1000, mark })
    })
  })
  return {
    mark,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => said.out.includes(text) && resolve()
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`It never said "${text}": ${said.out}${said.err}`)))
      }),
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
  }
}

/** The command lines of what runs and carries the mark. */
function running(mark: string): string[] {
  const read = (id: string, name: string) => {
    try {
      return readFileSync(`/proc/${id}/${name}`, 'latin1')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && read(id, 'environ').includes(`DEMO_TEST_MARK=${mark}`))
    .map((id) => read(id, 'cmdline').replaceAll('\0', ' '))
    .filter((words) => words !== '')
}

const folderIn = (text: string) => /headgate-demo-\w+/.exec(text)?.[0] ?? 'no folder is named'

describe('the story of August 2016', () => {
  let plain: Run
  let kept: Run

  // At the same time: two on one machine do not disturb each other.
  beforeAll(async () => {
    const both = await Promise.all([play([]).ended, play(['--keep']).ended])
    plain = both[0]
    kept = both[1]
  }, 240_000)

  test('ends well', () => {
    expect(plain.err).toBe('')
    expect(plain.code).toBe(0)
  })

  test.each([
    ['history up to that week', /import before\.jsonl .* exit 0 135 taken; unstable serves 20160815151110\n/],
    [
      'staging proves the good build',
      /release publish 20160816140022, update +exit 0 .* proved on staging\n/,
    ],
    ['which production takes', /prod-1,2 update +exit 0 20160816140022 runs on both\n/],
    ['one rack is switched', /prod-2 +switch unstable +exit 0 from stable to unstable/],
    ['staging returns by itself', /staging +update +exit 20 .*returned to 20160816140022\n/],
    ['for the owner is locked out', /\n +\w+ was set to what it was, and the owner is locked out/],
    [
      'the promotion stops',
      /promote 20160816160115 .* exit 3 stopped, Password becameMasked; staging returned\n/,
    ],
    [
      'production is offered nothing',
      /prod-1 +check --exit-code +exit 0 none: 20160816140022 is what stable/,
    ],
    ['the unwatched rack takes it', /prod-2 +update +exit 0 20160816160115 proved/],
    [
      'and loses its key',
      /prod-2 +rack params set .* exit 0,4 then: this API key is not the key of this rack\n/,
    ],
    ['three more builds', /publish 3 more, update each +exit 0,20 returned from each, to 20160816140022\n/],
    ['the range is withdrawn', /release yank 20160816160115\.\.20160817175216 +exit 0 ADV-1, 4 builds/],
    ['the rack is named', /\n +prod-2 runs 20160816160115, and is told: rollback to 20160816140022\n/],
    ['it is told', /prod-2 +check --exit-code +exit 102 yanked: rollback to 20160816140022\n/],
    ['it goes back', /prod-2 +update +exit 0 20160816140022 proved, from what is kept here\n/],
    ['it is pinned', /prod-2 +rollback --to 20160816140022 --pin +exit 0 .*pinned: wait for the fix\n/],
    ['its key is recovered', /params get, recover, params get +exit 4,0 .*InstanceCount is 4\n/],
    ['staging proves the fix', /release publish 20160818013241, update +exit 0 .* proved on staging\n/],
    ['which is stopped as well', /promote 20160818013241 .* exit 3 stopped, Password .*; staging proved\n/],
    [
      'until it is acknowledged',
      /--acknowledge Password .*exit 0 acknowledged: stable serves 20160818013241\n/,
    ],
    ['a pin holds, until it is lifted', /check, unpin, switch stable +exit 0 none, pinned; then free/],
    ['everyone takes the fix', /prod-1,2 update +exit 0 20160818013241 runs on both\n/],
    [
      'which keeps the key',
      /InstanceCount=5, params get +exit 0 Password reads \*{4}; the key still opens it\n/,
    ],
    [
      'production never ran a bad one',
      /prod-1 +history +exit 0 20160816140022, 20160818013241: 0 of the 4 bad\n/,
    ],
    [
      'all 836',
      /import convox-v2\.jsonl \(836 rows\) +exit 1 695 taken, 135 there, 6 refused: published above\n/,
    ],
    [
      'the contract of all of them',
      /release diff --history +exit 0 becameMasked once: Password at 20160816160115/,
    ],
    ['untidy ids', /import convox-v3\.jsonl +exit 0 337 taken; 222 untidy ids/],
    [
      'how they are read',
      /3\.24\.9rc1 as 3\.24\.9-rc\.1, 3\.11\.2-try1 as 3\.11\.2-try\.1, 3\.12\.0-rc as is/,
    ],
    ['and ordered', /3\.24\.3rc10 after 3\.24\.3rc2\n/],
    ['the ledger', /audit verify .* exit 0 the chain holds over \d{4} events\n/],
  ])('%s', (_, fact) => {
    expect(plain.out).toMatch(fact)
    expect(kept.out).toMatch(fact)
  })

  test('fits a screen, without colour where there is no terminal', () => {
    const lines = plain.out.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(45)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(112)
    expect(plain.out).not.toContain('\u001b')
  })

  test('says truly how long it took, and ends with what to try next', () => {
    const seconds = Number(
      /All as it should be, in ([\d.]+) s; 0 processes left running/.exec(plain.out)?.[1],
    )
    // Its process starts and ends besides.
    expect(seconds).toBeGreaterThan(plain.seconds * 0.7 - 3)
    expect(seconds).toBeLessThan(plain.seconds)
    expect(plain.out.trimEnd().split('\n').slice(-2).join('\n')).toMatch(
      /^Next: {2}npm run demo.*\n +npm start/,
    )
  })

  test('leaves nothing running and nothing on the disk', () => {
    expect(running(plain.mark)).toEqual([])
    expect(plain.out).toContain(`removed ${join(home, folderIn(plain.out))}\n`)
    expect(existsSync(join(home, folderIn(plain.out)))).toBe(false)
  })

  test('--keep leaves nothing running either, and the lines it prints go on where it ended', async () => {
    expect(kept.code).toBe(0)
    expect(running(kept.mark)).toEqual([])
    const folder = join(home, folderIn(kept.out))
    const lines = kept.out.split('Go on:\n')[1]?.trimEnd().split('\n') ?? []
    expect(lines).toHaveLength(7)
    const mark = randomUUID()
    const shell = spawn('sh', ['-e'], { cwd: home, env: { ...process.env, DEMO_TEST_MARK: mark } })
    let out = ''
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        out += text
      })
    }
    shell.stdin.end(`${lines.join('\n')}\n`)
    const code = await new Promise((resolve) => shell.on('close', resolve))
    expect(code, out).toBe(0)
    expect(out).toMatch(/20160818013241/)
    expect(out).toMatch(/20160816140022 runs and is proved/)
    expect(existsSync(folder)).toBe(false)
    await expect.poll(() => running(mark), { timeout: 10_000 }).toEqual([])
  }, 60_000)
})

test('without its health check staging keeps the bad build, and the story says so and fails', async () => {
  const run = await play(['--no-self-check']).ended
  expect(run.code).toBe(1)
  expect(run.out).toMatch(/release publish 20160816160115 +exit 0/)
  expect(run.out).not.toContain('returned to')
  expect(run.err).toContain('  command   headgate update --yes --dir staging --json\n  expected  exit 20\n')
  expect(run.err).toMatch(/"outcome":"proved",.*"from":"20160816140022","version":"20160816160115"/)
  expect(run.err).toContain('0 processes left running, removed')
  expect(running(run.mark)).toEqual([])
  expect(existsSync(join(home, folderIn(run.err)))).toBe(false)
}, 120_000)

test('Ctrl-C in the middle takes everything down and exits 130', async () => {
  const playing = play([], { FORCE_COLOR: '1' })
  await playing.says('runs on both')
  const busy = running(playing.mark).join('\n')
  expect(busy).toContain('headgate.js serve')
  expect(busy.match(/rack-program\.mjs serve/g)).toHaveLength(3)
  playing.interrupt()
  const run = await playing.ended
  expect(run).toMatchObject({
    code: 130,
    err: expect.stringMatching(/^Interrupted after .* 0 processes left/),
  })
  expect(run.out).toContain('\u001b[32m')
  expect(running(run.mark)).toEqual([])
  expect(existsSync(join(home, folderIn(run.err)))).toBe(false)
}, 120_000)

test('an option that nobody knows is a usage error, and plays nothing', async () => {
  const run = await play(['--kepe']).ended
  expect(run).toMatchObject({ code: 2, out: '', err: expect.stringContaining('usage: npm run demo') })
})
