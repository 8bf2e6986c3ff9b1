/** A promotion that its gates do not admit, as people and their machines see it: real processes, exit codes, and Ctrl-C. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type Ended,
  freePort,
  headgate,
  type RegistryProcess,
  type Running,
  startHeadgate,
  startRegistry,
} from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

const policy = `
[[gates.checklist]]
item = "notes"
text = "The notes were read."

[gates.approvals]
count = 1
role = "maintainer"
`
const app = ['--app', 'rack']
const toStable = [...app, '--to', 'stable']

interface Place {
  readonly cwd: string
  readonly port: number
  readonly registry: RegistryProcess
  types(...words: readonly string[]): Promise<Ended>
  does(...words: readonly string[]): Promise<Ended>
  /** A second person. */
  beaDoes(...words: readonly string[]): Promise<Ended>
  starts(...words: readonly string[]): Running
  serves(): Promise<unknown>
}

/** stable serves 10 and asks for a checklist and an approval; 20 is next. */
async function aPath(): Promise<Place> {
  const cwd = scratchDirectory()
  const port = await freePort()
  const registry = await startRegistry(cwd, port)
  const { env } = registry
  const types = (...words: readonly string[]) => headgate(words, { cwd, env })
  const succeeds = (ended: Ended, words: readonly string[]) => {
    expect(ended, words.join(' ')).toMatchObject({ code: 0, signal: null })
    return ended
  }
  const does = async (...words: readonly string[]) => succeeds(await types(...words), words)
  const bea = { ...env, HEADGATE_TOKEN_FILE: join(cwd, 'bea.token') }
  writeFileSync(join(cwd, 'policy.toml'), policy)
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('token', 'create', 'bea', '--role', 'maintainer', '--out', 'bea.token')
  await does('release', 'publish', '10', ...app)
  await does('promote', '10', ...toStable)
  await does('channel', 'policy', 'set', 'stable', ...app, '--file', 'policy.toml', '--reason', 'two of us')
  await does('release', 'publish', '20', ...app)
  return {
    cwd,
    port,
    registry,
    types,
    does,
    beaDoes: async (...words) => succeeds(await headgate(words, { cwd, env: bea }), words),
    starts: (...words) => startHeadgate(words, { cwd, env }),
    serves: async () => (await does('channel', 'show', 'stable', ...app, '--json')).json.head,
  }
}

/** Until a process that goes on has told that. */
async function hears({ stderrSoFar }: Running, words: string): Promise<void> {
  await expect.poll(stderrSoFar, { timeout: 30_000 }).toContain(words)
}

const tick = ['checklist', 'tick', 'notes', ...toStable, '--release', '20', '--note', 'read']

test('exits 3 with the first open gate and its command; typed as it says, each command brings it on', {
  timeout: 60_000,
}, async () => {
  const place = await aPath()
  const { types, does, beaDoes, serves } = place
  const refused = await types('promote', ...toStable)
  expect(refused).toMatchObject({ code: 3, stdout: '' })
  expect(refused.stderr).toContain('gates_open, exit 3')
  expect(refused.stderr).toMatch(
    /checklist: nobody has ticked notes.*\(and 1 more: approvals\) P-1 waits for it/,
  )
  const next = 'headgate checklist tick notes --app rack --to stable --release 20 --note "…"'
  expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(`Try:  ${next}`)
  expect(await serves()).toBe('10')

  const told = await types('promote', ...toStable, '--json')
  expect(told).toMatchObject({ code: 3, stdout: '' })
  expect(told.json).toMatchObject({
    code: 'gates_open',
    hint: next,
    numbers: { proposal: 'P-1', proved: { channel: 'unstable' } },
  })

  await does(...tick)
  expect((await types('promote', ...toStable)).stderr).toContain(
    'Try:  headgate proposal approve P-1 --app rack --note "…"',
  )
  expect(await types('proposal', 'approve', 'P-1', ...app)).toMatchObject({ code: 3 })
  const approved = await beaDoes('proposal', 'approve', 'P-1', ...app, '--note', 'read the diff')
  expect(approved.stderr).toContain('Next:  headgate promote 20 --app rack --to stable')
  await does('promote', '20', ...toStable)
  expect(await serves()).toBe('20')
  expect((await does('proposal', 'list', ...app)).stdout).not.toContain('P-1')
})

test('with --when-ready it is no failure, and its last approval carries it out', {
  timeout: 60_000,
}, async () => {
  const { does, beaDoes, serves } = await aPath()
  expect((await does('promote', ...toStable, '--when-ready', '--dry-run')).stderr).toContain('A dry run')
  expect((await does('proposal', 'list', ...app, '--json')).json.proposals).toEqual([])
  const waiting = await does('promote', ...toStable, '--when-ready', '--json')
  expect(waiting.json).toMatchObject({ kind: 'Promotion', outcome: 'proposed', proposal: 'P-1' })
  await does(...tick)
  await beaDoes('proposal', 'approve', 'P-1', ...app)
  expect(await serves()).toBe('20')
})

test('with --wait it tells what turns and ends as the proposal does, over a registry that is started anew', {
  timeout: 90_000,
}, async () => {
  const place = await aPath()
  const { does, beaDoes, starts, registry, cwd, port } = place
  const waiting = starts('promote', ...toStable, '--wait')
  await hears(waiting, 'P-1 waits')
  await does(...tick)
  await hears(waiting, 'all 1 items are ticked')
  await registry.stop()
  await hears(waiting, 'does not answer yet; waiting')
  await startRegistry(cwd, port)
  await beaDoes('proposal', 'approve', 'P-1', ...app)
  const ended = await waiting.ended
  expect(ended).toMatchObject({ code: 0, signal: null })
  expect(ended.stderr).toMatch(/pass {5}checklist: all 1 items are ticked/)
  expect(ended.stderr).toContain('does not answer yet; waiting')
  expect(ended.stderr).toMatch(/ok {2}P-1 was carried out/)
  expect(ended.stdout).toMatch(/proposal\s+P-1 of rack\n/)
  expect(ended.stdout).toContain('token:bea (maintainer) approved')
  expect(await place.serves()).toBe('20')
})

test('with --wait it fails when the proposal is rejected', { timeout: 60_000 }, async () => {
  const place = await aPath()
  const waiting = place.starts('promote', ...toStable, '--wait', '--json')
  await expect
    .poll(async () => (await place.types('proposal', 'show', 'P-1', ...app)).code, { timeout: 30_000 })
    .toBe(0)
  await place.beaDoes('proposal', 'reject', 'P-1', ...app, '--reason', 'not on a Friday')
  const ended = await waiting.ended
  expect(ended).toMatchObject({ code: 3, stdout: '' })
  expect(ended.json).toMatchObject({
    code: 'proposal_closed',
    detail: 'The proposal P-1 is rejected: rejected by token:bea: not on a Friday.',
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops the waiting and not what waits',
  { timeout: 60_000 },
  async (signal) => {
    const place = await aPath()
    const waiting = place.starts('promote', ...toStable, '--wait')
    await hears(waiting, 'P-1 waits')
    waiting.kill(signal)
    const ended = await waiting.ended
    expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' })
    expect(ended.stderr).toContain('P-1 goes on waiting without you.')
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toBe('Try:  headgate proposal show P-1 --app rack')
    const shown = await place.does('proposal', 'show', 'P-1', ...app, '--json')
    expect(shown.json).toMatchObject({ standing: 'open', whenReady: true })
  },
)
