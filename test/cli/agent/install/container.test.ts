// The container's command as process 1 of a namespace of its own, as it stands in the Dockerfile. No image is built here.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { headgate, program, startRegistry } from '../../../support/real-registry.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

const dockerfile = readFileSync(join(import.meta.dirname, '../../../../deploy/Dockerfile'), 'utf8')
const agentStage = dockerfile.slice(dockerfile.indexOf(' AS agent'))

/** The words of an instruction in its JSON form, with this test's paths. */
function wordsOf(pattern: RegExp, paths: Readonly<Record<string, string>>): string[] {
  const words: string[] = JSON.parse(pattern.exec(agentStage)?.[1] ?? '[]')
  return words.map((word) => paths[word] ?? word)
}

const asProcess1 = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc']

test('the agent is process 1: it is healthy by its own check, hears SIGTERM and ends well', async () => {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const does = async (...words: string[]) => {
    const ended = await headgate(words, { cwd, env: registry.env })
    expect(ended.code, ended.stderr).toBe(0)
  }
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  const dir = join(cwd, 'prod-1')
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1')
  const file = join(cwd, 'headgate-agent.mjs')
  copyFileSync(join(dirname(program), 'headgate-agent.mjs'), file)
  const paths = {
    node: process.execPath,
    '/var/lib/headgate': dir,
    '/usr/local/lib/headgate/headgate-agent.mjs': file,
  }
  const command = [...wordsOf(/^ENTRYPOINT (\[.*\])$/m, paths), ...wordsOf(/^CMD (\[.*\])$/m, paths)]
  expect(command.slice(2)).toEqual(['agent', 'run', '--dir', dir])

  const outside = spawn('unshare', [...asProcess1, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [outside.stdout, outside.stderr]) stream.on('data', (text) => said.push(String(text)))
  const ended = once(outside, 'close')
  onTestFinished(() => void outside.kill('SIGKILL'))
  const statusFile = join(dir, 'agent.json')
  const rounds = () => (existsSync(statusFile) ? JSON.parse(readFileSync(statusFile, 'utf8')).rounds : 0)
  for (let tries = 0; rounds() === 0; tries += 1) {
    if (tries > 300) throw new Error(said.join(''))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const inside = Number(readFileSync(`/proc/${outside.pid}/task/${outside.pid}/children`, 'utf8'))
  expect(JSON.parse(readFileSync(statusFile, 'utf8')).process.pid).toBe(1)

  const health = wordsOf(/^HEALTHCHECK .*\\\n\s*CMD (\[.*\])$/m, paths)
  const enter = ['--target', String(inside), '--user', '--pid', '--mount', '--preserve-credentials']
  execFileSync('nsenter', [...enter, ...health], { stdio: 'pipe' })
  // Overdue by a quarter of an hour, it counts as hung.
  const status = JSON.parse(readFileSync(statusFile, 'utf8'))
  writeFileSync(statusFile, JSON.stringify({ ...status, nextRoundAt: Date.now() - 16 * 60_000 }))
  expect(() => execFileSync('nsenter', [...enter, ...health], { stdio: 'pipe' })).toThrow()

  process.kill(inside, 'SIGTERM')
  const [code, signal] = await ended
  expect([code, signal], said.join('')).toEqual([0, null])
  expect(said.join('')).toContain('The agent has stopped.')
}, 120_000)
