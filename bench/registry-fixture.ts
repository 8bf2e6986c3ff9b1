/** A registry process with an app, a head and enrolled racks, made through its own API. */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOfToken, mintToken } from '../shared/trust/token.ts'
import { type Child, startNode } from './child.ts'

export interface BenchRack {
  readonly name: string
  readonly token: string
}

export interface BenchRegistry {
  readonly port: number
  readonly child: Child
  readonly racks: readonly BenchRack[]
  readonly adminToken: string
  stop(): Promise<void>
}

export async function startRegistry(
  bundle: string,
  port: number,
  racks: number,
  env: NodeJS.ProcessEnv,
): Promise<BenchRegistry> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  const url = `http://127.0.0.1:${port}`
  const child = await startNode(
    [bundle, 'serve', '--data', dataDir, '--port', String(port), '--quiet'],
    `${url}/healthz`,
    env,
  )
  const adminToken = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
  const post = postingAs(url, adminToken)
  await post('/v1/apps', { app: 'rack', scheme: 'timestamp' })
  for (const version of ['20160815151110', '20160816140022']) {
    await post('/v1/apps/rack/releases', { version })
    await post('/v1/apps/rack/channels/stable/promote', { version })
  }
  const enrolled = await enrolRacks(post, racks, {
    app: 'rack',
    channel: 'stable',
    current: '20160815151110',
  })
  return {
    port,
    child,
    racks: enrolled,
    adminToken,
    async stop() {
      await child.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type Post = (path: string, body: object) => Promise<void>

export function postingAs(url: string, token: string): Post {
  return async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  }
}

/** `rack-0` and so on. */
export async function enrolRacks(
  post: Post,
  racks: number,
  { app, ...at }: { readonly app: string; readonly channel: string; readonly current: string },
): Promise<BenchRack[]> {
  const enrolled: BenchRack[] = []
  for (let index = 0; index < racks; index += 1) {
    const token = mintToken('rack', createHash('sha256').update(randomBytes(32)).digest())
    const name = `rack-${index}`
    const rack = { rack: name, platform: 'linux/amd64', tokenSha256: digestOfToken(token), ...at }
    await post(`/v1/apps/${app}/racks`, rack)
    enrolled.push({ name, token })
  }
  return enrolled
}

/** A registry with one rack enrolled by the real command, for commands that are measured whole. */
export async function startRack(
  bundle: string,
  env: NodeJS.ProcessEnv,
): Promise<{ dir: string; stop(): Promise<void> }> {
  const registry = await startRegistry(bundle, 4504, 0, env)
  const dir = mkdtempSync(join(tmpdir(), 'headgate-bench-rack-'))
  const asAdmin = {
    ...env,
    HEADGATE_URL: `http://127.0.0.1:${registry.port}`,
    HEADGATE_TOKEN: registry.adminToken,
  }
  const enroll = [
    'enroll',
    '--dir',
    dir,
    '--app',
    'rack',
    '--channel',
    'stable',
    '--name',
    'bench-1',
    '--quiet',
  ]
  execFileSync(process.execPath, [bundle, ...enroll], { stdio: 'ignore', env: asAdmin })
  return {
    dir,
    async stop() {
      await registry.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
