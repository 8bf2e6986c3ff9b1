/** Publishing a release, and setting its routing facts. A release is immutable and idempotent by its content. */

import type { LedgerEvent } from '../events.ts'
import { judgePromotion } from '../gates.ts'
import { Problem } from '../problem.ts'
import { parseRange } from '../range.ts'
import type { Contract, ReleaseContent, ReleaseState, RoutingFacts } from '../release.ts'
import { type AppState, findApp, findChannel, findRelease, type State } from '../state.ts'
import { compareKeys, orderKey, parseVersion, readUntidyVersion } from '../version.ts'
import { openYankCovering } from '../yank.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface PublishRelease {
  readonly app: string
  readonly version: string
  readonly content: ReleaseContent
  readonly contract?: Contract
  /** Publish into an open yank's range as withdrawn. */
  readonly yanked?: boolean
  /** The advisory that this release mends although it lies in its range. */
  readonly fixes?: string
  readonly via: 'publish' | 'import'
}

/** The release itself; which heads follow is another question (`movesOnPublish`). */
export function publishRelease(state: State, input: PublishRelease, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const read = input.via === 'import' ? readUntidyVersion : parseVersion
  const { name: version, key } = read(app.scheme, input.version)
  const present = app.releases.get(version)
  if (present) {
    refuseDifferences(present, input.content)
    return []
  }
  refuseSameOrder(app, version, key)
  checkContent(input.content, context.now)
  const standing = standingInYanks(app, input, version, key)
  const events: LedgerEvent[] = []
  if (input.contract && !app.contracts.has(input.contract.digest)) {
    events.push(eventOf('contract.declared', context, { app: app.name, ...input.contract }))
  }
  events.push(
    eventOf('release.published', context, {
      app: app.name,
      version,
      content: input.content,
      via: input.via,
      ...standing,
    }),
  )
  return events
}

function refuseDifferences(present: ReleaseState, content: ReleaseContent): void {
  const fields = ['artifacts', 'notes', 'source', 'contract', 'publishedAt', 'validUntil'] as const
  const before = inOneOrder(present.content)
  const after = inOneOrder(content)
  const different = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
  if (different.length === 0) return
  const shown = different
    .map((field) => `${field}: ${brief(present.content[field])} is not ${brief(content[field])}`)
    .join('; ')
  throw new Problem(
    'release_differs',
    `${present.version} was published before with other content (${shown}). A release never changes.`,
    {
      hint: 'Publish the new content under a new version.',
      numbers: { different },
    },
  )
}

/** Equal content is equal in whatever order a build named its artifacts. */
function inOneOrder(content: ReleaseContent): ReleaseContent {
  const artifacts = [...content.artifacts].sort((a, b) => compareKeys(a.platform, b.platform))
  return { ...content, artifacts }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}

function refuseSameOrder(app: AppState, version: string, key: string): void {
  const other = app.versionOfKey.get(key)
  if (other === undefined) return
  throw new Problem(
    'same_order',
    `${version} stands at the same place in the order as ${other}, which is published: nobody could say which is newer.`,
  )
}

function checkContent(content: ReleaseContent, now: number): void {
  const platforms = content.artifacts.map((artifact) => artifact.platform)
  const twice = platforms.find((platform, index) => platforms.indexOf(platform) !== index)
  if (twice !== undefined)
    throw new Problem('invalid_input', `The platform ${twice} has more than one artifact.`)
  if (content.validUntil !== undefined && content.validUntil <= now) {
    throw new Problem(
      'invalid_date',
      `validUntil (${new Date(content.validUntil).toISOString()}) has passed already.`,
    )
  }
}

/** In an open range a publication says what it is: withdrawn as well, or the fix. An import is taken as withdrawn. */
function standingInYanks(
  app: AppState,
  input: PublishRelease,
  version: string,
  key: string,
): { yank?: string; fixes?: string } {
  if (input.fixes !== undefined && !app.yanks.has(input.fixes)) {
    throw new Problem('advisory_not_found', `The app ${app.name} has no advisory ${input.fixes}.`, {
      hint: `headgate release list --app ${app.name}`,
    })
  }
  const yank = openYankCovering(app, key)
  if (!yank && input.yanked) {
    throw new Problem(
      'invalid_input',
      `${version} lies in no withdrawn range, so it cannot be published as withdrawn: it would be live.`,
      {
        hint: `headgate release yank ${version} --app ${app.name} --severity moderate --remedy stay --reason "…" --confirm ${app.name}   # then publish it with --yanked`,
      },
    )
  }
  if (!yank) return {}
  if (input.fixes === yank.id) return { fixes: yank.id }
  if (input.yanked || input.via === 'import') return { yank: yank.id }
  throw new Problem(
    'inside_open_yank',
    `${version} lies in ${yank.range.text}, withdrawn by ${yank.id}: ${yank.reason}.`,
    {
      hint: `headgate release publish ${version} --app ${app.name} --fixes ${yank.id}   # or --yanked, if it is withdrawn as well`,
      numbers: { advisory: yank.id },
    },
  )
}

export interface RouteRelease {
  readonly app: string
  readonly version: string
  readonly routing: RoutingFacts
  /** Channels that are to take it as a stone, under their gates, although it was not their head. */
  readonly channels: readonly string[]
  readonly reason: string
}

/** Sets the facts that are named; the others stay. A channel whose gates do not pass awaits it: racks below wait. */
export function routeRelease(state: State, input: RouteRelease, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const release = findRelease(app, input.version)
  const routing = { ...release.routing, ...input.routing }
  checkRouting(state, app, release, routing, input.routing)
  const awaited = routing.required ? release.awaitedOn : []
  const wanted = [...new Set([...awaited, ...input.channels])]
  if (wanted.length > 0 && !routing.required) {
    throw new Problem(
      'invalid_input',
      `${release.version} is not a required release, so no channel has to take it as a stone.`,
      {
        hint: `headgate release route ${release.version} --app ${app.name} --required --channel ${wanted[0]} --reason "…"`,
      },
    )
  }
  const admittedOn = wanted.filter((name) => isAdmitted(app, name, release, context.now))
  const awaitedOn = wanted.filter(
    (name) => !admittedOn.includes(name) && release.servedOn[name] === undefined,
  )
  const isSame = JSON.stringify(routing) === JSON.stringify(release.routing)
  if (
    isSame &&
    admittedOn.every((name) => release.servedOn[name] !== undefined) &&
    JSON.stringify(awaitedOn) === JSON.stringify(release.awaitedOn)
  ) {
    return []
  }
  return [
    eventOf(
      'release.routed',
      context,
      { app: app.name, version: release.version, routing, admittedOn, awaitedOn },
      input.reason,
    ),
  ]
}

function isAdmitted(app: AppState, name: string, release: ReleaseState, now: number): boolean {
  const channel = findChannel(app, name)
  if (release.yank !== undefined) return false
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  // What the head has been through already needs no acknowledgement for an older stone.
  const isOlder = head !== undefined && release.key <= head.key
  const verdicts = judgePromotion({ app, channel, release, now, isStone: true })
  return verdicts.every((verdict) => verdict.outcome === 'pass' || (isOlder && verdict.gate === 'parameters'))
}

/** All the facts as they will be; a replacement only when it is given now, or a withdrawn one could never be mended. */
function checkRouting(
  state: State,
  app: AppState,
  release: ReleaseState,
  routing: RoutingFacts,
  given: RoutingFacts,
): void {
  if (routing.floor !== undefined && orderKey(app.scheme, routing.floor) > release.key) {
    throw new Problem('invalid_input', `The floor ${routing.floor} is newer than ${release.version} itself.`)
  }
  if (routing.requiresFrom !== undefined) parseRange(app.scheme, routing.requiresFrom)
  for (const [other, range] of Object.entries(routing.requires ?? {}))
    parseRange(findApp(state, other).scheme, range)
  if (given.replacedBy === undefined) return
  const replacement = findRelease(app, given.replacedBy)
  if (release.yank === undefined) {
    throw new Problem(
      'invalid_input',
      `${release.version} is not withdrawn, so nothing replaces it as a stone.`,
    )
  }
  if (replacement.yank !== undefined)
    throw new Problem('yanked', `${replacement.version} is withdrawn itself and cannot replace a stone.`)
}
