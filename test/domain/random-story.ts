/**
 * Any sequence of commands: mostly sensible ones, about the newest versions of two apps, so that they meet. A command
 * that is refused records nothing, and the story goes on.
 */
import fc from 'fast-check'
import { createApp, createChannel } from '../../shared/domain/commands/app.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { liftFreeze, setFreeze } from '../../shared/domain/commands/freeze.ts'
import { movesOnImport, movesOnPublish } from '../../shared/domain/commands/moves-on-publish.ts'
import { planPromotion, promoteRelease } from '../../shared/domain/commands/promote.ts'
import { publishRelease, routeRelease } from '../../shared/domain/commands/release.ts'
import { revertChannel } from '../../shared/domain/commands/revert.ts'
import { createToken, revokeToken } from '../../shared/domain/commands/token.ts'
import { yankReleases } from '../../shared/domain/commands/yank.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { day, minute } from '../../shared/domain/instants.ts'
import { isBlocking } from '../../shared/domain/parameters.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { RoutingFacts } from '../../shared/domain/release.ts'
import { emptyState, forkState, type State } from '../../shared/domain/state.ts'
import { anArtifact, storyStart } from '../support/builders.ts'

type Command = (state: State, context: CommandContext) => readonly LedgerEvent[]

export interface NamedCommand {
  readonly name: string
  readonly command: Command
}

const app = fc.oneof({ weight: 12, arbitrary: fc.constant('rack') }, fc.constant('site'))
const channel = fc.oneof(
  { weight: 6, arbitrary: fc.constant('stable') },
  fc.constantFrom('unstable', 'canary'),
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(fc.constant(undefined), arbitrary)
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, arbitrary)

/** How far from the newest version: 0 is the newest, 1 the next to come. */
export const near = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 1 }) },
  fc.integer({ min: -12, max: 2 }),
)

export function versionNear(state: State, app: string, distance: number): string {
  const published = [...(state.apps.get(app)?.releases.values() ?? [])].map(({ version }) => Number(version))
  return String(Math.max(1, Math.max(0, ...published) + distance))
}

const contracts = [
  { digest: 'c1', parameters: { Password: {} } },
  { digest: 'c2', parameters: { Password: { masked: true } } },
  { digest: 'c3', parameters: { Password: {}, Key: {} } },
]

const publishing = fc
  .record({
    app,
    distance: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, near),
    contract: seldom(fc.constantFrom(...contracts)),
    platform: seldom(fc.constantFrom('linux/amd64', 'linux/arm64', 'any')),
    via: fc.constantFrom('publish' as const, 'publish' as const, 'import' as const),
    yanked: fc.boolean(),
    fixes: seldom(fc.constantFrom('ADV-1', 'ADV-2')),
  })
  .map(
    ({ app, distance, contract, platform, via, yanked, fixes }): Command =>
      (state, context) => {
        const version = versionNear(state, app, distance)
        const artifacts = platform === undefined ? [] : [anArtifact({ platform })]
        const content = { artifacts, ...(contract && { contract: contract.digest }) }
        const more = { ...(contract && { contract }), ...(fixes !== undefined && { fixes }) }
        const published = publishRelease(state, { app, version, via, yanked, content, ...more }, context)
        const after = foldEvents(forkState(state), published)
        const moved =
          via === 'import'
            ? movesOnImport(after, { app, version, channels: ['unstable', 'stable'] }, context)
            : movesOnPublish(after, { app, version }, context)
        return [...published, ...moved.events]
      },
  )

const promoting = fc.record({ app, to: channel, distance: maybe(near), acknowledges: fc.boolean() }).map(
  ({ app, to, distance, acknowledges }): Command =>
    (state, context) => {
      const version = distance === undefined ? {} : { version: versionNear(state, app, distance) }
      const input = { app, to, acknowledge: [], note: 'looked at it', ...version }
      if (!acknowledges) return promoteRelease(state, input, context)
      const { changes } = planPromotion(state, input, context)
      return promoteRelease(
        state,
        { ...input, acknowledge: changes.filter(isBlocking).map(({ name }) => name) },
        context,
      )
    },
)

const reverting = fc.record({ app, channel, distance: maybe(near), recall: fc.boolean() }).map(
  ({ app, channel, distance, recall }): Command =>
    (state, context) => {
      const to = distance === undefined ? {} : { to: versionNear(state, app, distance) }
      return revertChannel(state, { app, channel, recall, reason: 'broken', ...to }, context)
    },
)

const yanking = fc
  .record({
    app,
    end: near,
    length: fc.nat(2),
    severity: fc.constantFrom('moderate' as const, 'critical' as const),
    remedy: fc.constantFrom('rollback' as const, 'forward' as const, 'stay' as const),
    target: seldom(near),
  })
  .map(
    ({ app, end, length, severity, remedy, target }): Command =>
      (state, context) => {
        const [a, b] = [versionNear(state, app, end - length), versionNear(state, app, end)]
        const to = target === undefined ? {} : { to: versionNear(state, app, target) }
        const input = { app, range: a === b ? a : `${a}..${b}`, severity, remedy, reason: 'broken', ...to }
        return yankReleases(state, input, context)
      },
  )

const routing = fc
  .record({
    app,
    distance: near,
    isRequired: maybe(fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false))),
    channels: fc.subarray(['stable', 'canary'], { maxLength: 1 }),
    floor: seldom(near),
    from: seldom(near),
    replacement: maybe(near),
    isSkippable: maybe(fc.boolean()),
    requires: seldom(fc.constant({ site: '>=3' })),
  })
  .map(
    ({ app, distance, isRequired, channels, ...given }): Command =>
      (state, context) => {
        const version = versionNear(state, app, distance)
        const isYanked = state.apps.get(app)?.releases.get(version)?.yank !== undefined
        const { floor, from, replacement, isSkippable, requires } = given
        const facts: RoutingFacts = {
          ...(isRequired !== undefined && { required: isRequired }),
          ...(floor !== undefined && { floor: versionNear(state, app, floor) }),
          ...(from !== undefined && { requiresFrom: `>=${versionNear(state, app, from)}` }),
          ...(isSkippable !== undefined && { skippable: isSkippable }),
          ...(requires && state.apps.has('site') && { requires }),
          ...(isYanked && replacement !== undefined && { replacedBy: versionNear(state, app, replacement) }),
        }
        const wanted = isRequired ? channels : []
        return routeRelease(
          state,
          { app, version, routing: facts, channels: wanted, reason: 'so it is' },
          context,
        )
      },
  )

const scope = fc.constantFrom({}, { app: 'rack' }, { app: 'rack', channel: 'stable' })

const freezing = fc
  .record({ scope, all: fc.boolean(), minutes: fc.constantFrom(1, 2, 3, 4, 5, undefined) })
  .map(
    ({ scope, all, minutes }): Command =>
      (state, context) => {
        const until = minutes === undefined ? {} : { until: context.now + minutes * minute }
        return setFreeze(state, { ...scope, all, reason: 'looking', ...until }, context)
      },
  )

const lifting = scope.map(
  (one): Command =>
    (state, context) =>
      liftFreeze(state, one, context),
)

const tokenMaking = fc
  .record({
    id: fc.nat(5),
    name: fc.constantFrom('ada', 'ben'),
    role: fc.constantFrom('admin' as const, 'join' as const),
  })
  .map(
    ({ id, name, role }): Command =>
      (state, context) => {
        const token = { token: `t${id}`, sha256: String(id).repeat(64), expiresAt: context.now + day }
        return createToken(state, { ...token, name, role, scopes: [], labels: {} }, context)
      },
  )

const revoking = fc.constantFrom('ada', 'ben', 't1').map(
  (token): Command =>
    (state, context) =>
      revokeToken(state, { token }, context),
)

const founding = fc.record({ app, channel, from: maybe(channel), promoteOnPublish: fc.boolean() }).map(
  ({ app, channel, from, promoteOnPublish }): Command =>
    (state, context) => {
      const input = { app, channel, policy: { promoteOnPublish }, ...(from !== undefined && { from }) }
      return createChannel(state, input, context)
    },
)

const opening =
  (name: string): Command =>
  (state, context) =>
    createApp(state, { app: name, scheme: 'timestamp' }, context)

const named = (weight: number, name: string, commands: fc.Arbitrary<Command>) => ({
  weight,
  arbitrary: commands.map((command) => saying(name, command)),
})

/** A counterexample is a list of names, not of programs. */
function saying(name: string, command: Command): NamedCommand {
  return Object.assign({ name, command }, { [fc.toStringMethod]: () => name })
}

const anyCommand = fc.oneof(
  named(28, 'publish', publishing),
  named(28, 'promote', promoting),
  named(8, 'revert', reverting),
  named(3, 'yank', yanking),
  named(14, 'route', routing),
  named(1, 'freeze', freezing),
  named(4, 'unfreeze', lifting),
  named(1, 'token create', tokenMaking),
  named(1, 'token revoke', revoking),
  named(1, 'channel create', founding),
  named(1, 'app create', app.map(opening)),
)

/** Commands, after the app `rack` and its third channel were made and three releases were served. */
export function someCommands(maxLength: number): fc.Arbitrary<NamedCommand[]> {
  return fc
    .array(anyCommand, { minLength: Math.floor(maxLength / 2), maxLength, size: 'max' })
    .map((commands) => [
      saying('app create', opening('rack')),
      saying('channel create', (state, context) =>
        createChannel(state, { app: 'rack', channel: 'canary', from: 'unstable' }, context),
      ),
      ...['1', '2', '3'].flatMap((version) => [publish(version), promote(version)]),
      ...commands,
    ])
}

function publish(version: string): NamedCommand {
  return saying(`publish ${version}`, (state, context) => {
    const input = { app: 'rack', version }
    const events = publishRelease(state, { ...input, via: 'publish', content: { artifacts: [] } }, context)
    const after = foldEvents(forkState(state), events)
    return [...events, ...movesOnPublish(after, input, context).events]
  })
}

function promote(version: string): NamedCommand {
  return saying(`promote ${version}`, (state, context) =>
    promoteRelease(state, { app: 'rack', to: 'stable', version, acknowledge: [] }, context),
  )
}

/** Eight releases are there; then one channel is moved to and fro among them, and now and then one is withdrawn. */
export function someMoves(maxLength: number): fc.Arbitrary<NamedCommand[]> {
  const version = fc.integer({ min: 1, max: 8 }).map(String)
  const move = (name: string, command: (version: string) => Command) =>
    version.map((one) => saying(`${name} ${one}`, command(one)))
  const moves = fc.oneof(
    { weight: 5, arbitrary: version.map(promote) },
    {
      weight: 4,
      arbitrary: move('revert', (one) => (state, context) => {
        const input = { app: 'rack', channel: 'stable', to: one, recall: false, reason: 'broken' }
        return revertChannel(state, input, context)
      }),
    },
    {
      weight: 1,
      arbitrary: move('yank', (one) => (state, context) => {
        const input = {
          app: 'rack',
          range: one,
          severity: 'moderate',
          remedy: 'stay',
          reason: 'broken',
        } as const
        return yankReleases(state, input, context)
      }),
    },
  )
  return fc
    .array(moves, { maxLength, size: 'max' })
    .map((some) => [
      saying('app create', opening('rack')),
      ...['1', '2', '3', '4', '5', '6', '7', '8'].map(publish),
      ...some,
    ])
}

export interface Step {
  readonly name: string
  readonly now: number
  /** The state after the command. */
  readonly state: State
  /** What it recorded; nothing where it was refused. */
  readonly events: readonly LedgerEvent[]
}

/** Gives the commands one after another, a minute apart, and shows what came of each. */
export function tell(
  commands: readonly NamedCommand[],
  see: (step: Step) => void = () => undefined,
): { readonly state: State; readonly steps: readonly (readonly LedgerEvent[])[] } {
  const state = emptyState()
  const steps: (readonly LedgerEvent[])[] = []
  for (const [i, { name, command }] of commands.entries()) {
    const now = storyStart + i * minute
    const events = unlessRefused(() => command(state, { now, actor: 'token:ada' }))
    foldEvents(state, events)
    steps.push(events)
    see({ name, now, state, events })
  }
  return { state, steps }
}

function unlessRefused(command: () => readonly LedgerEvent[]): readonly LedgerEvent[] {
  try {
    return command()
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}
