/**
 * The flapping channel with real processes: a registry, one that was started on a copy of its folder from before the last
 * release, and a balancer that asks them in turn.
 */
import { cpSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rackFiles } from '../../support/campaign-rack.ts'
import { commandToml, furnish } from '../../support/campaign-yard.ts'
import { type Ended, freePort, headgate, startRegistry } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

interface Balancer {
  /** `N METHOD PATH`, with the number of who answered. */
  readonly asked: readonly string[]
  asks(...origins: readonly string[]): void
}

/** Asks the first one, the second one, the first one again. */
async function inTurn(port: number, ...first: readonly string[]): Promise<Balancer> {
  const asked: string[] = []
  let origins = first
  const server = createServer((request, response) => {
    const index = asked.length % origins.length
    asked.push(`${index} ${request.method} ${request.url}`)
    const { method = 'GET', headers, url = '/' } = request
    const passed = forward(new URL(url, origins[index]), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    asked,
    asks(...next) {
      origins = next
    },
  }
}

test('a registry and its old copy answer in turn: the rack moves once, forward', {
  timeout: 120_000,
}, async () => {
  const cwd = scratchDirectory()
  const whole = await startRegistry(cwd)
  const dir = join(cwd, 'prod-1')
  const does = async (...words: readonly string[]): Promise<Ended> => {
    const ended = await headgate(words, { cwd, env: whole.env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
    return ended
  }
  const serves = async (version: string): Promise<void> => {
    await does('release', 'publish', version, '--app', 'k3s')
    await does('promote', version, '--app', 'k3s', '--to', 'stable')
  }
  await does('app', 'create', 'k3s', '--scheme', 'timestamp')
  const who = ['--app', 'k3s', '--channel', 'stable', '--name', 'prod-1', '--driver', 'command']
  await does('enroll', '--dir', dir, ...who, '--current', 'echo 0', '--apply', 'true')
  furnish(dir, commandToml)
  const rack = rackFiles(dir)
  rack.write('VERSION', '\n')
  rack.write('broken', '\n')
  await serves('13505')
  await does('update', '--dir', dir, '--yes')
  expect(rack.installed()).toBe('13505')

  // The copy is of this moment; the release after it is one that it never hears of.
  await whole.stop()
  const copy = join(cwd, 'copy')
  cpSync(whole.data, join(copy, 'registry'), { recursive: true })
  const port = Number(new URL(whole.url).port)
  const ports = [await freePort(), await freePort()] as const
  const first = await startRegistry(cwd, ports[0])
  const behind = await startRegistry(copy, ports[1])
  const env = first.env
  for (const words of [
    ['release', 'publish', '13602', '--app', 'k3s'],
    ['promote', '13602', '--app', 'k3s', '--to', 'stable'],
  ])
    expect(await headgate(words, { cwd, env }), words.join(' ')).toMatchObject({ code: 0 })
  // Racks know the address at which now both of them are.
  const balancer = await inTurn(port, first.url, behind.url)

  const checks = []
  for (let poll = 0; poll < 10; poll += 1)
    checks.push(await headgate(['check', '--dir', dir, '--json'], { cwd }))
  const words = checks.map(({ json }) => (json.code === undefined ? json.reason : json.code))
  expect(words).toEqual(Array.from({ length: 5 }, () => ['offered', 'stale_answer']).flat())
  expect(checks[1]).toMatchObject({
    code: 6,
    json: { detail: expect.stringContaining('Nothing is changed.') },
  })

  // An update asks twice, and the second question is the copy's: it stops before anything is applied.
  const stopped = await headgate(['update', '--dir', dir, '--yes', '--json'], { cwd })
  expect(stopped.code).not.toBe(0)
  expect([rack.installed(), rack.starts()]).toEqual(['13505', [expect.stringContaining(' 13505')]])

  balancer.asks(first.url)
  expect(await headgate(['update', '--dir', dir, '--yes'], { cwd })).toMatchObject({ code: 0 })
  expect(rack.installed()).toBe('13602')
  balancer.asks(first.url, behind.url)
  for (let poll = 0; poll < 10; poll += 1) await headgate(['agent', 'once', '--dir', dir], { cwd })
  expect(rack.starts().map((start) => start.split(' ')[1])).toEqual(['13505', '13602'])
  expect(rack.state()).toMatchObject({ failures: [], runs: '13602' })
  expect(balancer.asked.filter((line) => line.startsWith('1 ')).length).toBeGreaterThan(10)
})
