// The systemd unit: what it says, that systemd takes it, that it is closed as far as it claims, and that it goes as it came.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchDirectory } from '../../../support/scratch-directory.ts'
import { createShell, type Shell } from '../../shell.ts'

const config = `
[registry]
url = "http://127.0.0.1:1"
[rack]
name = "prod-1"
app = "rack"
channel = "stable"
platform = "linux/amd64"
[driver]
kind = "directory"
hookTimeoutSeconds = 400
[settle]
timeoutSeconds = 100
`

interface Desk {
  readonly dir: string
  readonly root: string
  readonly headgate: Shell
  /** A unit below the root, or null. */
  unit(name: string): string | null
  path(name: string): string
}

function aDesk(more = ''): Desk {
  const folder = scratchDirectory()
  const dir = join(folder, 'prod-1')
  const root = join(folder, 'root')
  for (const path of [dir, root]) mkdirSync(path)
  writeFileSync(join(dir, 'rack.toml'), config + more)
  const program = join(folder, 'headgate-agent.mjs')
  writeFileSync(program, '#!/usr/bin/env node\n', { mode: 0o755 })
  const path = (name: string) => join(root, 'etc/systemd/system', name)
  return {
    dir,
    root,
    path,
    headgate: createShell({ cwd: folder, program: { node: process.execPath, file: program } }),
    unit: (name) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : null),
  }
}

const install = ({ headgate, dir, root }: Desk, ...more: string[]) =>
  headgate('agent', 'install', '--dir', dir, '--root', root, ...more)
const uninstall = ({ headgate, dir, root }: Desk, ...more: string[]) =>
  headgate('agent', 'uninstall', '--dir', dir, '--root', root, ...more)

const verify = (...paths: string[]) =>
  execFileSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8', stdio: 'pipe' })

/** systemd's own figure, from 0 (closed) to 10 (open). */
function exposure(path: string): number {
  const words = ['security', '--offline=true', '--no-pager', '--threshold=100', path]
  const said = execFileSync('systemd-analyze', words, { encoding: 'utf8', stdio: 'pipe' })
  return Number(/Overall exposure level for [^:]*: ([\d.]+)/.exec(said)?.[1])
}

describe('what is written', () => {
  test('a service that systemd takes without a word, with what an agent needs and little else', async () => {
    const desk = aDesk()
    const ran = await install(desk, '--run-as', 'daemon')
    expect(ran.code, ran.stderr).toBe(0)
    const unit = desk.unit('headgate-agent.service') ?? ''
    for (const line of [
      `ConditionPathExists=${desk.dir}/rack.toml`,
      'Type=exec',
      'User=daemon',
      `LoadCredential=rack.token:${desk.dir}/rack.token`,
      'Restart=on-failure',
      'KillMode=mixed',
      // 400 s for a hook and 100 s of settling, there and back.
      'TimeoutStopSec=1030',
      'ProtectSystem=strict',
      `ReadWritePaths=${desk.dir}`,
      'NoNewPrivileges=yes',
      'SystemCallFilter=@system-service',
    ]) {
      expect(unit.split('\n')).toContain(line)
    }
    expect(unit).toMatch(/^ExecStart=\/\S+ \/\S+headgate-agent\.mjs agent run --dir /m)
    expect(statSync(desk.path('headgate-agent.service')).mode & 0o777).toBe(0o644)
    expect(verify(desk.path('headgate-agent.service'))).toBe('')
  })

  test.each([
    ['directory', 'restart = "true"\npost = "true"\nhookTimeoutSeconds = 400', 'mixed', 2 * (800 + 100) + 30],
    ['command', 'current = "true"\napply = "true"\ntimeoutSeconds = 60', 'mixed', 2 * (60 + 100) + 30],
    ['convox', 'rack = "acme/prod"\ntimeoutMinutes = 45\nwaitMinutes = 15', 'process', 2 * (3600 + 100) + 30],
    ['rolling', 'list = "l"\ndrain = "d"\napply = "a"\nattach = "t"\ndetach = "x"', 'mixed', 6 * 3600],
  ])(
    'with the %s driver a stop waits for an attempt, and kills nothing that must not be killed',
    async (kind, keys, mode, seconds) => {
      const desk = aDesk()
      const lines = `kind = "${kind}"\n${keys}`
      writeFileSync(
        join(desk.dir, 'rack.toml'),
        config.replace(/kind = "directory"\nhookTimeoutSeconds = 400/, lines),
      )
      const ran = await install(desk)
      expect(ran.code, ran.stderr).toBe(0)
      const unit = desk.unit('headgate-agent.service')?.split('\n')
      expect(unit).toContain(`KillMode=${mode}`)
      expect(unit).toContain(`TimeoutStopSec=${seconds}`)
      expect(verify(desk.path('headgate-agent.service'))).toBe('')
    },
  )

  test('its exposure, by systemd, is what the documentation says; hooks with privileges cost what they cost', async () => {
    const desk = aDesk()
    await install(desk, '--run-as', 'daemon')
    const closed = exposure(desk.path('headgate-agent.service'))
    await install(desk, '--privileged-hooks')
    const open = exposure(desk.path('headgate-agent.service'))
    console.log(`exposure by systemd-analyze: ${closed} closed, ${open} with --privileged-hooks as root`)
    expect(closed).toBeLessThanOrEqual(2.3)
    expect(open).toBeGreaterThan(closed)
    expect(desk.unit('headgate-agent.service')).not.toContain('NoNewPrivileges')
    expect(verify(desk.path('headgate-agent.service'))).toBe('')
  })

  test('a timer with a round of its own, each rack at its own moment', async () => {
    const desk = aDesk()
    await install(desk, '--variant', 'timer', '--every', '7')
    expect(desk.unit('headgate-agent.service')).toContain('agent once --quiet --dir')
    expect(desk.unit('headgate-agent.service')).toContain('Type=oneshot')
    expect(desk.unit('headgate-agent.service')).not.toContain('[Install]')
    for (const line of ['OnUnitInactiveSec=7min', 'RandomizedDelaySec=7min', 'FixedRandomDelay=yes'])
      expect(desk.unit('headgate-agent.timer')).toContain(line)
    expect(verify(desk.path('headgate-agent.service'), desk.path('headgate-agent.timer'))).toBe('')
  })

  test('the supervisor, when the agent updates itself; and never by a timer', async () => {
    const desk = aDesk('[agent]\napp = "headgate"\nchannel = "stable"\n')
    await install(desk)
    expect(desk.unit('headgate-agent.service')).toContain(' agent supervise --dir ')
    const refused = await install(desk, '--variant', 'timer')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('needs the service')
  })

  test('a unit of the user, without what only the system can do', async () => {
    const desk = aDesk()
    const { headgate, dir, root } = desk
    const ran = await headgate('agent', 'install', '--user', '--dir', dir, '--root', root)
    expect(ran.code, ran.stderr).toBe(0)
    const path = join(root, '.config/systemd/user/headgate-agent.service')
    const unit = readFileSync(path, 'utf8')
    expect(unit).toContain('WantedBy=default.target')
    expect(unit).not.toMatch(/^(User|LoadCredential|ProtectSystem|CapabilityBoundingSet)=/m)
    expect((await headgate('agent', 'install', '--user', '--run-as', 'ada', '--dir', dir)).code).toBe(2)
  })

  test('what hooks write to besides, and nothing that a unit would misread', async () => {
    const desk = aDesk()
    await install(desk, '--read-write', '/srv/app', '--read-write', '/var/log/app')
    expect(desk.unit('headgate-agent.service')).toContain(`ReadWritePaths=${desk.dir} /srv/app /var/log/app`)
    for (const path of ['/srv/with space', '/srv/%h', '/srv/$HOME', '/srv/a\nUser=root', '/srv/"']) {
      const refused = await install(desk, '--read-write', path)
      expect(refused.code, path).toBe(2)
      expect(refused.stderr).toContain('A unit cannot name')
    }
  })
})

describe('what is said', () => {
  test('a dry run prints the unit and writes nothing', async () => {
    const desk = aDesk()
    const ran = await install(desk, '--dry-run')
    expect(ran.stdout).toContain('[Service]')
    expect(ran.stdout).toContain('would write')
    expect(readdirSync(desk.root)).toEqual([])
  })

  test('that nothing was enabled below another root, and the command for the machine', async () => {
    const { stderr } = await install(aDesk())
    expect(stderr).toContain('nothing was enabled or started')
    expect(stderr).toContain('systemctl daemon-reload && systemctl enable --now headgate-agent.service')
  })

  test('nothing to do, the second time', async () => {
    const desk = aDesk()
    await install(desk)
    const { mtimeMs } = statSync(desk.path('headgate-agent.service'))
    const again = await install(desk, '--json')
    expect(again.json).toMatchObject({ kind: 'AgentUnit', changed: [] })
    expect(statSync(desk.path('headgate-agent.service')).mtimeMs).toBe(mtimeMs)
  })
})

describe('what is ours and what is not', () => {
  test('from a timer back to a service the timer goes', async () => {
    const desk = aDesk()
    await install(desk, '--variant', 'timer')
    await install(desk)
    expect(desk.unit('headgate-agent.timer')).toBeNull()
    expect(desk.unit('headgate-agent.service')).toContain('agent run')
  })

  test('a unit that somebody else wrote is neither overwritten nor removed, nor is one of another rack', async () => {
    const desk = aDesk()
    const foreign = '[Service]\nExecStart=/bin/true\n'
    mkdirSync(join(desk.root, 'etc/systemd/system'), { recursive: true })
    writeFileSync(desk.path('headgate-agent.service'), foreign)
    for (const act of [install, uninstall]) {
      const refused = await act(desk)
      expect(refused.code).toBe(3)
      expect(refused.stderr).toContain('was not written by headgate agent install')
      expect(desk.unit('headgate-agent.service')).toBe(foreign)
    }
    const other = `# headgate-unit: ${desk.dir}-2\n${foreign}`
    writeFileSync(desk.path('headgate-agent.service'), other)
    expect((await install(desk)).stderr).toContain(`is the unit of the rack in ${desk.dir}-2`)
    expect(desk.unit('headgate-agent.service')).toBe(other)
    expect((await install(desk, '--unit', 'headgate-2')).code).toBe(0)
  })

  test('a link to somewhere else is nobody of ours', async () => {
    const desk = aDesk()
    mkdirSync(join(desk.root, 'etc/systemd/system'), { recursive: true })
    symlinkSync('/dev/null', desk.path('headgate-agent.service'))
    expect((await install(desk)).code).toBe(3)
    expect((await uninstall(desk)).code).toBe(3)
  })

  test('uninstall removes exactly what was written, and leaves the rack', async () => {
    const desk = aDesk()
    await install(desk, '--variant', 'timer')
    writeFileSync(desk.path('other.service'), '[Service]\n')
    expect((await uninstall(desk, '--dry-run')).stdout).toContain('would remove')
    expect(desk.unit('headgate-agent.timer')).not.toBeNull()
    const ran = await uninstall(desk)
    expect(ran.code).toBe(0)
    expect(readdirSync(join(desk.root, 'etc/systemd/system'))).toEqual(['other.service'])
    expect(existsSync(join(desk.dir, 'rack.toml'))).toBe(true)
    const again = await uninstall(desk)
    expect([again.code, again.stdout]).toEqual([0, `no unit headgate-agent of ${desk.dir} is installed\n`])
  })

  test.each(['headgate-agent.service', '../evil', '', 'a b'])('a unit is not called "%s"', async (name) => {
    expect((await install(aDesk(), '--unit', name)).code).toBe(2)
  })
})
