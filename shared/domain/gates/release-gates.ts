/** Gates that look at the release and at what its channels serve: path, artifacts, parameters, lifetime. */
import type { ChannelState } from '../channel.ts'
import { day, describeDuration, toIso } from '../instants.ts'
import { diffParameters, isBlocking, type ParameterChange } from '../parameters.ts'
import { artifactFor, type ReleaseState } from '../release.ts'
import type { AppState } from '../state.ts'
import type { PromotionQuestion, Verdict } from './verdict.ts'

/**
 * A head has been head of the feeder. A stone may have been a stone there, but not where everything begins: somebody has
 * to have run it as head first.
 */
export function path({ app, channel, release, isStone }: PromotionQuestion): Verdict {
  const { from } = channel
  if (from === undefined && !isStone)
    return { gate: 'path', outcome: 'pass', detail: `${channel.name} has no feeder.` }
  const where = from ?? channel.name
  const since = isStone && from !== undefined ? release.servedOn[where] : release.headOn[where]
  if (since !== undefined) {
    const detail = `${release.version} was head of ${where}.${likeness(app, where, release)}`
    return { gate: 'path', outcome: 'pass', detail, since }
  }
  const role = from === undefined ? '' : `, which feeds ${channel.name}`
  return {
    gate: 'path',
    outcome: 'fail',
    needs: 'person',
    detail: `${release.version} was never head of ${where}${role}.${likeness(app, where, release)}`,
    hint: wayOnto(app, where, release),
  }
}

/** A slip of the finger sent the wrong one of two such builds to cars (museum: 20-the-wrong-build). */
function likeness(app: AppState, where: string, { version }: ReleaseState): string {
  const head = app.channels.get(where)?.head
  if (head === undefined || head === version || stemOf(head) !== stemOf(version)) return ''
  return ` ${where} serves ${head}, and the two names differ in their suffix only.`
}

function stemOf(version: string): string {
  return version.replace(/[-+].*$/, '')
}

/** What would make it head there. Channels only go forward, so behind a newer head only a newer release gets on the path. */
function wayOnto(app: AppState, where: string, release: ReleaseState): string {
  const head = app.releases.get(app.channels.get(where)?.head ?? '')
  return head && head.key > release.key
    ? `headgate release publish VERSION --app ${app.name}   # the same, as a version above ${head.version}, which ${where} serves`
    : `headgate promote ${release.version} --app ${app.name} --to ${where}`
}

/** A hosted artifact is here, or it is not. One at an address of its own is known to be good when a rack has proved it. */
export function artifacts({ channel, release, fleet }: PromotionQuestion): Verdict | undefined {
  if (!channel.policy.gates.artifacts) return undefined
  const gate = 'artifacts'
  if (release.content.artifacts.length === 0)
    return { gate, outcome: 'pass', detail: 'driven by its version alone.' }
  if (!fleet) return { gate, outcome: 'waiting', needs: 'data', detail: 'the racks were not counted yet.' }
  const needed = fleet.targetPlatforms
  const unbuilt = needed.filter((platform) => artifactFor(release.content, platform) === undefined)
  if (unbuilt.length > 0) {
    const detail = `nothing is built for ${unbuilt.join(', ')}, which racks of ${channel.name} have.`
    return { gate, outcome: 'fail', needs: 'data', detail, numbers: { unbuilt: unbuilt.length } }
  }
  const missing = release.content.artifacts.filter(
    ({ url, sha256 }) => url === undefined && fleet.isArtifactMissing(sha256),
  )
  if (missing.length > 0) {
    const names = missing.map(({ platform }) => platform).join(', ')
    return {
      gate,
      outcome: 'fail',
      needs: 'data',
      detail: `the registry does not have the bytes for ${names}.`,
    }
  }
  const unseen = needed.filter((platform) => {
    const isElsewhere = artifactFor(release.content, platform)?.url !== undefined
    return isElsewhere && !fleet.feeder?.provedPlatforms.includes(platform)
  })
  if (unseen.length > 0) {
    const detail = `no rack has fetched it from its address for ${unseen.join(', ')} yet.`
    return { gate, outcome: 'waiting', needs: 'data', detail }
  }
  const what = needed.length === 0 ? 'no rack follows yet' : needed.join(', ')
  return { gate, outcome: 'pass', detail: `can be fetched (${what}).` }
}

export function parameters({ app, channel, release }: PromotionQuestion): Verdict {
  const blocking = changesForChannel(app, channel, release).filter(isBlocking)
  const open = openChanges(channel, release, blocking)
  if (open.length > 0) {
    const flags = [...new Set(open.map((change) => change.name))].map((name) => `--acknowledge ${name}`)
    return {
      gate: 'parameters',
      outcome: 'fail',
      needs: 'person',
      detail: `${open.map((change) => change.detail).join(' ')} Nobody has acknowledged that for this release, against ${channel.head}.`,
      numbers: { blocking: blocking.length, open: open.length },
      hint: `headgate promote ${release.version} --app ${app.name} --to ${channel.name} ${flags.join(' ')} --note "why it is safe"`,
    }
  }
  return { gate: 'parameters', outcome: 'pass', detail: wordsOfPass(channel, blocking) }
}

function wordsOfPass(channel: ChannelState, blocking: readonly ParameterChange[]): string {
  if (channel.head === undefined) return `${channel.name} serves nothing yet, so nothing changes.`
  if (blocking.length === 0) return `no blocking change against ${channel.head}.`
  return `${blocking.map((change) => change.name).join(', ')} acknowledged.`
}

/** Of the blocking changes, those that nobody has acknowledged for this release on this channel. */
function openChanges(
  channel: ChannelState,
  release: ReleaseState,
  blocking: readonly ParameterChange[],
): readonly ParameterChange[] {
  return blocking.filter(
    ({ name, change }) =>
      !release.record.acknowledged.some(
        (one) => one.channel === channel.name && one.parameter === name && one.change === change,
      ),
  )
}

/** What the candidate changes against what the target channel serves now. */
export function changesForChannel(
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
): readonly ParameterChange[] {
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  return diffParameters(contractOf(app, head), contractOf(app, release))
}

export function contractOf(app: AppState, release: ReleaseState | undefined) {
  return release?.content.contract === undefined ? undefined : app.contracts.get(release.content.contract)
}

/** A release that says until when it is good has to be good for long enough. */
export function lifetime({ channel, release, now }: PromotionQuestion): Verdict | undefined {
  const policy = channel.policy.gates.lifetime
  if (!policy) return undefined
  const { validUntil } = release.content
  if (validUntil === undefined)
    return { gate: 'lifetime', outcome: 'pass', detail: 'it declares no end of its validity.' }
  const left = validUntil - now
  const numbers = { remainingDays: Math.floor(left / day), minRemainingDays: policy.minRemainingDays }
  if (left >= policy.minRemainingDays * day) {
    const detail = `valid for ${describeDuration(left)} (until ${toIso(validUntil)}).`
    return { gate: 'lifetime', outcome: 'pass', detail, numbers, until: validUntil }
  }
  const detail =
    left <= 0
      ? `its validity ended ${describeDuration(-left)} ago (${toIso(validUntil)}).`
      : `valid for ${describeDuration(left)} only (until ${toIso(validUntil)}); ${policy.minRemainingDays} days are asked.`
  return { gate: 'lifetime', outcome: 'fail', needs: 'data', detail, numbers }
}
