/**
 * For ever in progress, with real processes: the registry is killed while a rack applies, the agent is killed twice, and
 * what it proved alone counts when there is a registry again.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rackFiles } from '../../support/campaign-rack.ts'
import { commandToml, furnish } from '../../support/campaign-yard.ts'
import { type Ended, freePort, headgate, startHeadgate, startRegistry } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const slowly = commandToml.replace("apply = '''", "apply = '''touch began; sleep 1; ")

test('the registry goes while a rack is at it, the agent is killed twice: what it proved counts when it is back', {
  timeout: 120_000,
}, async () => {
  const cwd = scratchDirectory()
  const port = await freePort()
  let registry = await startRegistry(cwd, port)
  const { env } = registry
  const dir = join(cwd, 'prod-1')
  const does = async (...words: readonly string[]): Promise<Ended> => {
    const ended = await headgate(words, { cwd, env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
    return ended
  }
  const serves = async (version: string): Promise<void> => {
    await does('release', 'publish', version, '--app', 'agent')
    await does('promote', version, '--app', 'agent', '--to', 'stable')
  }
  await does('app', 'create', 'agent', '--scheme', 'timestamp')
  const who = ['--app', 'agent', '--channel', 'stable', '--name', 'prod-1', '--driver', 'command']
  await does('enroll', '--dir', dir, ...who, '--current', 'echo 0', '--apply', 'true')
  furnish(dir, slowly)
  const rack = rackFiles(dir)
  rack.write('VERSION', '\n')
  rack.write('broken', '\n')
  await serves('10')
  await does('update', '--dir', dir, '--yes')
  await serves('11')

  const began = join(dir, 'began')
  rmSync(began)
  /** Killed as soon as that is so. */
  const killedOnce = async (isTime: () => boolean, ...words: readonly string[]): Promise<void> => {
    const running = startHeadgate([...words, '--dir', dir], { cwd })
    for (let tries = 0; !isTime() && tries < 800; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25))
    expect(isTime(), words.join(' ')).toBe(true)
    running.kill('SIGKILL')
    expect((await running.ended).signal).toBe('SIGKILL')
  }
  await killedOnce(() => existsSync(began), 'update', '--yes')
  await registry.stop('SIGKILL')
  // It goes on where it was, proves it, has nobody to tell that to, and is killed while it still tries.
  await killedOnce(() => rack.attempts().at(-1)?.state === 'proved', 'agent', 'once')
  expect(rack.installed()).toBe('11')
  const alone = await headgate(['verify', '--dir', dir, '--json'], { cwd })
  expect(alone.json).toMatchObject({ version: '11', ok: true })

  registry = await startRegistry(cwd, port)
  expect((await does('check', '--dir', dir, '--json')).json).toMatchObject({
    action: 'none',
    reason: 'up_to_date',
  })
  await does('agent', 'once', '--dir', dir)
  const shown = (await does('rack', 'show', 'prod-1', '--app', 'agent', '--json')).json
  expect(shown).toMatchObject({ current: '11', proved: '11', attempt: null, outside: null, failures: [] })
  const headers = {
    authorization: `Bearer ${readFileSync(join(registry.data, 'admin.token'), 'utf8').trim()}`,
  }
  const answer = await fetch(`${registry.url}/v1/apps/agent/racks/prod-1/attempts`, { headers })
  expect(await answer.json()).toMatchObject({
    attempts: [
      { target: '11', outcome: 'proved' },
      { target: '10', outcome: 'proved' },
    ],
  })

  await serves('12')
  await does('update', '--dir', dir, '--yes')
  expect(rack.installed()).toBe('12')
})
