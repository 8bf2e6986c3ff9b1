/**
 * Ten years of releases through `unstable → stable` under the preset `team`, on a clock that is theirs: published when
 * they were, soaked by staging racks, proposed by a maintainer who has one rule, and stopped where a person is wanted.
 */
import { createApp } from '../../shared/domain/commands/app.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { movesOnPublish } from '../../shared/domain/commands/moves-on-publish.ts'
import { endNomination, nominateRelease } from '../../shared/domain/commands/nominate.ts'
import { setPolicy } from '../../shared/domain/commands/policy.ts'
import { promoteRelease } from '../../shared/domain/commands/promote.ts'
import { judgeProposal, reviewProposal } from '../../shared/domain/commands/proposals.ts'
import { publishRelease } from '../../shared/domain/commands/release.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { day, minute } from '../../shared/domain/instants.ts'
import { presets } from '../../shared/domain/policy.ts'
import { isOpen } from '../../shared/domain/proposal.ts'
import { type AppState, emptyState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import type { ImportLine } from '../convert-convox.ts'
import { seededChance } from './chance.ts'
import { createStaging } from './staging.ts'
import { createTally, type GateRow } from './tally.ts'

export interface Replay {
  readonly releases: number
  readonly promoted: readonly { readonly version: string; readonly at: number }[]
  readonly gates: readonly GateRow[]
  readonly stagingUpdates: number
  readonly stagingFailures: number
  /** Releases for which the parameter gate was open, with the parameters it named. */
  readonly alarms: readonly { readonly version: string; readonly at: number; readonly detail: string }[]
  readonly acknowledgedAt: number | undefined
  /** How long a release was head of unstable, in milliseconds. */
  headFor(version: string): number
  /** Rack-time of the racks that soaked it, longest first, in minutes. */
  soakOf(version: string): readonly number[]
}

export interface Script {
  /** The one release whose parameter change a person has looked at, and when they did. */
  readonly acknowledges: { readonly version: string; readonly parameter: string; readonly note: string }
}

const app = 'rack'
const step = 10 * minute
/** After so long without a publication nothing moves any more until the next one. */
const quiet = 6 * day
const stagingRacks = 4

export function replayHistory(lines: readonly ImportLine[], seed: number, script: Script): Replay {
  const state = emptyState()
  const staging = createStaging(app, 'unstable', stagingRacks, seededChance(seed))
  const tally = createTally()
  const alarms: { version: string; at: number; detail: string }[] = []
  const promoted: { version: string; at: number }[] = []
  const headSince: { version: string; at: number }[] = []
  /** Proposals that are not over. */
  const waiting = new Set<string>()
  let acknowledgedAt: number | undefined

  function record(events: readonly LedgerEvent[]): void {
    foldEvents(state, events)
    for (const event of events) {
      if (event.type === 'proposal.opened') waiting.add(event.proposal)
      if (event.type === 'proposal.closed') waiting.delete(event.proposal)
      if (event.type !== 'channel.promoted') continue
      if (event.proposal !== undefined) waiting.delete(event.proposal)
      if (event.channel === 'stable') promoted.push({ version: event.version, at: event.at })
      else headSince.push({ version: event.version, at: event.at })
    }
  }

  const shown = (version: string, now: number): FleetEvidence => ({
    at: now,
    targetPlatforms: ['linux/amd64'],
    feeder: staging.evidenceOf(version, now),
    isArtifactMissing: () => false,
  })

  function publish(line: ImportLine, now: number): void {
    const context = { now, actor: 'token:ci' }
    const { version, parameters } = line
    const contract = parameters && { digest: JSON.stringify(parameters), parameters }
    const content = { artifacts: [], ...(contract && { contract: contract.digest }) }
    record(
      publishRelease(
        state,
        { app, version, content, via: 'publish', ...(contract && { contract }) },
        context,
      ),
    )
    record(movesOnPublish(state, { app, version }, context).events)
    propose(version, context)
  }

  /** The maintainer's one rule: every new head is proposed, and one at a time soaks to its end. */
  function propose(version: string, { now }: CommandContext): void {
    const context = { now, actor: 'token:maintainer' }
    const { acknowledges } = script
    const isLookedAt = version === acknowledges.version
    const wish = {
      app,
      to: 'stable',
      version,
      whenReady: true,
      acknowledge: isLookedAt ? [acknowledges.parameter] : [],
      ...(isLookedAt && { note: acknowledges.note }),
    }
    if (isLookedAt) acknowledgedAt = now
    const head = findChannel(findApp(state, app), 'unstable').head
    if (head !== version) return
    record(promoteRelease(state, wish, context, shown(version, now)))
    const { nomination } = findChannel(findApp(state, app), 'unstable')
    if (nomination && now < nomination.until && !isLookedAt) return
    record(nominateRelease(state, { app, to: 'stable', version }, context))
  }

  function look(now: number): void {
    const context = { now, actor: 'registry' }
    const here = findApp(state, app)
    // The newest first: what is enacted overtakes what is older.
    for (const id of [...waiting].toReversed()) {
      const found = here.proposals.get(id)
      if (found?.proposed.kind !== 'promote') continue
      const { proposed } = found
      const fleet = shown(proposed.version, now)
      const verdicts = isOpen(here, found) ? judgeProposal(here, found, now, fleet) : []
      tally.look(proposed.version, verdicts, now)
      const parameters = verdicts.find(({ gate }) => gate === 'parameters')
      if (parameters?.outcome === 'fail' && !alarms.some(({ version }) => version === proposed.version))
        alarms.push({ version: proposed.version, at: now, detail: parameters.detail })
      record(reviewProposal(state, { app, proposal: id }, context, fleet))
    }
    endIfSoaked(now, context)
  }

  function endIfSoaked(now: number, context: CommandContext): void {
    const { nomination } = findChannel(findApp(state, app), 'unstable')
    if (!nomination) return
    const [best = 0] = staging.evidenceOf(nomination.version, now).soakedMinutes
    if (best >= nomination.soakMinutes)
      record(endNomination(state, { app, to: 'stable', outcome: 'soaked' }, context))
  }

  begin(state, record, Date.parse(lines[0]?.publishedAt ?? ''))
  for (const [index, line] of lines.entries()) {
    const at = Date.parse(line.publishedAt)
    publish(line, at)
    const nextAt = Date.parse(lines[index + 1]?.publishedAt ?? '')
    const until = Math.min(Number.isNaN(nextAt) ? at + quiet : nextAt, at + quiet)
    for (let now = at; now < until && (waiting.size > 0 || now === at); now += step) {
      staging.passTime(state, now)
      look(now)
    }
  }

  return {
    releases: lines.length,
    promoted,
    gates: tally.rows(),
    stagingUpdates: staging.updates,
    stagingFailures: staging.failed,
    alarms,
    acknowledgedAt,
    headFor(version) {
      const index = headSince.findIndex((one) => one.version === version)
      const [from, to] = [headSince[index], headSince[index + 1]]
      return from && to ? to.at - from.at : 0
    },
    soakOf: (version) =>
      staging.evidenceOf(version, Date.parse(lines.at(-1)?.publishedAt ?? '') + quiet).soakedMinutes,
  }
}

function begin(state: State, record: (events: readonly LedgerEvent[]) => void, firstAt: number): AppState {
  const context = { now: firstAt - day, actor: 'token:admin' }
  record(createApp(state, { app, scheme: 'timestamp' }, context))
  const { policy } = findChannel(findApp(state, app), 'stable')
  const team = { ...policy, gates: presets.team }
  record(setPolicy(state, { app, channel: 'stable', policy: team, reason: 'preset team' }, context))
  return findApp(state, app)
}
