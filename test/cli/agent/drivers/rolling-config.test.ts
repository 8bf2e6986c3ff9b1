/** The [driver] table of a group of hosts, and what is believed of its `list`. */
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { configTable } from '../../../../cli/agent/config-table.ts'
import { commandFor, rollingConfigIn } from '../../../../cli/agent/drivers/rolling-config.ts'
import { hostsIn, mostHosts } from '../../../../cli/agent/drivers/rolling-list.ts'

const commands = `
kind = "rolling"
list = "./list"
drain = "./drain {host}"
apply = "./apply {host}"
attach = ["./lb", "add", "{host}"]
detach = "./detach {host}"
`

function read(more = '', base = commands) {
  const root = configTable(parse(`[driver]\n${base}\n${more}`), '', 'rack.toml')
  const table = root.table('driver')
  table.oneOf('kind', ['rolling'])
  const config = rollingConfigIn(table, '/rack')
  root.refuseTheRest()
  return config
}

describe('the table', () => {
  it('is careful where it says nothing', () => {
    const { checksOf: _checks, ...config } = read()
    expect(config).toEqual({
      kind: 'rolling',
      list: './list',
      acts: {
        drain: './drain {host}',
        apply: './apply {host}',
        attach: ['./lb', 'add', '{host}'],
        detach: './detach {host}',
      },
      limits: { batch: { count: 1 }, maxUnhealthy: { count: 0 }, minAttached: { count: 1 } },
      checkNames: [],
      settle: { graceSeconds: 15, soakSeconds: 0, timeoutSeconds: 300 },
      offlineRollback: false,
      needsArtifact: false,
      timeoutSeconds: 3_600,
      readTimeoutSeconds: 60,
      confirmSeconds: 60,
    })
  })

  it('takes counts and parts', () => {
    expect(read('batch = 3\nmaxUnhealthy = "10%"\nminAttached = 0').limits).toEqual({
      batch: { count: 3 },
      maxUnhealthy: { percent: 10 },
      minAttached: { count: 0 },
    })
  })

  it('has checks for every host, in the words of all checks', () => {
    const config = read(`
[[driver.check]]
name = "healthz"
kind = "http"
url = "http://{host}:8080/healthz"
headers = { "x-host" = "{host}" }
json = { "/host" = "{host}" }
[[driver.check]]
name = "disk"
kind = "command"
command = ["ssh", "{host}", "test -w /"]
healthyCount = 1
[[driver.check]]
name = "port"
kind = "tcp"
host = "{host}"
port = 443
`)
    expect(config.checkNames).toEqual(['healthz', 'disk', 'port'])
    expect(config.checksOf('web-1')).toMatchObject([
      {
        url: 'http://web-1:8080/healthz',
        headers: { 'x-host': 'web-1' },
        json: { '/host': 'web-1' },
        when: ['settle'],
        healthyCount: 3,
      },
      { command: ['ssh', 'web-1', 'test -w /'], healthyCount: 1 },
      { host: 'web-1', port: 443 },
    ])
  })

  it.each([
    ['batch = 0', '[driver] batch must be a whole number, or a part such as "25%", and not nothing'],
    ['batch = "0%"', 'and not nothing'],
    ['batch = 1.5', 'must be a whole number'],
    ['maxUnhealthy = -1', '[driver] maxUnhealthy must be a whole number, or a part such as "25%"'],
    ['maxUnhealthy = "101%"', 'maxUnhealthy must be'],
    ['minAttached = "half"', 'minAttached must be'],
    ['batchs = 2', 'batchs is not a setting (did you mean "batch"?)'],
    ['[[driver.check]]\nname = "x"\nkind = "http"', '[[driver.check]] "x" url is missing'],
    [
      '[[driver.check]]\nname = "x"\nkind = "http"\nurl = "http://{host}/"\nurll = 1',
      'urll is not a setting',
    ],
    ['[[driver.check]]\nname = "x"\nkind = "disk"\nminFreeBytes = 1', 'must be a kind that asks a host'],
    [
      '[[driver.check]]\nname = "x"\nkind = "version"\n[[driver.check]]\nname = "x"\nkind = "version"',
      '"x" is there twice',
    ],
    ['[driver.settle]\ngrace = 1', '[driver] settle grace is not a setting'],
  ])('refuses %s', (more, words) => {
    expect(() => read(more)).toThrow(words)
  })

  it.each(['list', 'drain', 'apply', 'attach', 'detach'])('cannot do without %s', (key) => {
    const base = commands.replace(new RegExp(`^${key} = .*$`, 'm'), '')
    expect(() => read('', base)).toThrow(`[driver] ${key} is missing`)
  })

  it('puts the name into every word of a command', () => {
    expect(commandFor('a {host} {host}', 'h1')).toBe('a h1 h1')
    expect(commandFor(['a', '{host}:80'], 'h1')).toEqual(['a', 'h1:80'])
  })
})

describe('list', () => {
  it('is a JSON array of hosts, in its order; what else is in it is not believed', () => {
    const text =
      '[{"host": "b", "version": "1", "attached": true, "zone": "x"}, {"host": "a:8080", "version": null, "attached": false}]'
    expect(hostsIn(text)).toEqual([
      { host: 'b', version: '1', attached: true },
      { host: 'a:8080', version: null, attached: false },
    ])
  })

  it.each([
    ['', 'did not print JSON'],
    ['[{"host": "a"', 'did not print JSON'],
    ['{}', 'did not print a JSON array'],
    ['[]', 'printed no host at all'],
    ['["a"]', 'entry 1 that is no object'],
    ['[{"version": "1", "attached": true}]', 'has no "host"'],
    ['[{"host": "a; rm -rf /", "version": "1", "attached": true}]', 'has no "host" of letters'],
    ['[{"host": "../a", "version": "1", "attached": true}]', 'has no "host" of letters'],
    ['[{"host": "-a", "version": "1", "attached": true}]', 'has no "host" of letters'],
    ['[{"host": "a", "attached": true}]', 'says no "version" of a'],
    ['[{"host": "a", "version": "", "attached": true}]', 'says no "version" of a'],
    ['[{"host": "a", "version": 1, "attached": true}]', 'says no "version" of a'],
    ['[{"host": "a", "version": "1"}]', 'does not say whether a is "attached"'],
    ['[{"host": "a", "version": "1", "attached": "yes"}]', 'does not say whether a is "attached"'],
    [
      '[{"host": "a", "version": "1", "attached": true}, {"host": "a", "version": "2", "attached": true}]',
      'printed a twice',
    ],
    [
      JSON.stringify(
        Array.from({ length: mostHosts + 1 }, (_, index) => ({
          host: `h${index}`,
          version: '1',
          attached: true,
        })),
      ),
      `printed ${mostHosts + 1} hosts; a rack has at most ${mostHosts}`,
    ],
  ])('that prints %s is a problem', (text, words) => {
    expect(hostsIn(text)).toContain(words)
  })
})
