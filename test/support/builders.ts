/**
 * Stories about a registry and its racks: everything goes through the real commands and the real fold, so that a test
 * can only tell what could have happened. Versions of the default scheme are digits: `10`, `20`, `30`.
 */
import type { ChannelState } from '../../shared/domain/channel.ts'
import { createApp, createChannel } from '../../shared/domain/commands/app.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { liftFreeze, setFreeze } from '../../shared/domain/commands/freeze.ts'
import { movesOnPublish } from '../../shared/domain/commands/moves-on-publish.ts'
import { nominateRelease } from '../../shared/domain/commands/nominate.ts'
import { setPolicy } from '../../shared/domain/commands/policy.ts'
import { type PromoteRelease, promoteRelease } from '../../shared/domain/commands/promote.ts'
import { approveProposal, reviewProposal } from '../../shared/domain/commands/proposals.ts'
import { publishRelease, routeRelease } from '../../shared/domain/commands/release.ts'
import {
  addEvidence,
  answerObjection,
  nameKnownIssue,
  raiseObjection,
  tickItem,
} from '../../shared/domain/commands/release-record.ts'
import { revertChannel } from '../../shared/domain/commands/revert.ts'
import {
  haltRollout,
  openAllWaves,
  pauseRollout,
  recordPlan,
  resumeRollout,
  retryRollout,
  stepRollout,
} from '../../shared/domain/commands/rollout.ts'
import { liftYank } from '../../shared/domain/commands/unyank.ts'
import { yankReleases } from '../../shared/domain/commands/yank.ts'
import { type Decision, decide, type Trace } from '../../shared/domain/decide.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { ParameterContract } from '../../shared/domain/parameters.ts'
import type { ChannelPolicy, GatePolicy } from '../../shared/domain/policy.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Conditions } from '../../shared/domain/question.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Artifact, ReleaseContent, ReleaseState, RoutingFacts } from '../../shared/domain/release.ts'
import type { Rollout, RolloutFailure } from '../../shared/domain/rollout.ts'
import type { RolloutCounts, WaveCount } from '../../shared/domain/rollout-gates.ts'
import { isTooEarly, type PlanningRack, plannedAtOnce } from '../../shared/domain/rollout-plan.ts'
import {
  type AppState,
  emptyState,
  findApp,
  findChannel,
  findRelease,
  findRollout,
  type State,
} from '../../shared/domain/state.ts'
import type { VersionScheme } from '../../shared/domain/version.ts'
import type { Remedy, Severity } from '../../shared/domain/yank.ts'

/** When every story begins: a minute before the build of August 2016 that made it necessary. */
export const storyStart = Date.UTC(2016, 7, 16, 16, 0, 15)

export interface Publishing extends Partial<ReleaseContent> {
  readonly parameters?: ParameterContract
  readonly yanked?: boolean
  readonly fixes?: string
  readonly channel?: string
  readonly via?: 'publish' | 'import'
}

export interface Yanking {
  readonly severity?: Severity
  readonly remedy?: Remedy
  readonly to?: string
  readonly reason?: string
}

export interface Freezing {
  readonly app?: string
  readonly channel?: string
  readonly all?: boolean
  readonly until?: number
  readonly reason?: string
}

export interface RegistryStory {
  readonly state: State
  /** The app that the story is about: the last one that was created or turned to. */
  readonly app: AppState
  /** Everything that was recorded so far. */
  readonly events: readonly LedgerEvent[]
  readonly now: number
  readonly context: CommandContext
  channel(name?: string): ChannelState
  release(version: string): ReleaseState
  later(minutes: number): RegistryStory
  as(actor: string): RegistryStory
  withApp(name: string, scheme?: VersionScheme): RegistryStory
  withChannel(name: string, options?: { from?: string; policy?: Partial<ChannelPolicy> }): RegistryStory
  /** Published, and head of `unstable` unless it is older than that. */
  publishes(version: string, publishing?: Publishing): RegistryStory
  promotes(
    version: string,
    options?: Partial<Omit<PromoteRelease, 'app' | 'version'>>,
    fleet?: FleetEvidence,
  ): RegistryStory
  /** Each of them published and promoted to `stable`, in this order. */
  serves(...versions: readonly string[]): RegistryStory
  /** What the registry does with a rollout that was ordered: over these racks, all eligible if it is not said. */
  plans(rollout: string, racks?: readonly Partial<PlanningRack>[]): RegistryStory
  /** One look of the registry's clock, with what the racks of each wave show. */
  steps(rollout: string, ...waves: readonly Shown[]): RegistryStory
  /** Planned over nobody, who has nothing to prove: it is through at once. */
  completes(rollout: string): RegistryStory
  pauses(rollout: string, reason?: string): RegistryStory
  halts(rollout: string, reason?: string): RegistryStory
  resumes(rollout: string, acknowledge?: readonly string[], counts?: RolloutCounts): RegistryStory
  retries(rollout: string): RegistryStory
  opens(rollout: string, reason?: string): RegistryStory
  rollout(id: string): Rollout
  counts(...waves: readonly Shown[]): RolloutCounts
  reverts(to: string, options?: { channel?: string; recall?: boolean; reason?: string }): RegistryStory
  yanks(range: string, yanking?: Yanking): RegistryStory
  routes(version: string, routing: RoutingFacts, channels?: readonly string[]): RegistryStory
  /** The gates of a channel's policy, all at once. */
  withPolicy(channel: string, gates: GatePolicy): RegistryStory
  nominates(version: string, to?: string): RegistryStory
  shows(version: string, name: string, told?: { outcome?: 'pass' | 'fail'; from?: string }): RegistryStory
  ticks(version: string, item: string, channel?: string): RegistryStory
  objects(version: string, reason: string): RegistryStory
  answers(objection: string, note?: string): RegistryStory
  knows(version: string, cause: string): RegistryStory
  approves(proposal: string, fleet?: FleetEvidence, role?: 'maintainer' | 'admin'): RegistryStory
  /** What the registry's own clock does about a proposal. */
  looksAt(proposal: string, fleet?: FleetEvidence): RegistryStory
  unyanks(advisory: string): RegistryStory
  refusal(act: () => unknown): Problem
  freezes(freezing?: Freezing): RegistryStory
  unfreezes(scope?: Pick<Freezing, 'app' | 'channel'>): RegistryStory
  /** Any other command, or none: the events are folded and remembered. */
  records(events: readonly LedgerEvent[]): RegistryStory
}

export function aRegistry(): RegistryStory {
  const state = emptyState()
  const events: LedgerEvent[] = []
  let app = ''
  let now = storyStart
  let actor = 'token:ada'
  const context = (): CommandContext => ({ now, actor })

  const story: RegistryStory = {
    state,
    events,
    get app() {
      return findApp(state, app)
    },
    get now() {
      return now
    },
    get context() {
      return context()
    },
    channel: (name = 'stable') => findChannel(findApp(state, app), name),
    release: (version) => findRelease(findApp(state, app), version),
    later(minutes) {
      now += minutes * minute
      return story
    },
    as(name) {
      actor = name
      return story
    },
    withApp(name, scheme = 'timestamp') {
      app = name
      return story.records(createApp(state, { app, scheme }, context()))
    },
    withChannel: (channel, options = {}) =>
      story.records(createChannel(state, { app, channel, ...options }, context())),
    publishes(version, { parameters, yanked, fixes, channel, via = 'publish', ...content } = {}) {
      const contract = parameters && { digest: JSON.stringify(parameters), parameters }
      story.records(
        publishRelease(
          state,
          {
            app,
            version,
            via,
            content: { artifacts: [], ...(contract && { contract: contract.digest }), ...content },
            ...(contract && { contract }),
            ...(yanked !== undefined && { yanked }),
            ...(fixes !== undefined && { fixes }),
          },
          context(),
        ),
      )
      const move = { app, version, ...(channel !== undefined && { channel }) }
      return story.records(movesOnPublish(state, move, context()).events)
    },
    promotes: (version, { to = 'stable', acknowledge = [], ...options } = {}, fleet = undefined) =>
      story.records(promoteRelease(state, { app, to, version, acknowledge, ...options }, context(), fleet)),
    serves(...versions) {
      for (const version of versions) story.publishes(version).promotes(version)
      return story
    },
    plans(rollout, racks = []) {
      const { key, policy, notBefore, purpose } = story.rollout(rollout)
      const told = racks.map((rack) => ({ key: '0'.repeat(16), labels: {}, leftOut: undefined, ...rack }))
      const isForNobodyToo = purpose !== 'head'
      const plan = plannedAtOnce({ key, policy, notBefore, racks: told, at: now, isForNobodyToo })
      if (isTooEarly(plan)) return story
      return story.records(recordPlan(state, { app, rollout, plan }, { now, actor: 'registry' }))
    },
    steps: (rollout, ...waves) =>
      story.records(
        stepRollout(state, { app, rollout, counts: story.counts(...waves) }, { now, actor: 'registry' }),
      ),
    completes: (rollout) =>
      story.plans(rollout).steps(rollout, ...story.rollout(rollout).policy.waves.map(() => ({}))),
    pauses: (rollout, reason = 'we look into it') =>
      story.records(pauseRollout(state, { app, rollout, reason }, context())),
    halts: (rollout, reason = 'it burns') =>
      story.records(haltRollout(state, { app, rollout, reason }, context())),
    resumes: (rollout, acknowledge = [], counts = undefined) =>
      story.records(
        resumeRollout(state, { app, rollout, acknowledge, reason: 'it was the lamp' }, counts, context()),
      ),
    retries: (rollout) => story.records(retryRollout(state, { app, rollout, reason: 'again' }, context())),
    opens: (rollout, reason = 'at once') =>
      story.records(openAllWaves(state, { app, rollout, reason }, context())),
    rollout: (id) => findRollout(story.app, id),
    counts: (...waves) => ({ at: now, waves: waves.map(shown) }),
    reverts: (to, { channel = 'stable', recall = false, reason = 'it is broken' } = {}) =>
      story.records(revertChannel(state, { app, channel, to, recall, reason }, context())),
    yanks: (range, { severity = 'moderate', remedy = 'rollback', to, reason = 'it is broken' } = {}) =>
      story.records(
        yankReleases(
          state,
          { app, range, severity, remedy, reason, ...(to !== undefined && { to }) },
          context(),
        ),
      ),
    routes: (version, routing, channels = []) =>
      story.records(
        routeRelease(state, { app, version, routing, channels, reason: 'it has to be so' }, context()),
      ),
    withPolicy(channel, gates) {
      const policy = { ...story.channel(channel).policy, gates }
      return story.records(setPolicy(state, { app, channel, policy, reason: 'as agreed' }, context()))
    },
    nominates: (version, to = 'stable') =>
      story.records(nominateRelease(state, { app, to, version }, context())),
    shows: (version, name, { outcome = 'pass', from } = {}) =>
      story.records(
        addEvidence(state, { app, version, name, outcome, ...(from !== undefined && { from }) }, context()),
      ),
    ticks: (version, item, channel = 'stable') =>
      story.records(tickItem(state, { app, version, channel, item, note: 'done' }, context())),
    objects: (version, reason) => story.records(raiseObjection(state, { app, version, reason }, context())),
    answers: (objection, note = 'it is not so') =>
      story.records(answerObjection(state, { app, objection, note }, context())),
    knows: (version, cause) =>
      story.records(nameKnownIssue(state, { app, version, cause, note: 'known' }, context())),
    approves: (proposal, fleet = undefined, role = 'maintainer') =>
      story.records(approveProposal(state, { app, proposal, role }, context(), fleet)),
    looksAt: (proposal, fleet = undefined) =>
      story.records(reviewProposal(state, { app, proposal }, { now, actor: 'registry' }, fleet)),
    unyanks: (advisory) =>
      story.records(liftYank(state, { app, advisory, reason: 'it was good' }, context())),
    refusal: (act) => problemOf(act),
    freezes: ({ all = false, reason = 'we look into it', ...scope } = {}) =>
      story.records(setFreeze(state, { all, reason, ...scope }, context())),
    unfreezes: (scope = {}) => story.records(liftFreeze(state, scope, context())),
    records(more) {
      foldEvents(state, more)
      events.push(...more)
      return story
    },
  }
  return story
}

export interface Asking {
  /** The channel that the rack follows; `stable` if it is not said. */
  readonly on?: string
  readonly at?: number
  readonly conditions?: Partial<Conditions>
  /** The channel as a rollout would have left it: its head is not its base yet. */
  readonly base?: string
  readonly trace?: Trace
}

export interface RackStory {
  readonly facts: RackFacts
  asks(registry: RegistryStory, asking?: Asking): Decision
}

/** A rack that follows a channel and has nothing else to tell; what it does tell is said over that. */
export function aRack(told: Partial<RackFacts> = {}): RackStory {
  const facts: RackFacts = {
    name: 'prod-1',
    current: undefined,
    platform: 'linux/amd64',
    proved: [],
    pins: [],
    holds: [],
    failures: [],
    isAligning: false,
    apps: {},
    ...told,
  }
  return {
    facts,
    asks(registry, { on, at = registry.now, conditions, base, trace } = {}) {
      const channel = { ...registry.channel(on), ...(base !== undefined && { base }) }
      const input = { state: registry.state, app: registry.app, channel, rack: facts, now: at }
      return decide({ ...input, conditions: { canGrant: true, ...conditions } }, trace)
    },
  }
}

export function anArtifact(told: Partial<Artifact> = {}): Artifact {
  return { platform: 'linux/amd64', sha256: 'a'.repeat(64), size: 1000, ...told }
}

/** What a test says of a decision: exact, and short enough to be a row of a table. */
export interface Told {
  readonly action: Decision['action']
  readonly reason: Decision['reason']
  readonly motive: Decision['motive']
  readonly target: string | undefined
  readonly until: number | undefined
}

export function toldBy({ action, reason, motive, target, until }: Decision): Told {
  return { action, reason, motive, target: target?.version, until }
}

/** What the racks of one wave show; nobody shows what is not said. */
export type Shown = Partial<Omit<WaveCount, 'failures'>> & {
  readonly failures?: readonly Partial<RolloutFailure>[]
}

function shown({ failures = [], ...told }: Shown): WaveCount {
  return {
    waiting: 0,
    underWay: 0,
    soaking: 0,
    soaked: 0,
    leftOut: {},
    soakingMinutes: [],
    ...told,
    failures: failures.map((failure) => aFailure(failure)),
  }
}

export function aFailure(told: Partial<RolloutFailure> = {}): RolloutFailure {
  return {
    rack: 'prod-1',
    at: storyStart,
    cause: 'settling: status #',
    message: 'status 502',
    attempt: 'A-1',
    isDataLoss: false,
    ...told,
  }
}

/** The Problem that an act raises; a test that expects one fails when there is none, and a bug goes through. */
export function problemOf(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('It was expected to be refused, and was not.')
}
