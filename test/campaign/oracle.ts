/**
 * The judge: an ordered list of rules, each of them a question to the disk, the kernel, the hooks' own record, the
 * registry, and only last to the program, whose word is compared with all of these. It does not know what happened.
 */
import { readFileSync } from 'node:fs'
import type { YardRack } from '../support/campaign-yard.ts'
import { linkedVersion, namesIn, type Outcome, processesOf, readJournal, type Told } from './evidence.ts'
import type { Scene } from './scene.ts'

export interface Case {
  readonly scene: Scene
  readonly rack: YardRack
  readonly mayEnd: readonly Outcome[]
  readonly mayBeStuck: boolean
  /** The recovery was a round of the agent, which goes on to what the registry wants. */
  readonly hasGoneOn: boolean
}

interface Facts extends Case {
  /** Those since the scene began, oldest first. */
  readonly attempts: readonly Told[]
  readonly damage: string | null
  /** By the record of what was started last. */
  readonly runs: string | null
  /** `headgate status --json`. */
  readonly status: Status
  /** What the registry holds of this rack, and of its attempts by id. */
  readonly record: { readonly current: string | null; readonly outcomes: ReadonlyMap<string, string | null> }
}

interface Status {
  readonly current: string | null
  readonly underWay: unknown
  readonly stuck: unknown
  readonly proved: readonly { readonly version: string }[]
  readonly failures: readonly { readonly target: string }[]
}

/** What is wrong; undefined: nothing. */
type Rule = (facts: Facts) => string | undefined

const rules: readonly Rule[] = [
  journalCanBeRead,
  nothingIsUnderWay,
  endsAsItMay,
  goesOnByItself,
  brokenDoesNotRun,
  runsWhereTheLastAttemptEnded,
  installedIsWhatRuns,
  statusSaysWhatRuns,
  memoryIsOfWhatHappened,
  registryKnows,
  isNotStartedAThirdTime,
  nothingIsLeftRunning,
  nothingPilesUp,
]

/** Every rule that does not hold; after recovery, with the registry there. */
export async function judge(one: Case): Promise<readonly string[]> {
  const facts = await factsOf(one)
  return rules.flatMap((rule) => rule(facts) ?? [])
}

/** Between the fault and the recovery: a rack that says that nothing is under way must know what runs. */
export async function judgeInBetween({ scene, rack }: Case): Promise<readonly string[]> {
  const status = await statusOf(rack)
  if (typeof status === 'string') return [status]
  const runs = scene.driver.runs(rack.dir)
  if (status.underWay !== null || status.stuck !== null || status.current === runs) return []
  return [`before anybody recovered it, status said that ${status.current} runs, and it is ${runs}`]
}

/** How its last attempt ended, by its journal. */
export function lastOutcome(rack: YardRack): Outcome | null {
  return readJournal(rack.dir).attempts.at(-1)?.outcome ?? null
}

async function factsOf(one: Case): Promise<Facts> {
  const { scene, rack } = one
  const { attempts, damage } = readJournal(rack.dir)
  const earlier = readJournal(scene.before.dir).attempts.length
  const status = await statusOf(rack)
  if (typeof status === 'string') throw new Error(status)
  const [shown, listed] = await Promise.all(['', '/attempts?limit=20'].map((path) => recorded(scene, path)))
  const sent: readonly { id: string; outcome: string | null }[] = listed.attempts
  return {
    ...one,
    attempts: attempts.slice(earlier),
    damage,
    runs: scene.driver.runs(rack.dir),
    status,
    record: { current: shown.current, outcomes: new Map(sent.map(({ id, outcome }) => [id, outcome])) },
  }
}

async function statusOf(rack: YardRack): Promise<Status | string> {
  const ran = await rack.headgate('status', '--json')
  return ran.code === 0 ? JSON.parse(ran.stdout) : `status ended with ${ran.code}: ${ran.stderr}`
}

async function recorded({ yard }: Scene, path: string) {
  const headers = { authorization: `Bearer ${readFileSync(yard.tokenFile, 'utf8').trim()}` }
  const response = await fetch(`${yard.url}/v1/apps/rack/racks/prod-1${path}`, { headers })
  return JSON.parse(await response.text())
}

function journalCanBeRead({ damage }: Facts): string | undefined {
  return damage === null ? undefined : `the journal cannot be read: ${damage}`
}

function nothingIsUnderWay({ attempts, status }: Facts): string | undefined {
  const open = attempts.find(({ outcome }) => outcome === null)
  if (open) return `the attempt to ${open.to} has not ended: ${open.states.join(' → ')}`
  return status.underWay === null ? undefined : 'status says that an attempt is under way'
}

function endsAsItMay({ attempts, scene, mayEnd, mayBeStuck, status }: Facts): string | undefined {
  const allowed = [...scene.story.ends, ...mayEnd, ...(mayBeStuck ? ['stuck'] : [])]
  const wrong = attempts.find(({ outcome }) => outcome !== null && !allowed.includes(outcome))
  if (wrong) return `an attempt ended ${wrong.outcome}: ${wrong.states.join(' → ')}`
  const isStuckNow = attempts.at(-1)?.outcome === 'stuck'
  return isStuckNow === (status.stuck !== null)
    ? undefined
    : `status and journal differ on whether it is stuck`
}

/** What was dropped or failed through no fault of the version is taken up again. */
function goesOnByItself({ attempts, scene, hasGoneOn }: Facts): string | undefined {
  const { isWanted, ends } = scene.story
  const hasTried = attempts.some(
    ({ outcome }) => outcome === ends[0] || outcome === 'returned' || outcome === 'stuck',
  )
  return hasGoneOn && isWanted && !hasTried ? 'the agent did not take up what the registry wants' : undefined
}

function brokenDoesNotRun({ runs, scene, status }: Facts): string | undefined {
  const isBroken = scene.story.ends[0] === 'returned' && runs === scene.story.to
  return isBroken && status.stuck === null ? `${runs} runs, which does not work` : undefined
}

/** Where the last attempt should have left the rack; a stuck one says nothing of it. */
function expectedIn({ attempts, scene }: Facts): string | null | undefined {
  const last = attempts.at(-1)
  if (!last) return scene.story.from
  if (last.outcome === 'stuck') return undefined
  return last.outcome === 'proved' ? last.to : last.from
}

function runsWhereTheLastAttemptEnded(facts: Facts): string | undefined {
  const expected = expectedIn(facts)
  if (expected === undefined || facts.runs === expected) return undefined
  const last = facts.attempts.at(-1)
  return `the last attempt (to ${last?.to}) ended ${last?.outcome}, so ${expected} should run, and it is ${facts.runs}`
}

function installedIsWhatRuns(facts: Facts): string | undefined {
  const { scene, rack, runs } = facts
  if (scene.driver.name !== 'directory' || expectedIn(facts) === undefined) return undefined
  const linked = linkedVersion(rack.dir)
  return linked === runs ? undefined : `current leads to ${linked}, and ${runs} runs`
}

function statusSaysWhatRuns(facts: Facts): string | undefined {
  const { status, runs } = facts
  if (expectedIn(facts) === undefined || status.current === runs) return undefined
  return `status says that ${status.current} runs, and it is ${runs}`
}

/** What it holds proved: what was, and what attempts ended proved since; what failed here: what returned. */
function memoryIsOfWhatHappened({ attempts, status, scene, rack }: Facts): string | undefined {
  const were = JSON.parse(scene.before.read('state.json') ?? '{}').proved ?? []
  const since = attempts.filter(({ outcome }) => outcome === 'proved').map(({ to }) => to)
  const expected = new Set([...since.reverse(), ...were.map(({ version }: { version: string }) => version)])
  const proved = status.proved.map(({ version }) => version)
  if (proved.join() !== [...expected].join()) return `it holds ${proved} proved, and it is ${[...expected]}`
  const failed = attempts
    .filter(({ outcome }) => outcome === 'returned' || outcome === 'stuck')
    .map(({ to }) => to)
  const last = attempts.at(-1)
  const open = new Set(failed.filter((to) => last?.outcome !== 'proved' || to !== last.to))
  const noted = status.failures.map(({ target }) => target)
  return noted.join() === [...open].join()
    ? undefined
    : `${rack.dir} holds ${noted} failed, and it is ${[...open]}`
}

function registryKnows(facts: Facts): string | undefined {
  const { record, attempts, runs } = facts
  const untold = attempts.find(({ id, outcome }) => record.outcomes.get(id) !== outcome)
  if (untold)
    return `an attempt ended ${untold.outcome}, and the registry holds ${record.outcomes.get(untold.id)}`
  if (expectedIn(facts) === undefined || record.current === runs) return undefined
  return `the registry holds that ${record.current} runs, and it is ${runs}`
}

/** A version that no attempt has proved is started twice at most. */
function isNotStartedAThirdTime({ attempts, scene, rack }: Facts): string | undefined {
  const often = attempts.find(({ id, to }) => scene.driver.startsOf(rack.dir, id, to) > 2)
  return often && `an attempt started ${often.to} more than twice`
}

function nothingIsLeftRunning({ rack }: Facts): string | undefined {
  const left = processesOf(rack.dir)
  const words = left.map(({ pid, words }) => `${pid} ${words.replaceAll('\0', ' ').slice(0, 80)}`)
  return left.length === 0 ? undefined : `left running: ${words.join('; ')}`
}

/** What a death may leave beside the usual, each under one name: it is written over, and never becomes more. */
const leftovers: readonly RegExp[] = [
  /^releases(\/V|\/\.unpacking|\/\.trash)?(\/|$)/,
  /^downloads(\/[0-9a-f]{64}(\.part(\.etag)?)?)?$/,
  /^(journal|state\.json|current|history\.jsonl|lock|lock\.sock|logs(\/LOG)?|command-input\.json)$/,
  // What hooks note.
  /^(running|starts|rollbacks|way-back-is-broken|group(\/.*)?)$/,
]

function nothingPilesUp({ rack, scene }: Facts): string | undefined {
  const isKnown = (name: string) => scene.usualNames.has(name) || leftovers.some((known) => known.test(name))
  const strange = [...namesIn(rack.dir)].filter(
    (name) => !isKnown(name) && !isKnown(name.replace(/\.tmp$/, '')),
  )
  const downloads = [...namesIn(rack.dir)].filter((name) => /^downloads\/[0-9a-f]{64}$/.test(name))
  if (downloads.length > 1) return `more than one download is kept: ${downloads.join(', ')}`
  return strange.length === 0 ? undefined : `left behind: ${strange.join(', ')}`
}
