/** Channels, releases and decisions as of an earlier time: the bodies of today's answers, with where each part is from. */
import type { ChannelDetail, ProvedBody } from '../../shared/contract/app.ts'
import type { PastBody, PastInput } from '../../shared/contract/past.ts'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import type { ReleaseDetail } from '../../shared/contract/release.ts'
import { decide, type Trace } from '../../shared/domain/decide.ts'
import { freezeOn } from '../../shared/domain/freeze.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { isProblemCode, Problem } from '../../shared/domain/problem.ts'
import { openProposals } from '../../shared/domain/proposal.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import { type RolloutConditions, rolloutConditions } from '../../shared/domain/rollout-standing.ts'
import { type AppState, findApp, findChannel, findRelease } from '../../shared/domain/state.ts'
import { decisionBodyOf } from '../fleet/decision-body.ts'
import { factsOfAdopted, withOrders } from '../fleet/read-report.ts'
import type { Registry } from '../registry.ts'
import type { PastRack } from '../time-travel/past-rack.ts'
import type { PastState } from '../time-travel/past-states.ts'
import { channelBodyOf } from './channel-bodies.ts'
import { nominationBodyOf, proposalBodyOf, recordBodyOf } from './gate-bodies.ts'
import { isAhead, judgedThen, nextRelease } from './judged-promotion.ts'
import { overridesOf, releaseBodyOf } from './release-bodies.ts'

export async function pastChannel(
  registry: Registry,
  { app: appName, channel: name }: { readonly app: string; readonly channel: string },
  at: number,
): Promise<ChannelDetail> {
  const past = await registry.timeTravel.stateAt(at)
  const { app, channel } = then(at, () => {
    const found = findApp(past.state, appName)
    return { app: found, channel: findChannel(found, name) }
  })
  const racks = (await registry.timeTravel.racksAt(appName, at)).filter((rack) => rack.channel === name)
  const feeder = channel.from === undefined ? undefined : app.channels.get(channel.from)
  const next = nextRelease(app, channel)
  const { head } = channel
  return {
    ...channelBodyOf(registry, past.state, channel),
    frozen: freezeOn(past.state, app, name, at)?.reason ?? null,
    racks: racks.length,
    racksOnHead: head === undefined ? 0 : runningOn(racks, head).length,
    nominated: feeder?.nomination?.to === name ? nominationBodyOf(feeder, false) : null,
    proposals: openProposals(app)
      .filter(({ proposed }) => proposed.kind === 'unyank' || proposed.channel === name)
      .map((proposal) => proposalBodyOf(app, proposal, { verdicts: [], isDryRun: false })),
    next: next ? judgedThen(app, channel, next, at) : null,
    past: pastOf(past, at, [...inputsOfRacks(racks), gatesInput]),
  }
}

export async function pastRelease(
  registry: Registry,
  { app: appName, version }: { readonly app: string; readonly version: string },
  at: number,
): Promise<ReleaseDetail> {
  const past = await registry.timeTravel.stateAt(at)
  const { app, release } = then(at, () => {
    const found = findApp(past.state, appName)
    return { app: found, release: findRelease(found, version) }
  })
  const racks = await registry.timeTravel.racksAt(appName, at)
  const channels = [...app.channels.values()]
  return {
    ...releaseBodyOf(app, release),
    racks: runningOn(racks, version),
    proved: channels
      .map(({ name }) => provedThen(racks, name, version))
      .filter((one) => one.proved.length + one.failed.length + one.running.length > 0),
    promotions: channels
      .filter((channel) => channel.from !== undefined && isAhead(app, channel, release))
      .map((channel) => judgedThen(app, channel, release, at)),
    overrides: overridesOf(app, version),
    record: recordBodyOf(appName, release, { now: at, isDryRun: false }),
    past: pastOf(past, at, [...inputsOfRacks(racks), gatesInput]),
  }
}

/** Raises `past_unknown` when nothing tells what the rack ran: without that there is nothing to decide on. */
export async function pastDecision(
  registry: Registry,
  { app: appName, rack: name }: { readonly app: string; readonly rack: string },
  at: number,
): Promise<DecisionBody> {
  const past = await registry.timeTravel.stateAt(at)
  const app = then(at, () => findApp(past.state, appName))
  const rack = await registry.timeTravel.rackAt(appName, name, at)
  const channel = then(at, () => findChannel(app, rack.channel))
  const facts = factsThen(app, rack, at)
  const trace: Trace = []
  const { placed } = rack
  // How many were under way then is not known.
  const standing = rolloutConditions({ app, channel, current: facts.current, placed, underWay: () => 0 })
  const conditions = { canGrant: true, ...standing }
  const decision = decide({ state: past.state, app, channel, rack: facts, now: at, conditions }, trace)
  const answered = { decision, app, channel, facts, rack: name, trace }
  return {
    ...decisionBodyOf({ ...answered, ledgerSequence: past.sequence, answeredAt: at }),
    past: pastOf(past, at, [
      ...inputsOfRack(rack, channel.nomination !== undefined),
      ...inputsOfWaves(rack, standing),
    ]),
  }
}

function factsThen(app: AppState, rack: PastRack, at: number): RackFacts {
  const { name, platform, current, proved, failures, bar, attempt } = rack
  if (!current.isKnown) {
    throw new Problem('past_unknown', `Nobody can say what ${name} ran at ${toIso(at)}: ${current.detail}.`, {
      hint: `headgate rack show ${name} --app ${app.name}`,
    })
  }
  const facts = factsOfAdopted(name, platform, current.version)
  return withOrders({ ...facts, proved, failures, ...(bar && { bar }), ...(attempt && { attempt }) }, rack)
}

/** What is not there yet is no mistyped name. */
function then<Result>(at: number, look: () => Result): Result {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof Problem) || !isProblemCode(error.code)) throw error
    throw new Problem(error.code, `At ${toIso(at)}: ${error.message}`, {
      hint: `headgate audit log --until ${toIso(at)}`,
    })
  }
}

function pastOf({ sequence, recordedAt }: PastState, at: number, inputs: readonly PastInput[]): PastBody {
  const detail = `everything up to event ${sequence}, folded as it was recorded`
  const governed: PastInput = { input: 'state', source: 'ledger', asOf: toIso(recordedAt), detail }
  return { at: toIso(at), sequence, inputs: [governed, ...inputs] }
}

const gatesInput: PastInput = {
  input: 'gates',
  source: 'unknown',
  asOf: null,
  detail:
    'artifacts, coverage, soak and failures are judged on what racks report, of which only the present is kept: left out; what a promotion was made on stands in its event',
}

function unknown(input: string, detail: string): PastInput {
  return { input, source: 'unknown', asOf: null, detail }
}

function inputsOfRacks(racks: readonly PastRack[]): PastInput[] {
  const known = racks.flatMap(({ current }) => (current.isKnown ? [current.asOf] : []))
  const rest = racks.length - known.length
  const oldest = known.length === 0 ? null : toIso(known.reduce((a, b) => Math.min(a, b)))
  return [
    {
      input: 'channels of racks',
      source: 'rack_history',
      asOf: racks.length === 0 ? null : toIso(racks.reduce((a, { orderedAt }) => Math.max(a, orderedAt), 0)),
      detail: `${racks.length} racks were enrolled; every order is kept`,
    },
    {
      input: 'versions of racks',
      source: 'attempts',
      asOf: oldest,
      detail: `of ${known.length} racks, as their attempts left them`,
    },
    ...(rest > 0
      ? [unknown('versions of other racks', `of ${rest} racks nothing tells what they ran: not counted`)]
      : []),
  ]
}

function inputsOfRack({ current, orderedAt, attempt }: PastRack, isNominated: boolean): PastInput[] {
  if (!current.isKnown) return []
  const { source, asOf, detail } = current
  return [
    { input: 'current', source, asOf: toIso(asOf), detail },
    {
      input: 'channel and orders',
      source: 'rack_history',
      asOf: toIso(orderedAt),
      detail: 'as they were given from the registry',
    },
    {
      input: 'proved, failures, bar',
      source: 'attempts',
      asOf: toIso(asOf),
      detail: `as its attempts ended${attempt ? `; ${attempt.id} was under way` : ''}`,
    },
    unknown('parameters', 'taken for granted: that those of proved versions still held'),
    unknown('orders on the rack', 'left out: pins and holds that were given on the rack itself'),
    unknown('wishes of its operator', 'left out: window, range, age, other apps, aligning'),
    ...(isNominated ? [unknown('soak', 'taken for none: rack-time is not kept by the hour')] : []),
    unknown('artifacts and store', 'taken for granted: that they could be fetched and written'),
  ]
}

/** Where a rollout had a say. */
function inputsOfWaves({ placed }: PastRack, standing: RolloutConditions | undefined): PastInput[] {
  if (!standing) return []
  const isLimited = standing.slots ?? standing.remedySlots ?? standing.recallSlots
  return [
    ...(!placed ? [unknown('its wave', 'taken for none: nothing tells where it stood in rollouts')] : []),
    ...(isLimited ? [unknown('racks under way', 'taken for none: leases are not kept')] : []),
  ]
}

function runningOn(racks: readonly PastRack[], version: string): string[] {
  return racks.flatMap(({ name, current }) => (current.isKnown && current.version === version ? [name] : []))
}

function provedThen(all: readonly PastRack[], channel: string, version: string): ProvedBody {
  const racks = all.filter((rack) => rack.channel === channel)
  const outcomes = racks.flatMap((rack) => rack.outcomes.get(version) ?? [])
  return {
    channel,
    racks: racks.length,
    proved: outcomes.filter(({ outcome }) => outcome === 'proved').map(({ rack }) => rack),
    failed: outcomes.flatMap(({ rack, outcome, step, message }) =>
      outcome === 'returned' || outcome === 'stuck' ? [{ rack, outcome, step, message }] : [],
    ),
    running: runningOn(racks, version),
  }
}
