// The one file for racks: copied alone to where nothing else is, it does everything a rack does, against a real registry.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { version } from '../../../../shared/contract/version.ts'
import { program, startProgram, startRegistry } from '../../../support/real-registry.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'
import { tgzOf } from '../../../support/tar-archive.ts'

const root = join(import.meta.dirname, '../../../..')
const built = join(dirname(program), 'headgate-agent.mjs')

async function alone(env: Readonly<Record<string, string>> = {}) {
  const cwd = scratchDirectory()
  const bin = join(cwd, 'empty')
  mkdirSync(bin)
  const file = join(bin, 'headgate-agent.mjs')
  copyFileSync(built, file)
  const run = (...words: readonly string[]) => startProgram([file, ...words], { cwd: bin, env }).ended
  return { cwd, bin, file, run }
}

describe('alone in an empty directory', () => {
  test('it runs by itself, and knows its version', async () => {
    const { run, bin } = await alone()
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `headgate ${version}\n`, stderr: '' })
    expect((await run('help')).code).toBe(0)
    expect(readdirSync(bin)).toEqual(['headgate-agent.mjs'])
  })

  test('it says where a registry is to be had', async () => {
    const { run } = await alone()
    for (const words of [
      ['serve', '--data', './registry'],
      ['audit', 'verify', '--data', './registry'],
    ]) {
      const refused = await run(...words)
      expect(refused.code).toBe(5)
      expect(refused.stderr).toContain('no registry inside')
    }
  })

  test('it publishes, promotes, enrols, updates, rolls back and runs the agent', async () => {
    const place = scratchDirectory()
    const registry = await startRegistry(place)
    const { cwd, file } = await alone()
    const run = (...words: readonly string[]) => startProgram([file, ...words], { cwd, env: registry.env })
    const does = async (...words: readonly string[]) => {
      const ended = await run(...words).ended
      expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0)
      return ended
    }
    await does('app', 'create', 'rack', '--scheme', 'timestamp')
    const dir = join(cwd, 'prod-1')
    const current = () => readFileSync(join(dir, 'current/VERSION'), 'utf8')
    for (const one of ['10', '20']) {
      const archive = join(cwd, `${one}.tgz`)
      writeFileSync(archive, tgzOf({ name: 'VERSION', content: one }))
      await does('release', 'publish', one, '--app', 'rack', '--artifact', archive)
      await does('promote', one, '--app', 'rack', '--to', 'stable')
      if (one === '10') {
        await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1')
      }
      await does('update', '--dir', dir, '--yes')
      expect(current()).toBe(one)
    }
    await does('rollback', '--dir', dir, '--yes', '--reason', 'to see it', '--pin')
    expect(current()).toBe('10')
    await does('unpin', '--dir', dir)
    const agent = run('agent', 'run', '--dir', dir)
    for (let tries = 0; (await run('agent', 'status', '--dir', dir).ended).code !== 0; tries += 1) {
      if (tries > 50) throw new Error('no agent runs')
    }
    agent.kill('SIGTERM')
    expect(await agent.ended).toMatchObject({ code: 0 })
  }, 120_000)

  test('an agent without the one file does not enrol itself, and says how to get it', async () => {
    const cwd = scratchDirectory()
    const dir = join(cwd, 'prod-1')
    mkdirSync(dir)
    const config = [
      '[registry]\nurl = "http://127.0.0.1:1"',
      '[rack]\nname = "prod-1"\napp = "rack"\nchannel = "stable"\nplatform = "any"',
      '[driver]\nkind = "directory"',
    ].join('\n')
    writeFileSync(join(dir, 'rack.toml'), config)
    const ended = await startProgram([process.execPath, program, 'agent', 'enroll', '--dir', dir], { cwd })
      .ended
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('no [agent] table')])
    writeFileSync(join(dir, 'rack.toml'), `${config}\n[agent]\napp = "headgate"\nchannel = "stable"\n`)
    const again = await startProgram([process.execPath, program, 'agent', 'enroll', '--dir', dir], { cwd })
      .ended
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('npm run build:agent')])
    expect(readdirSync(dir)).toEqual(['rack.toml'])
  })
})

describe('the build', () => {
  test('gives the same bytes twice, the archive for its own releases included', () => {
    const folders = [scratchDirectory(), scratchDirectory()]
    for (const folder of folders)
      execFileSync(process.execPath, ['build.mjs', 'agent', folder], { cwd: root, stdio: 'pipe' })
    const [first = '', second = ''] = folders
    const names = readdirSync(first).toSorted()
    expect(names).toEqual(['headgate-agent.mjs', 'headgate-agent.tgz'])
    for (const name of names)
      expect(readFileSync(join(first, name)).equals(readFileSync(join(second, name)))).toBe(true)
  })

  test('is one executable text that takes nothing from node_modules', () => {
    const text = readFileSync(built, 'utf8')
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true)
    expect(statSync(built).mode & 0o111).toBe(0o111)
    const own = [...text.matchAll(/(?:^|;)\s*import(?:[^;'"()]{0,400}from)?\s*["']([^"']+)["']/gm)].map(
      ([, from]) => from,
    )
    expect(own.length).toBeGreaterThan(5)
    expect(own.filter((from) => !from?.startsWith('node:') && !builtin.has(from ?? ''))).toEqual([])
  })
})

/** By their old names, as bundled packages write them. */
const builtin = new Set(
  'assert buffer child_process console crypto dns events fs fs/promises http http2 https net os path stream string_decoder tls tty url util worker_threads zlib process readline module perf_hooks async_hooks diagnostics_channel querystring timers timers/promises util/types'.split(
    ' ',
  ),
)
