/** Any question to any registry: a random story, and racks that stand somewhere in it with whatever they have to tell. */
import fc from 'fast-check'
import { type ChannelState, historyOf } from '../../shared/domain/channel.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { Conditions, DecisionInput } from '../../shared/domain/question.ts'
import type { RackFacts, UnderWay } from '../../shared/domain/rack.ts'
import type { Motive } from '../../shared/domain/reasons.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import { aRack, aRegistry, storyStart } from '../support/builders.ts'
import { near, someCommands, tell, versionNear } from './random-story.ts'

const hour = 60 * minute
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, arbitrary)
const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant<T[]>([]) }, fc.array(arbitrary, { maxLength, size: 'max' }))

const origin = fc.constantFrom('rack' as const, 'registry' as const)
const standing = fc.record({
  state: fc.constantFrom('running' as const, 'running' as const, 'paused' as const, 'halted' as const),
  isWaveOpen: fc.boolean(),
  detail: fc.constant('so it stands'),
})
const room = fc.record({ isFree: fc.boolean(), detail: fc.constant('so much room') })

/** A rack told in distances from the newest version, so that it is somewhere near in whatever story. */
const toldRack = fc.record({
  channel: fc.constantFrom('stable', 'stable', 'unstable', 'canary'),
  /** Where the base lies in the history: 0 is the head. */
  baseDepth: fc.constantFrom(0, 0, 1, 2),
  current: fc.record({
    among: fc.constantFrom('all', 'all', 'served', 'served', 'yanked', 'yanked', 'nothing'),
    newest: fc.nat(9),
  }),
  /** A version between two others, which the registry has never seen. */
  isUnseen: seldom(fc.constant(true)),
  platform: fc.constantFrom('linux/amd64', 'linux/amd64', 'plan9/mips'),
  proved: few(fc.record({ distance: near, parametersHold: fc.boolean() }), 4),
  pins: few(
    fc.record({
      distance: near,
      hours: fc.constantFrom(-1, 1, undefined),
      accepts: seldom(fc.constantFrom('ADV-1', 'ADV-2')),
      origin,
    }),
    2,
  ),
  holds: seldom(fc.record({ hours: fc.constantFrom(-1, 1), origin })),
  bar: seldom(fc.record({ distance: near, length: fc.nat(3) })),
  failures: few(fc.record({ distance: near, count: fc.integer({ min: 1, max: 9 }), hours: fc.nat(30) }), 2),
  attempt: seldom(
    fc.record({
      distance: near,
      isConfirmed: fc.boolean(),
      back: fc.constantFrom<Motive>('remedy_critical', 'remedy_moderate', 'recall', 'pin'),
      forward: fc.constantFrom<Motive>('rollout', 'pin', 'remedy_critical', 'bootstrap'),
    }),
  ),
  isAligning: seldom(fc.constant(true)),
  site: seldom(fc.integer({ min: 1, max: 6 })),
  within: seldom(fc.record({ sign: fc.constantFrom('>=', '<', '<='), distance: near })),
  minAgeMinutes: seldom(fc.nat(60)),
  minutesLater: fc.nat(10),
  conditions: fc.record(
    {
      rollout: standing,
      remedy: standing,
      recall: standing,
      window: room,
      slots: room,
      remedySlots: room,
      recallSlots: room,
      isArtifactMissing: fc.constant((sha256: string) => sha256.startsWith('a')),
    },
    { requiredKeys: [] },
  ),
  isBare: fc.constantFrom(true, true, false),
  canGrant: fc.constantFrom(true, true, true, true, true, true, true, false),
})
type ToldRack = typeof toldRack extends fc.Arbitrary<infer T> ? T : never

function placed(state: State, told: ToldRack, end: number): DecisionInput {
  const app = findApp(state, 'rack')
  const named = app.channels.get(told.channel) ?? app.channels.get('stable')
  if (!named) throw new Error('every story has the channel stable')
  const now = end + told.minutesLater * minute
  const conditions: Conditions = { canGrant: told.canGrant, ...(!told.isBare && told.conditions) }
  return {
    state,
    app,
    channel: withBase(app, named, told.baseDepth),
    rack: rackIn(state, told, now),
    now,
    conditions,
  }
}

/** As a rollout would leave it: what an entry deeper in the history served is the base, if it may still be served. */
function withBase(app: AppState, channel: ChannelState, depth: number): ChannelState {
  const servable = [...historyOf(channel)]
    .flatMap(({ version }) => (version === undefined ? [] : [version]))
    .filter((version) => Number(version) <= Number(channel.head))
    .filter((version) => app.releases.get(version)?.yank === undefined)
  const base = servable[depth]
  return base === undefined ? channel : { ...channel, base }
}

function rackIn(state: State, told: ToldRack, now: number): RackFacts {
  const at = (distance: number): string => versionNear(state, 'rack', distance)
  const installed = installedOf(state, told)
  const current = installed && installed + (told.isUnseen ? '-unseen' : '')
  const { bar, attempt, site, within, minAgeMinutes, holds } = told
  return {
    name: 'prod-1',
    current,
    platform: told.platform,
    proved: told.proved.map(({ distance, parametersHold }) => ({
      version: at(distance),
      at: storyStart,
      parametersHold,
    })),
    pins: told.pins.map(({ distance, hours, accepts, origin }) => ({
      version: at(distance),
      owner: 'ada',
      reason: 'wait',
      origin,
      ...(hours !== undefined && { until: now + hours * hour }),
      ...(accepts !== undefined && { acceptedAdvisory: accepts }),
    })),
    holds: holds
      ? [{ until: now + holds.hours * hour, owner: 'ada', reason: 'demo', origin: holds.origin }]
      : [],
    failures: told.failures.map(({ distance, count, hours }) => ({
      target: at(distance),
      count,
      lastAt: now - hours * hour,
    })),
    isAligning: told.isAligning ?? false,
    apps: site === undefined ? {} : { site: String(site) },
    ...(bar && { bar: { above: at(bar.distance - bar.length), upTo: at(bar.distance) } }),
    ...(attempt && { attempt: underWay(current, at(attempt.distance), attempt) }),
    ...(within && { within: within.sign + at(within.distance) }),
    ...(minAgeMinutes !== undefined && { minAgeMinutes }),
  }
}

/** The n-th newest of all releases, of those that its channel served, or of those that were withdrawn. */
function installedOf(state: State, { channel, current }: ToldRack): string | undefined {
  if (current.among === 'nothing') return undefined
  const releases = [...findApp(state, 'rack').releases.values()].sort(
    (a, b) => Number(b.version) - Number(a.version),
  )
  const among = releases.filter(
    ({ servedOn, yank }) =>
      current.among === 'all' ||
      (current.among === 'served' ? servedOn[channel] !== undefined : yank !== undefined),
  )
  return (among[current.newest % Math.max(1, among.length)] ?? releases[0])?.version
}

function underWay(
  from: string | undefined,
  target: string,
  told: { isConfirmed: boolean; back: Motive; forward: Motive },
): UnderWay {
  const isBack = from !== undefined && Number.parseInt(from, 10) > Number(target)
  return {
    id: 'a1',
    target,
    motive: isBack ? told.back : told.forward,
    isConfirmed: told.isConfirmed,
    ...(from !== undefined && { from }),
  }
}

/** Twelve racks that ask one registry. */
const askedOfStories: fc.Arbitrary<readonly DecisionInput[]> = fc
  .tuple(someCommands(50), fc.array(toldRack, { minLength: 12, maxLength: 12 }))
  .map(([commands, racks]) => {
    const { state } = tell(commands)
    return shown(racks.map((rack) => placed(state, rack, storyStart + commands.length * minute)))
  })

/** A counterexample is a page, not a book. */
function shown(questions: readonly DecisionInput[]): readonly DecisionInput[] {
  const facts = ({ app, channel, rack, conditions }: DecisionInput): unknown => ({
    channel: `${channel.name} ${channel.base}..${channel.head}`,
    rack,
    conditions,
    releases: [...app.releases.values()].map(({ version, routing, servedOn, awaitedOn, yank }) => [
      version,
      Object.keys(servedOn),
      awaitedOn,
      yank,
      routing,
    ]),
  })
  return Object.assign([...questions], { [fc.toStringMethod]: () => JSON.stringify(questions.map(facts)) })
}

const one = fc.integer({ min: 1, max: 9 }).map(String)
const often = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(fc.constant(undefined), arbitrary)
const routing = fc.record({
  isYanked: fc.boolean(),
  isRequired: fc.boolean(),
  isServed: fc.constantFrom(true, true, true, false),
  replacedBy: often(one),
  isSkippable: seldom(fc.constant(true)),
  floor: seldom(one),
  from: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.tuple(one, one)),
})

/** Nine releases with all kinds of routing facts, and nothing else in the way: here the ways are winding. */
const askedOfWays: fc.Arbitrary<readonly DecisionInput[]> = fc
  .record({
    facts: fc.array(routing, { minLength: 8, maxLength: 8 }),
    head: one,
    racks: fc.array(
      fc.record({
        current: one,
        isUnseen: seldom(fc.constant(true)),
        isAligning: fc.boolean(),
        pin: seldom(one),
      }),
      {
        minLength: 6,
        maxLength: 6,
      },
    ),
  })
  .map(({ facts, head, racks }) => {
    const registry = aRegistry().withApp('rack')
    for (const version of ['1', '2', '3', '4', '5', '6', '7', '8', '9']) {
      registry.publishes(version)
      if (facts[Number(version) - 1]?.isServed !== false) registry.promotes(version)
    }
    const told = facts.map((one, i) => ({ ...one, version: String(i + 1) }))
    for (const { version, isYanked, isRequired } of told) {
      if (isRequired) registry.routes(version, { required: true }, version === '8' ? ['stable'] : [])
      if (isYanked) registry.yanks(version, { remedy: 'stay' })
    }
    for (const { version, isYanked, replacedBy, isSkippable, floor, from } of told) {
      const isReplaced =
        isYanked && replacedBy !== undefined && registry.release(replacedBy).yank === undefined
      registry.routes(version, {
        ...(isReplaced && { replacedBy }),
        ...(isSkippable && { skippable: true }),
        ...(floor !== undefined && Number(floor) <= Number(version) && { floor }),
        ...(from && { requiresFrom: from[0] <= from[1] ? `${from[0]}..${from[1]}` : `>=${from[0]}` }),
      })
    }
    const channel = { ...registry.channel(), head, base: head }
    const questions = racks.map(({ current, isUnseen, isAligning, pin }) => {
      const pins: RackFacts['pins'] =
        pin === undefined ? [] : [{ version: pin, owner: 'ada', reason: 'so', origin: 'rack' }]
      const rack = aRack({ current: current + (isUnseen ? '-unseen' : ''), isAligning, pins }).facts
      const { state, app, now } = registry
      return { state, app, channel, rack, now, conditions: { canGrant: true } }
    })
    return shown(questions)
  })

export const someQuestions = fc.oneof(askedOfStories, askedOfWays)
