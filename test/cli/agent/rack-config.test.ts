/** rack.toml: what is read from it, and what is refused, in words an operator can act on. */

import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { realFiles } from '../../../cli/agent/files.ts'
import { readRackConfig } from '../../../cli/agent/rack-config.ts'
import { driverKinds } from '../../../cli/agent/rack-config-drivers.ts'
import { readRackToken, writeRackToken } from '../../../cli/agent/rack-token.ts'
import { type EnrolledRack, writeRackConfig } from '../../../cli/agent/write-rack-config.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const head = `
[registry]
url = "https://headgate.example.com/"
[rack]
name = "prod-1"
app = "rack"
channel = "stable"
platform = "linux/amd64"
`
const directory = `${head}[driver]\nkind = "directory"\n`
const command = `${head}[driver]\nkind = "command"\ncurrent = "cat v"\napply = "./apply"\n`

function read(text: string) {
  const dir = scratchDirectory()
  writeFileSync(join(dir, 'rack.toml'), text)
  return { dir, config: readRackConfig(dir, realFiles) }
}

function problemOf(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('no problem was raised')
}

describe('rack.toml', () => {
  it('says little, and the rest is as documented', () => {
    const { dir, config } = read(directory)
    expect(config).toEqual({
      dir,
      registry: { url: 'https://headgate.example.com' },
      rack: { name: 'prod-1', app: 'rack', channel: 'stable', platform: 'linux/amd64' },
      driver: {
        kind: 'directory',
        keep: 3,
        hooks: {},
        hookTimeoutSeconds: 600,
        unpack: { entries: 100_000, bytes: 4_294_967_296, ratio: 200 },
      },
      checks: [],
      settle: { graceSeconds: 15, soakSeconds: 0, timeoutSeconds: 300 },
      lifetimes: [],
      parameters: { placeholders: [/^\*{4,}$/, /^<redacted>$/, /^\(sensitive value\)$/], ignore: [] },
    })
  })

  it('takes hooks as texts or lists of words', () => {
    const { config } = read(
      `${directory}keep = 5\nrestart = "systemctl restart app"\npre-update = ["./backup", "--all"]\n`,
    )
    expect(config.driver).toMatchObject({
      keep: 5,
      hooks: { restart: 'systemctl restart app', 'pre-update': ['./backup', '--all'] },
    })
  })

  it('takes a command driver', () => {
    const { config } = read(`${command}status = "./status"\nofflineRollback = true\ntimeoutSeconds = 60\n`)
    expect(config.driver).toEqual({
      kind: 'command',
      current: 'cat v',
      apply: './apply',
      status: './status',
      emptyMeansNothing: false,
      offlineRollback: true,
      needsArtifact: false,
      timeoutSeconds: 60,
      readTimeoutSeconds: 60,
    })
  })

  it('takes checks of every kind, with defaults by kind', () => {
    const { dir, config } = read(`${directory}
[settle]
soakSeconds = 60
[parameters]
placeholders = ["^x+$"]
ignore = ["InstanceCount"]
[[check]]
name = "healthz"
kind = "http"
url = "http://127.0.0.1:8080/healthz"
status = [200, 204]
versionPointer = "/version"
caFile = "ca.pem"
json = { "/status" = "ok", "/ready" = true }
headers = { x-node = "blue" }
intervalSeconds = 0.5
[[check]]
name = "own one"
kind = "command"
command = ["./check"]
severity = "warn"
[[check]]
name = "disk"
kind = "disk"
minFreePercent = 5
[[check]]
name = "v"
kind = "version"
when = ["monitor", "settle"]
monitorSeconds = 30
[[check]]
name = "certificate"
kind = "tls"
host = "app.example.com"
minProtocol = "TLSv1.3"
fingerprintSha256 = "${'AB:'.repeat(31)}CD"
caFile = "ca.pem"
[[check]]
name = "redis"
kind = "tcp"
host = "::1"
port = 6379
send = "PING\\r\\n"
expect = "+PONG"
[[check]]
name = "settings"
kind = "parameters"
require = { Size = 3, Tier = "gold" }
present = ["Password"]
`)
    const counted = {
      intervalSeconds: 5,
      unhealthyCount: 3,
      monitorSeconds: 60,
      severity: 'fail',
      when: ['settle', 'monitor'],
    }
    expect(config.settle.soakSeconds).toBe(60)
    expect(config.parameters).toEqual({ placeholders: [/^x+$/], ignore: ['InstanceCount'] })
    expect(config.checks).toEqual([
      {
        ...counted,
        kind: 'http',
        name: 'healthz',
        url: 'http://127.0.0.1:8080/healthz',
        status: [200, 204],
        versionPointer: '/version',
        caFile: join(dir, 'ca.pem'),
        json: { '/status': 'ok', '/ready': true },
        headers: { 'x-node': 'blue' },
        intervalSeconds: 0.5,
        timeoutSeconds: 10,
        healthyCount: 3,
      },
      {
        ...counted,
        kind: 'command',
        name: 'own one',
        command: ['./check'],
        severity: 'warn',
        timeoutSeconds: 60,
        healthyCount: 3,
      },
      {
        ...counted,
        kind: 'disk',
        name: 'disk',
        when: ['preflight', 'monitor'],
        path: dir,
        minFreePercent: 5,
        timeoutSeconds: 60,
        healthyCount: 3,
      },
      {
        ...counted,
        kind: 'version',
        name: 'v',
        monitorSeconds: 30,
        timeoutSeconds: 60,
        healthyCount: 1,
      },
      {
        ...counted,
        kind: 'tls',
        name: 'certificate',
        host: 'app.example.com',
        port: 443,
        minProtocol: 'TLSv1.3',
        minDaysLeft: 14,
        fingerprintSha256: `${'ab'.repeat(31)}cd`,
        caFile: join(dir, 'ca.pem'),
        timeoutSeconds: 10,
        healthyCount: 3,
      },
      {
        ...counted,
        kind: 'tcp',
        name: 'redis',
        host: '::1',
        port: 6379,
        send: 'PING\r\n',
        expect: '+PONG',
        timeoutSeconds: 10,
        healthyCount: 3,
      },
      {
        ...counted,
        kind: 'parameters',
        name: 'settings',
        require: { Size: '3', Tier: 'gold' },
        present: ['Password'],
        timeoutSeconds: 60,
        healthyCount: 3,
      },
    ])
  })
})

const check = (lines: string) =>
  `${directory}[[check]]\nname = "web"\nkind = "http"\nurl = "http://a/"\n${lines}\n`

const refused: readonly [text: string, words: string][] = [
  ['', '[registry] url is missing: it must be an http or https address'],
  [head, '[driver] kind is missing: it must be one of "directory", "command"'],
  [directory.replace('https:', 'ftp:'), '[registry] url must be an http or https address'],
  [
    directory.replace('https://', 'https://user:secret@'),
    '[registry] url must be an http or https address without user name',
  ],
  [directory.replace('"prod-1"', '1'), '[rack] name must be a name of letters'],
  [
    directory.replace('"prod-1"', '"../x"'),
    '[rack] name must be a name of letters, digits, ".", "_" and "-", but is "../x"',
  ],
  [directory.replace('channel = "stable"', ''), '[rack] channel is missing'],
  [
    directory.replace('linux/amd64', 'Linux AMD'),
    '[rack] platform must be a platform such as "linux/amd64", but is "Linux AMD"',
  ],
  [directory.replace('"directory"', '"directroy"'), '(did you mean "directory"?), but is "directroy"'],
  [
    directory.replace('"directory"', '"helm"'),
    'must be one of "directory", "command", "convox", "rolling", but is "helm"',
  ],
  [`${directory}kepe = 4`, '[driver] kepe is not a setting (did you mean "keep"?)'],
  [`${directory}preUpdate = "x"`, '[driver] preUpdate is not a setting (did you mean "pre-update"?)'],
  [
    `${directory}frobnicate = 4`,
    '[driver] frobnicate is not a setting (known here: hookTimeoutSeconds, keep, kind',
  ],
  [`${directory}keep = 0`, '[driver] keep must be a whole number from 1 to 1000, but is 0'],
  [`${directory}keep = "3"`, '[driver] keep must be a whole number from 1 to 1000, but is "3"'],
  [`${directory}keep = 2.5`, 'but is 2.5'],
  [
    `${directory}restart = ""`,
    '[driver] restart must be a command: a text for the shell, or a list of words, but is ""',
  ],
  [`${directory}restart = []`, '[driver] restart must be a command'],
  [`${directory}restart = ["a", 3]`, '[driver] restart must be a command'],
  [`${directory}restart = 2016-08-16`, 'but is a date'],
  [`${head}driver = "directory"`, '[driver] kind is missing'],
  [directory.replace('name =', 'nmae ='), '(did you mean it by "nmae"?)'],
  [`driver = "directory"\n${head}`, '[driver] must be a table, but is "directory"'],
  [`${head}[driver]\nkind = "command"\ncurrent = "x"`, '[driver] apply is missing: it must be a command'],
  [`${command}offlineRollback = "yes"`, '[driver] offlineRollback must be true or false, but is "yes"'],
  [`${command}keep = 3`, '[driver] keep is not a setting'],
  [`token = "secret"\n${directory}`, '[token] is not a setting'],
  [`${directory}[chek]`, '[chek] is not a setting (did you mean "check"?)'],
  [`${directory}[check]\nname = "x"`, '[check] must be tables, each headed [[check]]'],
  [check('urll = "x"'), '[[check]] "web" urll is not a setting (did you mean "url"?)'],
  [check('').replace('http://a/', 'a'), '[[check]] "web" url must be an http or https address, but is "a"'],
  [check('status = 99'), '[[check]] "web" status must be a status from 100 to 599'],
  [check('status = []'), '[[check]] "web" status must be a status'],
  [check('status = [200, "x"]'), '[[check]] "web" status must be a status'],
  [
    check('versionPointer = "version"'),
    'versionPointer must be a JSON pointer such as "/version", but is "version"',
  ],
  [check('json = { status = "ok" }'), '[[check]] "web" json status must be named by a JSON pointer'],
  [check('json = { "/a" = [1] }'), '[[check]] "web" json /a must be a text, a number, true or false'],
  [check('headers = { a = 1 }'), '[[check]] "web" headers a must be a text'],
  [check('severity = "fatal"'), '[[check]] "web" severity must be one of "fail", "warn"'],
  [check('healthyCount = 0'), '[[check]] "web" healthyCount must be a whole number from 1 to 1000, but is 0'],
  [check('timeoutSeconds = 0'), 'timeoutSeconds must be a number from 0.1 to 3600, but is 0'],
  [check('when = "settle"'), '[[check]] "web" when must be a list of texts, but is "settle"'],
  [
    check('when = ["settle", "sometimes"]'),
    '[[check]] "web" when must be a list of "preflight", "settle", "monitor", each at most once',
  ],
  [check('when = ["settle", "settle"]'), 'each at most once, but is ["settle","settle"]'],
  [check('when = []'), '[[check]] "web" when must be a list of texts, but is []'],
  [check('monitorSeconds = 0'), 'monitorSeconds must be a whole number from 1 to 86400, but is 0'],
  [`${directory}[[check]]\nname = "t"\nkind = "tcp"\nhost = "a"`, '[[check]] "t" port is missing'],
  [`${directory}[[check]]\nname = "t"\nkind = "tls"\nhost = "https://a"`, 'host must be a host name or an'],
  // No word for it lets a certificate through.
  ...['insecure', 'rejectUnauthorized', 'skipVerify'].map((word): [string, string] => [
    `${directory}[[check]]\nname = "t"\nkind = "tls"\nhost = "a"\n${word} = true`,
    `[[check]] "t" ${word} is not a setting`,
  ]),
  [
    `${directory}[[check]]\nname = "t"\nkind = "tls"\nhost = "a"\nminProtocol = "TLSv1.1"`,
    'minProtocol must be one of "TLSv1.2", "TLSv1.3" (did you mean',
  ],
  [
    `${directory}[[check]]\nname = "t"\nkind = "tls"\nhost = "a"\nfingerprintSha256 = "abc"`,
    'fingerprintSha256 must be the 64 hex digits',
  ],
  [
    `${check('')}[[check]]\nname = "web"\nkind = "version"`,
    '[[check]] "web" name must be a name that no other check has',
  ],
  [`${directory}[[check]]\nkind = "http"\nurl = "http://a/"`, '[[check]] number 1 name is missing'],
  [`${directory}[[check]]\nname = "c"\nkind = "command"`, '[[check]] "c" command is missing'],
  [
    `${directory}[[check]]\nname = "d"\nkind = "disk"`,
    '[[check]] "d" minFreeBytes is missing: it must be there, unless minFreePercent is',
  ],
  [`${directory}[[check]]\nname = "d"\nkind = "dsik"`, '(did you mean "disk"?)'],
  [
    `${directory}[settle]\nsoakSeconds = -1`,
    '[settle] soakSeconds must be a whole number from 0 to 86400, but is -1',
  ],
  [`${directory}[settle]\nsoak = 1`, '[settle] soak is not a setting'],
  [`${directory}[parameters]\nplaceholders = ["("]`, '("(" is not one)'],
  [`${directory}[parameters]\nignore = "Size"`, '[parameters] ignore must be a list of texts'],
  [
    `${directory}[[check]]\nname = "p"\nkind = "parameters"\nrequire = { Size = [1] }`,
    '[[check]] "p" require Size must be a text, a number, true or false',
  ],
  [`${directory}window = { start = "0 2 * * *" }`, '[driver] window is not a setting'],
]

describe('a wrong rack.toml', () => {
  it.each(refused.map(([text, words]) => [words, text] as const))('is refused: %s', (words, text) => {
    const dir = scratchDirectory()
    const file = join(dir, 'rack.toml')
    writeFileSync(file, text)
    const problem = problemOf(() => readRackConfig(dir, realFiles))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(words)
    expect(problem.message.startsWith(`${file}: `)).toBe(true)
    expect(problem.hint).toBe(`edit ${file}`)
  })

  it('that is not TOML names line and column', () => {
    const dir = scratchDirectory()
    writeFileSync(join(dir, 'rack.toml'), '[registry]\nurl = "x\n')
    const problem = problemOf(() => readRackConfig(dir, realFiles))
    expect(problem.message).toMatch(/rack\.toml:2:\d+: this is not TOML: /)
    expect(problem.message).not.toContain('\n')
    expect(problem.hint).toContain('at line 2')
  })

  it('that is missing says how to enrol', () => {
    const dir = scratchDirectory()
    const problem = problemOf(() => readRackConfig(dir, realFiles))
    expect(problem.code).toBe('not_enrolled')
    expect(problem.hint).toContain(`headgate enroll --dir ${dir}`)
  })
})

describe('what enroll writes', () => {
  const rack: EnrolledRack = {
    registryUrl: 'http://127.0.0.1:4400',
    name: 'prod-1',
    app: 'rack',
    channel: 'stable',
    platform: 'linux/amd64',
    driver: 'directory',
  }

  it('is read back to the same rack', () => {
    const dir = join(scratchDirectory(), 'new', 'state')
    writeRackConfig(dir, rack, realFiles)
    const config = readRackConfig(dir, realFiles)
    expect(config.registry.url).toBe(rack.registryUrl)
    expect(config.rack).toEqual({ name: 'prod-1', app: 'rack', channel: 'stable', platform: 'linux/amd64' })
    expect(config.driver.kind).toBe('directory')
    expect(config.checks).toEqual([])
  })

  it("quotes an operator's commands, whatever is in them", () => {
    const dir = scratchDirectory()
    const commands = {
      current: `awk -F'"' '{print "\\t" $1}' v`,
      apply: 'a\n\u0001\u007f\\',
      rollback: 'ü "x"',
    }
    writeRackConfig(dir, { ...rack, driver: 'command', commands }, realFiles)
    expect(readRackConfig(dir, realFiles).driver).toMatchObject(commands)
  })

  it('is right in its comments, too: each setting may be taken up', () => {
    for (const driver of driverKinds) {
      const dir = scratchDirectory()
      writeRackConfig(dir, { ...rack, driver }, realFiles)
      const file = join(dir, 'rack.toml')
      const text = String(realFiles.read(file)).replaceAll(/^# (?=\S+ = |\[)/gm, '')
      writeFileSync(file, text)
      const config = readRackConfig(dir, realFiles)
      expect(config.checks).toHaveLength(1)
      expect(config.settle).toEqual({ graceSeconds: 15, soakSeconds: 0, timeoutSeconds: 300 })
    }
  })
})

describe('the token', () => {
  it('is written for its owner alone, and read back', () => {
    const dir = join(scratchDirectory(), 'state')
    writeRackToken(dir, 'hgr_0123456789abcdef', realFiles)
    expect(statSync(join(dir, 'rack.token')).mode & 0o777).toBe(0o600)
    expect(readRackToken(dir, realFiles)).toBe('hgr_0123456789abcdef')
    chmodSync(join(dir, 'rack.token'), 0o400)
    expect(readRackToken(dir, realFiles)).toBe('hgr_0123456789abcdef')
  })

  it.each([0o604, 0o640, 0o660, 0o777])('is refused with mode %o: others may read it', (mode) => {
    const dir = scratchDirectory()
    writeRackToken(dir, 'hgr_0123456789abcdef', realFiles)
    chmodSync(join(dir, 'rack.token'), mode)
    const problem = problemOf(() => readRackToken(dir, realFiles))
    expect(problem.code).toBe('not_signed_in')
    expect(problem.message).toContain(`has mode 0${mode.toString(8)}`)
    expect(problem.message).not.toContain('hgr_')
    expect(problem.hint).toContain('chmod 600')
  })

  it('is the copy of a service manager where the file is not for us, and the file where somebody enrolled again', () => {
    const dir = scratchDirectory()
    const env = { CREDENTIALS_DIRECTORY: scratchDirectory() }
    const copy = join(env.CREDENTIALS_DIRECTORY, 'rack.token')
    writeFileSync(copy, 'hgr_from_the_start')
    expect(readRackToken(dir, realFiles, env)).toBe('hgr_from_the_start')
    writeRackToken(dir, 'hgr_enrolled_again', realFiles)
    expect(readRackToken(dir, realFiles, env)).toBe('hgr_enrolled_again')
    chmodSync(join(dir, 'rack.token'), 0o640)
    expect(readRackToken(dir, realFiles, env)).toBe('hgr_from_the_start')
  })

  it('is a problem when it is missing, empty, or no token', () => {
    const dir = scratchDirectory()
    expect(problemOf(() => readRackToken(dir, realFiles)).code).toBe('not_enrolled')
    for (const text of ['', 'two words here', 'short', 'x\nAuthorization: y']) {
      realFiles.writeAtomically(join(dir, 'rack.token'), text, 0o600)
      expect(problemOf(() => readRackToken(dir, realFiles)).code).toBe('not_signed_in')
    }
    realFiles.remove(join(dir, 'rack.token'))
    mkdirSync(join(dir, 'rack.token'))
    expect(problemOf(() => readRackToken(dir, realFiles)).code).toBe('not_enrolled')
  })
})
