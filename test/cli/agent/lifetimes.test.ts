/** Lifetimes of a rack: declared in rack.toml, seen by a certificate or a command, told by doctor, heard by the registry. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runAgent } from '../../../cli/agent/agent.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { instantIn } from '../../../cli/agent/lifetimes/instant-text.ts'
import { readRackConfig } from '../../../cli/agent/rack-config.ts'
import { sendDirectly } from '../../../cli/agent/send.ts'
import { day, toIso } from '../../../shared/domain/instants.ts'
import { problemOf } from '../../support/builders.ts'
import { machineClock } from '../../support/campaign-clock.ts'
import {
  aYard,
  directoryToml,
  type Yard,
  type YardRack,
  type YardSurroundings,
} from '../../support/campaign-yard.ts'
import { anAuthority } from '../../support/certificates.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const head = `
[registry]
url = "https://headgate.example.com"
[rack]
name = "prod-1"
app = "rack"
channel = "stable"
platform = "any"
[driver]
kind = "directory"
[[check]]
name = "web"
kind = "tls"
host = "127.0.0.1"
[[check]]
name = "after"
kind = "tls"
host = "127.0.0.1"
when = ["settle"]
[[check]]
name = "up"
kind = "tcp"
host = "127.0.0.1"
port = 80
`

function lifetimesOf(toml: string) {
  const dir = scratchDirectory()
  writeFileSync(join(dir, 'rack.toml'), `${head}${toml}`)
  return readRackConfig(dir, realFiles).lifetimes
}

const aLifetime = (name: string, more = '') => `[[lifetime]]\nname = "${name}"\nstops = "it"\n${more}\n`

describe('[[lifetime]]', () => {
  test('says when it ends, what it hangs on, what stops, and how its end is seen', () => {
    const toml = `
      ${aLifetime('credential', 'until = "2026-12-24T00:00:00Z"\nof = ["session", "cert"]')}
      ${aLifetime('session', 'command = "date"\neveryMinutes = 5\nwarnDays = 0.5')}
      ${aLifetime('cert', 'until = "seen"\ncheck = "web"')}
      ${aLifetime('plain', 'until = 2026-12-24')}`
    const shared = { stops: 'it', warnDays: 30, of: [], until: undefined, sees: undefined }
    expect(lifetimesOf(toml)).toEqual([
      { ...shared, name: 'credential', until: Date.UTC(2026, 11, 24), of: ['session', 'cert'] },
      {
        ...shared,
        name: 'session',
        warnDays: 0.5,
        sees: { command: 'date', everyMinutes: 5, timeoutSeconds: 30 },
      },
      { ...shared, name: 'cert', until: 'seen', sees: { check: 'web' } },
      { ...shared, name: 'plain', until: Date.UTC(2026, 11, 24) },
    ])
  })

  test.each([
    [
      'a circle',
      aLifetime('a', 'of = ["b"]') + aLifetime('b', 'of = ["a"]'),
      /"a" of must be without a circle \(a → b → a\)/,
    ],
    ['itself', aLifetime('a', 'of = ["a"]'), /without a circle \(a → a\)/],
    ['a name that is nowhere', aLifetime('a', 'of = ["b"]'), /"a" of must be .*\("b" is none\)/],
    [
      'two of one name',
      aLifetime('a') + aLifetime('a'),
      /"a" name must be a name that no other lifetime has/,
    ],
    ['nothing that stops', '[[lifetime]]\nname = "a"\n', /"a" stops is missing/],
    ['a novel', aLifetime('a').replace('"it"', `"${'x'.repeat(301)}"`), /at most 300 characters/],
    [
      'the thirtieth of February',
      aLifetime('a', 'until = "2026-02-30"'),
      /"a" until must be "seen", or a date/,
    ],
    ['for ever', aLifetime('a', 'until = "9999-12-31"'), /from 2000 to 2099/],
    ['a word', aLifetime('a', 'until = "never"'), /"a" until/],
    ['a moment without its zone', aLifetime('a', 'until = 2026-12-24T00:00:00'), /"a" until/],
    ['a number', aLifetime('a', 'until = 7'), /"a" until/],
    ['seen by nobody', aLifetime('a', 'until = "seen"'), /go with a check or a command that sees/],
    [
      'a check that is nowhere',
      aLifetime('a', 'check = "x"'),
      /"a" check must be the name of a \[\[check\]\] of kind "tls"/,
    ],
    ['a check of another kind', aLifetime('a', 'check = "up"'), /of kind "tls"/],
    [
      'a check that nobody asks in between',
      aLifetime('a', 'check = "after"'),
      /its when leaves "monitor" out/,
    ],
    ['two that see', aLifetime('a', 'check = "web"\ncommand = "date"'), /"a" command must be left out/],
    ['a rhythm of nothing', aLifetime('a', 'everyMinutes = 5'), /it is for a command/],
    ['a key of no meaning', aLifetime('a', 'untill = "2026-12-24"'), /did you mean "until"/],
    ['thirty-one', Array.from({ length: 31 }, (_, n) => aLifetime(`n${n}`)).join(''), /at most 30 tables/],
  ])('refuses %s, naming the file and the key', (_, toml, said) => {
    const problem = problemOf(() => lifetimesOf(toml))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toMatch(/rack\.toml: \[/)
    expect(problem.message).toMatch(said)
  })
})

test.each([
  ['2026-12-24', Date.UTC(2026, 11, 24)],
  ['2026-12-24T10:00:00+02:00', Date.UTC(2026, 11, 24, 8)],
  ['2026-12-24T10:00:00.5Z', Date.UTC(2026, 11, 24, 10, 0, 0, 500)],
  ['1798070400', 1_798_070_400_000],
  ['1798070400000', undefined],
  ['2026-12-24T10:00:00', undefined],
  ['2026-13-01', undefined],
  ['Dec 24 2026', undefined],
  ['9999-12-31T23:59:59Z', undefined],
  ['0', undefined],
  ['', undefined],
])('a printed end "%s"', (text, at) => {
  expect(instantIn(text)).toBe(at)
})

async function aRackHangingOn(
  lifetimes: (yard: Yard) => string,
  surroundings: YardSurroundings = {},
): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard(surroundings)
  const rack = await yard.rack('prod-1', { toml: `${directoryToml}${lifetimes(yard)}` })
  await yard.serves('10')
  await rack.does('agent', 'once')
  await rack.does('agent', 'once')
  return { yard, rack }
}

interface End {
  readonly what: string
  readonly endsAt: string | null
  readonly noLaterThan: string | null
  readonly setBy: {
    readonly link: string
    readonly declaredEndsAt: string | null
    readonly seenEndsAt: string | null
  }
}

async function endsOf(yard: Yard): Promise<readonly End[]> {
  const { ends } = (await yard.does('forecast', '--until', '3000d', '--json')).json as {
    ends: (End & { kind: string })[]
  }
  return ends.filter(({ kind }) => kind === 'lifetime')
}

async function doctorOn(rack: YardRack, question: string) {
  const { findings } = (await rack.headgate('doctor', '--json')).json as {
    findings: { question: string; isWell: boolean; severity: string; detail: string }[]
  }
  return findings.find((one) => one.question === question)
}
const lasts = 'does everything it hangs on last?'
const seen = 'can its lifetimes be seen?'

describe('what a command sees', () => {
  const printing =
    (more = '') =>
    (yard: Yard) => {
      writeFileSync(
        join(yard.folder, 'end'),
        `some words\n${toIso(yard.clock.now() + 32 * day).slice(0, 10)}\n`,
      )
      return aLifetime('session', `command = "cat ../end"\n${more}`)
    }

  test('of a lifetime that declares nothing leaves it unknown, and is told beside it', async () => {
    const { yard, rack } = await aRackHangingOn(printing())
    const [end] = await endsOf(yard)
    const date = toIso(Date.parse(toIso(yard.clock.now() + 32 * day).slice(0, 10)))
    expect(end).toMatchObject({ endsAt: null, noLaterThan: date })
    expect(end?.setBy).toEqual({ link: 'session', declaredEndsAt: null, seenEndsAt: date })
    expect(await doctorOn(rack, lasts)).toMatchObject({ isWell: false, severity: 'warning' })
    expect((await doctorOn(rack, lasts))?.detail).toMatch(
      /^nobody knows when session ends, at the latest in 3\dd .*: session declares no end$/,
    )
  })

  test('is its end where that is what was declared', async () => {
    const { yard, rack } = await aRackHangingOn(printing('until = "seen"'))
    const [end] = await endsOf(yard)
    expect(end?.endsAt).toBe(end?.setBy.seenEndsAt)
    expect(await doctorOn(rack, lasts)).toMatchObject({ isWell: true })
  })

  test('where it differs from what was declared the earlier counts, and the difference is said', async () => {
    const { yard, rack } = await aRackHangingOn((yard) =>
      printing(`until = "${toIso(yard.clock.now() + 3 * day)}"`)(yard),
    )
    const [end] = await endsOf(yard)
    expect(end?.endsAt).toBe(end?.setBy.declaredEndsAt)
    expect(end?.setBy.seenEndsAt).not.toBe(end?.setBy.declaredEndsAt)
    const said = await yard.does('forecast')
    expect(said.stdout).toMatch(/session \(declared: \d{4}-.*, seen: \d{4}-.*\)/)
    expect((await doctorOn(rack, lasts))?.detail).toMatch(
      /^session ends in 2d .*: it \(declared .*, seen .*: the earlier counts\)$/,
    )
  })

  test('is kept while the command fails, doctor says why, and after a day it says nothing any more', async () => {
    const { yard, rack } = await aRackHangingOn(printing('until = "seen"\neveryMinutes = 1'))
    rmSync(join(yard.folder, 'end'))
    yard.clock.skip(61_000)
    await rack.does('agent', 'once')
    expect(await doctorOn(rack, seen)).toMatchObject({ isWell: false, severity: 'warning' })
    expect((await doctorOn(rack, seen))?.detail).toMatch(/^session: the command exited 1: cat: /)
    expect((await endsOf(yard))[0]?.endsAt).not.toBeNull()
    const kept = JSON.parse(rack.read('lifetimes.json') ?? '{}')
    kept.ends.session.seenAt -= 2 * day
    rack.write('lifetimes.json', JSON.stringify(kept))
    await rack.does('agent', 'once')
    expect((await endsOf(yard))[0]?.endsAt).toBeNull()
  })

  test('is asked when it is due, not at every round', async () => {
    const { yard, rack } = await aRackHangingOn(() =>
      aLifetime('session', 'command = "echo asked >> asked; echo 2090-01-01"'),
    )
    const asked = () => rack.read('asked')?.trim().split('\n').length
    expect(asked()).toBe(1)
    await rack.does('agent', 'once')
    expect(asked()).toBe(1)
    yard.clock.skip(61 * 60_000)
    await rack.does('agent', 'once')
    expect(asked()).toBe(2)
    // Another command is another end.
    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace('2090', '2091'))
    await rack.does('agent', 'once')
    expect(asked()).toBe(3)
  })

  test('that prints no date, and more than a line can hold, is not read and not believed', async () => {
    const { yard, rack } = await aRackHangingOn(() =>
      aLifetime('session', `command = "head -c 3000000 /dev/zero | tr '\\\\0' x"`),
    )
    expect((await endsOf(yard))[0]).toMatchObject({ endsAt: null, noLaterThan: null })
    expect((await doctorOn(rack, seen))?.detail).toMatch(/^session: the command printed no date: x+/)
    expect((await doctorOn(rack, seen))?.detail.length).toBeLessThan(400)
  })
})

test('an agent that runs looks before its round, and stops while a command hangs', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', {
    toml: `${directoryToml}${aLifetime('session', 'command = "echo 2016-12-24; test ! -e hangs || exec sleep 600"')}`,
  })
  await yard.serves('10')
  const run = async (isEnough: () => boolean) => {
    const stop = new AbortController()
    const until = (async () => {
      while (!isEnough()) await sleep(20)
      stop.abort()
    })()
    await runAgent({
      place: {
        dir: rack.dir,
        files: realFiles,
        clock: yard.clock,
        env: process.env,
        send: sendDirectly,
        uuid: () => crypto.randomUUID(),
        bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
        watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
      },
      signal: stop.signal,
      chance: () => 0.5,
      onStart: () => undefined,
      onRound: () => stop.abort(),
    })
    await until
  }
  await run(() => rack.installed() === '10')
  expect((await endsOf(yard))[0]?.noLaterThan).toBe('2016-12-24T00:00:00.000Z')
  const kept = rack.read('lifetimes.json')
  rack.write('hangs', '')
  yard.clock.skip(2 * 3_600_000)
  const began = performance.now()
  await run(() => performance.now() - began > 500)
  // Nothing was learned, and nothing forgotten.
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(rack.read('lifetimes.json')).toBe(kept)
})

test('the end that a tls check sees is the certificate’s own', async () => {
  const authority = anAuthority()
  const { key, cert } = authority.issues('app.example.com', { endsInDays: 20 })
  const server = createServer({ key, cert }, (socket) => void socket.on('error', () => undefined).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { yard, rack } = await aRackHangingOn(
    () => `
[[check]]
name = "web"
kind = "tls"
host = "127.0.0.1"
port = ${port}
servername = "app.example.com"
caFile = "${authority.certFile}"
minDaysLeft = 0
severity = "warn"
${aLifetime('cert', 'check = "web"\nuntil = "seen"')}
${aLifetime('site', 'until = "2099-01-01"\nof = ["cert"]')}`,
    { clock: machineClock() },
  )
  const health = JSON.parse(rack.read('health.json') ?? '{}') as {
    checks: { numbers: { notAfter?: string } }[]
  }
  const notAfter = health.checks.map(({ numbers }) => numbers.notAfter).find(Boolean)
  expect(notAfter).toBeDefined()
  expect((await endsOf(yard)).map(({ what, endsAt, setBy }) => [what, endsAt, setBy.link])).toEqual([
    ['cert', notAfter, 'cert'],
    ['site', notAfter, 'cert'],
  ])
})
