/**
 * JumpCloud, January 2024, the part that could have been known: services ask their databases with credentials that hang on
 * a token that hangs on another, and of that one nobody had set the longest life. The secrets backend's own was 32 days.
 * Staging never lived that long, the change was small, and on the 32nd day everything was revoked at once.
 *
 * Told on day 0, three times: by a flat list of declared ends, as calendars and inventories of credentials are; by what
 * Headgate says of the same declarations; and once the operator lets the racks look at what the backend says. The other
 * halves of the incident, the path to production and the lost access, are told elsewhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EndingBody } from '../../shared/contract/forecast.ts'
import { day, toIso } from '../../shared/domain/instants.ts'
import { aTeam, expectDone, hurried, type TeamRack } from './a-team.ts'
import { aSecretsBackend, longestLifeDays } from './secrets-backend.ts'

const patience = { timeout: 120_000 }

interface Declared {
  readonly name: string
  readonly of?: string
  readonly stops: string
  readonly endsInDays?: number
}

/** As the service's owners would write it down: two attributes were set, and the third was taken for one of them. */
const declared: readonly Declared[] = [
  { name: 'db-credential', of: 'service-token', stops: 'the app cannot reach its database', endsInDays: 365 },
  { name: 'service-token', of: 'system-token', stops: 'no service gets a credential', endsInDays: 365 },
  { name: 'system-token', stops: 'every token and credential made with it is revoked' },
]

/** The peer's rule, as a model: a list of dates that somebody entered. What has no date is not on it. */
function flatList(lifetimes: readonly Declared[], withinDays: number): readonly string[] {
  return lifetimes
    .filter(({ endsInDays }) => endsInDays !== undefined && endsInDays <= withinDays)
    .map(({ name }) => name)
}

/** rack.toml from [driver] on; `sees` is the lifetime of which the backend is asked. */
function tomlOf(lifetimes: readonly Declared[], now: number, sees?: string): string {
  const tables = lifetimes.flatMap(({ name, of, stops, endsInDays }) => [
    '[[lifetime]]',
    `name = "${name}"`,
    `stops = "${stops}"`,
    ...(endsInDays === undefined ? [] : [`until = "${toIso(now + endsInDays * day)}"`]),
    ...(of === undefined ? [] : [`of = ["${of}"]`]),
    ...(name === sees ? [`command = "cat ../backend/${name}"`] : []),
  ])
  const driver = '[driver]\nkind = "command"\ncurrent = "cat VERSION"\napply = "true"\n'
  return `${driver}${tables.join('\n')}\n${hurried}`
}

async function dayZero() {
  const now = Date.now()
  const team = await aTeam('console', 'semver')
  const backend = aSecretsBackend(join(team.cwd, 'backend'), now)
  backend.lease({ name: 'system-token', ttlDays: 365 })
  backend.lease({ name: 'service-token', ttlDays: 365, madeWith: 'system-token' })
  backend.lease({ name: 'db-credential', ttlDays: 365, madeWith: 'service-token' })

  const racks: TeamRack[] = []
  for (const name of ['prod-1', 'prod-2']) {
    mkdirSync(join(team.cwd, name))
    writeFileSync(join(team.cwd, name, 'VERSION'), '1.0.0\n')
    const driver = ['--driver', 'command', '--current', 'cat VERSION', '--apply', 'true']
    racks.push(await team.rack({ name, channel: 'stable', driver }))
  }
  const declares = (toml: string) => {
    for (const rack of racks) rack.configures(toml)
  }
  /** A timer's round on each rack: look, and tell. */
  async function aRound(): Promise<void> {
    for (const rack of racks) expectDone(await rack.runs('agent', 'once'))
  }
  async function lifetimesUntil(until: string): Promise<readonly EndingBody[]> {
    const { json } = await team.does('forecast', '--app', 'console', '--until', until, '--json')
    return (json.ends as readonly EndingBody[]).filter(({ kind }) => kind === 'lifetime')
  }
  return { now, team, backend, racks, declares, aRound, lifetimesUntil }
}

test('the cliff is on no list of declared ends, and forecast names it on day 0', patience, async () => {
  const { now, team, backend, racks, declares, aRound, lifetimesUntil } = await dayZero()

  // The incident: all is well on day 31 and nothing on day 32, and it was so from the beginning.
  expect(backend.letsIn('db-credential', now + 31 * day)).toBe(true)
  expect(backend.letsIn('db-credential', now + longestLifeDays * day)).toBe(false)
  // Looked up by itself the credential is good for a year, which is what staging showed.
  const lookedUp = readFileSync(join(team.cwd, 'backend', 'db-credential'), 'utf8').trim()
  expect(lookedUp).toBe(toIso(now + 365 * day))
  const onTheList = flatList(declared, 90)
  expect(onTheList).toEqual([])

  // The same declarations, and nothing else: what nobody declared is unknown, and so is all that hangs on it.
  declares(tomlOf(declared, now))
  await aRound()
  const unseen = await lifetimesUntil('7d')
  expect(unseen.map(({ what, endsAt, setBy }) => [what, endsAt, setBy.link])).toEqual([
    ['system-token', null, 'system-token'],
    ['db-credential', null, 'system-token'],
    ['service-token', null, 'system-token'],
  ])
  expect(unseen.map(({ racks: { names } }) => names.join())).toEqual(Array(3).fill('prod-1,prod-2'))
  const page = await team.does('forecast', '--app', 'console')
  const lines = page.stdout.split('\n')
  expect(lines[1]).toMatch(/^\? unknown +\? +system-token /)
  expect(lines[2]).toMatch(
    /db-credential .* system-token +the app cannot reach its database +2: prod-1, prod-2$/,
  )
  expect(page.stderr).toContain('Nobody declared when 3 of these 3 end')
  const doctor = await racks[0]?.runs('doctor')
  expect(doctor?.stdout).toContain('nobody knows when db-credential ends')
  expect(doctor?.stdout).toContain('system-token declares no end')

  // The operator reads that, and lets the racks look at what the backend says of the token that nobody declared.
  declares(tomlOf(declared, now, 'system-token'))
  await aRound()
  const seen = await lifetimesUntil('7d')
  const cliff = toIso(backend.revokedAt('db-credential'))
  expect(seen.map(({ endsAt, noLaterThan }) => [endsAt, noLaterThan])).toEqual(Array(3).fill([null, cliff]))
  const credential = seen.find(({ what }) => what === 'db-credential')
  expect(credential?.setBy).toEqual({ link: 'system-token', declaredEndsAt: null, seenEndsAt: cliff })
  expect(credential?.chain).toEqual(['db-credential', 'service-token', 'system-token'])
  const bites = Math.round((Date.parse(cliff) - now) / day)
  expect(bites).toBe(longestLifeDays)
  console.log(
    `JumpCloud on day 0: a flat list names ${onTheList.length} of 3; forecast names ${unseen.length} of 3 as unknown by system-token, and once that is looked at, day ${bites}`,
  )
})

test('once the attribute is set and declared, the end is the declared one', patience, async () => {
  const { now, backend, declares, aRound, lifetimesUntil } = await dayZero()
  backend.lease({ name: 'system-token', ttlDays: 365, longestDays: 400 })
  const whole = declared.map((one) => ({ ...one, endsInDays: one.endsInDays ?? 365 }))
  declares(tomlOf(whole, now, 'system-token'))
  await aRound()
  expect(await lifetimesUntil('90d')).toEqual([])
  const inAYear = await lifetimesUntil('366d')
  expect(inAYear.map(({ endsAt }) => endsAt)).toEqual(Array(3).fill(toIso(now + 365 * day)))
  expect(backend.letsIn('db-credential', now + 364 * day)).toBe(true)
})
