/**
 * The one predicate over versions that a rack would move to, whatever the motive: what is answered as a target
 * would also be answered if it were the head. An ordered list; the first that objects is the reason.
 */

import { describeDuration, minute, toIso } from './instants.ts'
import { floorAbove, nextStep } from './path.ts'
import type { Question } from './question.ts'
import { contains, parseRange } from './range.ts'
import type { Reason } from './reasons.ts'
import { artifactFor, fitsPlatform, type ReleaseState } from './release.ts'
import { orderKey } from './version.ts'

export interface Refusal {
  readonly reason: Reason
  readonly detail: string
  /** When it could change by itself. */
  readonly until?: number
}

export type Admission = { readonly step: ReleaseState } | Refusal

type Rule = (question: Question, release: ReleaseState) => Refusal | undefined

const rules: readonly Rule[] = [
  yanked,
  barred,
  outsideConstraint,
  tooYoung,
  unsupportedPlatform,
  artifactUnavailable,
  requiresOthers,
]

/** The next step towards the release, if the rack may go there and every step is admitted too; else the refusal. */
export function admit(question: Question, destination: ReleaseState): Admission {
  const refusal = refusalOf(question, destination)
  if (refusal) return refusal
  const way = wayTo(question, destination)
  if (!('step' in way) || way.step === destination) return way
  return refusalOf(question, way.step) ?? way
}

function refusalOf(question: Question, release: ReleaseState): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(question, release)
    if (refusal) return refusal
  }
  return undefined
}

function wayTo({ app, channel, currentKey }: Question, destination: ReleaseState): Admission {
  if (currentKey === undefined) return { step: destination }
  if (destination.key < currentKey) {
    const floor = floorAbove(app, currentKey, destination.key)
    if (!floor) return { step: destination }
    return {
      reason: 'below_floor',
      detail: `${floor.version} goes back to ${floor.routing.floor} at the oldest, not to ${destination.version}`,
    }
  }
  const next = nextStep(app, channel.name, currentKey, destination)
  return 'step' in next ? next : { reason: 'no_path', detail: `${destination.version}: ${next.blockedBy}` }
}

function yanked({ app }: Question, release: ReleaseState): Refusal | undefined {
  if (release.yank === undefined) return undefined
  return {
    reason: 'yanked',
    detail: `${release.version} was withdrawn by ${release.yank}: ${app.yanks.get(release.yank)?.reason}`,
  }
}

function barred({ app, rack, currentKey }: Question, release: ReleaseState): Refusal | undefined {
  if (!rack.bar || currentKey === undefined || release.key <= currentKey) return undefined
  const isBarred =
    release.key > orderKey(app.scheme, rack.bar.above) && release.key <= orderKey(app.scheme, rack.bar.upTo)
  if (!isBarred) return undefined
  return {
    reason: 'rolled_back_here',
    detail: `a person went back from ${rack.bar.upTo} to ${rack.bar.above} on this rack; ${release.version} lies between`,
  }
}

function outsideConstraint({ app, rack }: Question, release: ReleaseState): Refusal | undefined {
  if (rack.within === undefined || contains(parseRange(app.scheme, rack.within), release.key))
    return undefined
  return { reason: 'outside_constraint', detail: `${release.version} is outside of ${rack.within}` }
}

function tooYoung({ rack, now, channel }: Question, release: ReleaseState): Refusal | undefined {
  if (rack.minAgeMinutes === undefined) return undefined
  const since = release.servedOn[channel.name] ?? release.recordedAt
  const until = since + rack.minAgeMinutes * minute
  if (now >= until) return undefined
  return {
    reason: 'too_young',
    until,
    detail: `${release.version} is ${describeDuration(now - since)} old on ${channel.name} and has to be ${describeDuration(rack.minAgeMinutes * minute)} (${toIso(until)})`,
  }
}

function unsupportedPlatform({ rack }: Question, { content, version }: ReleaseState): Refusal | undefined {
  if (fitsPlatform(content, rack.platform)) return undefined
  const present = content.artifacts.map((artifact) => artifact.platform).join(', ')
  return {
    reason: 'unsupported_platform',
    detail: `${version} is built for ${present}, not for ${rack.platform}`,
  }
}

function artifactUnavailable(
  { rack, conditions }: Question,
  { content, version }: ReleaseState,
): Refusal | undefined {
  if (!conditions.isArtifactMissing) return undefined
  const artifact = artifactFor(content, rack.platform)
  if (!artifact || artifact.url !== undefined || !conditions.isArtifactMissing(artifact.sha256))
    return undefined
  return {
    reason: 'artifact_unavailable',
    detail: `the registry no longer has the artifact ${artifact.sha256.slice(0, 12)}… of ${version}`,
  }
}

function requiresOthers({ state, rack }: Question, release: ReleaseState): Refusal | undefined {
  for (const { app: other, range } of release.requires) {
    const present = rack.apps[other]
    const scheme = state.apps.get(other)?.scheme
    if (present !== undefined && scheme !== undefined && contains(range, orderKey(scheme, present))) continue
    return {
      reason: 'requires',
      detail: `${release.version} requires ${other} ${range.text}; the rack runs ${present ?? 'none'}`,
    }
  }
  return undefined
}
