/**
 * Gates that ask the feeder's racks: coverage, soak, failures. No data is never a pass: a rack that says nothing has not
 * said that it is well.
 */
import type { RackFailure } from '../fleet-evidence.ts'
import { describeDuration, minute } from '../instants.ts'
import type { GateName, PromotionQuestion, Verdict } from './verdict.ts'

export function coverage(question: PromotionQuestion): Verdict | undefined {
  const gate = 'coverage'
  if (!question.channel.policy.gates.coverage) return undefined
  const { fleet } = question
  if (!fleet?.feeder) return nobodyCounted(gate)
  const { feeder, targetPlatforms } = fleet
  const missing = targetPlatforms.filter((platform) => !feeder.provedPlatforms.includes(platform))
  const numbers = { platforms: targetPlatforms.length, proved: targetPlatforms.length - missing.length }
  if (missing.length === 0) {
    const detail =
      targetPlatforms.length === 0
        ? `no rack follows ${question.channel.name} yet.`
        : `proved on ${targetPlatforms.join(', ')}.`
    return { gate, outcome: 'pass', detail, numbers }
  }
  const detail = `no rack of ${feeder.channel} has proved it on ${missing.join(', ')}.`
  return { gate, outcome: 'waiting', needs: 'data', detail, numbers }
}

export function soak(question: PromotionQuestion): Verdict | undefined {
  const gate = 'soak'
  const policy = question.channel.policy.gates.soak
  if (!policy) return undefined
  const feeder = question.fleet?.feeder
  if (!feeder) return nobodyCounted(gate)
  const { minRacks, soakMinutes } = policy
  const soaked = feeder.soakedMinutes.filter((minutes) => minutes >= soakMinutes).length
  // The rack that decides: the last of the best `minRacks`.
  const deciding = feeder.soakedMinutes[minRacks - 1]
  const numbers = {
    soaked,
    minRacks,
    soakMinutes,
    racks: feeder.racks,
    running: feeder.running,
    decidingMinutes: deciding === undefined ? null : Math.floor(deciding),
  }
  const asked = `${minRacks === 1 ? '1 rack has' : `${minRacks} racks have`} to run it healthy for ${describeDuration(soakMinutes * minute)}`
  const since = sinceHead(question)
  if (soaked >= minRacks) {
    const detail = `${count(soaked, 'rack')} of ${feeder.channel} ran it healthy for ${describeDuration(soakMinutes * minute)}.`
    return { gate, outcome: 'pass', detail, numbers }
  }
  if (deciding === undefined) {
    const proved = feeder.soakedMinutes.length
    const shown =
      feeder.racks === 0
        ? `${feeder.channel} has none.`
        : `${proved} of ${count(feeder.racks, 'rack')} of ${feeder.channel} proved it.`
    const detail = `${asked}; ${shown}`
    return { gate, outcome: 'waiting', needs: 'data', detail, numbers, ...since }
  }
  const left = (soakMinutes - deciding) * minute
  const detail = `${asked}; ${soaked} did, the next has ${describeDuration(deciding * minute)}.`
  if (feeder.running < minRacks - soaked) {
    const gone = `${detail} Only ${feeder.running} still run it.`
    return {
      gate,
      outcome: 'waiting',
      needs: 'data',
      detail: gone,
      numbers,
      ...since,
      ...(policy.dwell && { hint: nominate(question) }),
    }
  }
  const until = (question.fleet?.at ?? question.now) + left
  return { gate, outcome: 'waiting', needs: 'time', detail, numbers, until, ...since }
}

function sinceHead({ channel, release }: PromotionQuestion): { since?: number } {
  const since = channel.from === undefined ? undefined : release.headOn[channel.from]
  return since === undefined ? {} : { since }
}

function nominate({ app, channel, release }: PromotionQuestion): string {
  return `headgate promote ${release.version} --app ${app.name} --to ${channel.name} --nominate`
}

export function failures(question: PromotionQuestion): Verdict | undefined {
  const gate = 'failures'
  const { channel, release } = question
  const policy = channel.policy.gates.failures
  if (!policy) return undefined
  const feeder = question.fleet?.feeder
  if (!feeder) return nobodyCounted(gate)
  const since = promotedAgainAt(question)
  // Data that was lost is not brought back by a promotion.
  const present = feeder.failures.filter((one) => one.isDataLoss || one.at >= since)
  const earlier = feeder.failures.length - present.length
  const known = new Set(release.record.knownIssues.map(({ cause }) => cause))
  const counted = present.filter((one) => one.isDataLoss || !known.has(one.cause))
  const allowed = Math.max(policy.maxFailed, Math.floor((feeder.racks * policy.percent) / 100))
  const dataLoss = counted.filter((one) => one.isDataLoss).length
  const numbers = {
    failed: counted.length,
    allowed,
    racks: feeder.racks,
    known: present.length - counted.length,
    dataLoss,
    ...(earlier > 0 && { earlier }),
  }
  if (dataLoss > 0 || counted.length > allowed) {
    const why = dataLoss > 0 ? ` ${count(dataLoss, 'rack')} reported lost data, and one is too many.` : ''
    const detail = `${count(counted.length, 'rack')} failed; ${allowed} of ${feeder.racks} are tolerated.${why} ${shown(counted)}`
    const hint = dataLoss > 0 ? lookAt(question, counted) : knownIssue(question, counted)
    const firstAt = Math.min(...counted.map(({ at }) => at))
    return { gate, outcome: 'fail', needs: 'person', detail, numbers, since: firstAt, hint }
  }
  const wasTried = feeder.running > 0 || feeder.provedPlatforms.length > 0 || present.length > 0
  if (!wasTried)
    return {
      gate,
      outcome: 'waiting',
      needs: 'data',
      detail: `no rack of ${feeder.channel} tried it yet.`,
      numbers,
    }
  const rest = [
    ...(numbers.known === 0 ? [] : [`, and ${numbers.known} by known issues`]),
    ...(earlier === 0 ? [] : [`; ${earlier} failed before it was promoted there again`]),
  ].join('')
  return {
    gate,
    outcome: 'pass',
    detail: `${counted.length} of ${feeder.racks} racks failed${rest}; ${allowed} are tolerated.`,
    numbers,
  }
}

/**
 * A release that was taken back in the feeder and promoted there again begins anew: what failed before has been looked
 * at. From the beginning of time for one that was promoted there once, or never.
 */
function promotedAgainAt({ app, channel, release }: PromotionQuestion): number {
  const { from } = channel
  const firstAt = from === undefined ? undefined : release.headOn[from]
  if (from === undefined || firstAt === undefined) return Number.NEGATIVE_INFINITY
  for (let entry = app.channels.get(from)?.top; entry && entry.at > firstAt; entry = entry.previous)
    if (entry.movement === 'promoted' && entry.version === release.version) return entry.at
  return Number.NEGATIVE_INFINITY
}

function shown(failed: readonly RackFailure[]): string {
  const causes = new Map<string, number>()
  for (const { cause } of failed) causes.set(cause, (causes.get(cause) ?? 0) + 1)
  const parts = [...causes].map(([cause, racks]) => `${cause} (${racks})`)
  return parts.slice(0, 3).join('; ')
}

/** No name for it makes lost data count for nothing. */
function lookAt({ app }: PromotionQuestion, failed: readonly RackFailure[]): string {
  const rack = failed.find(({ isDataLoss }) => isDataLoss)?.rack ?? ''
  return `headgate rack show ${rack} --app ${app.name}`
}

function knownIssue({ app, release }: PromotionQuestion, failed: readonly RackFailure[]): string {
  const cause = failed[0]?.cause ?? ''
  return `headgate release known-issue ${release.version} --app ${app.name} --cause '${cause}' --note "why it does not count"`
}

function nobodyCounted(gate: GateName): Verdict {
  return { gate, outcome: 'waiting', needs: 'data', detail: 'the racks of the feeder were not counted yet.' }
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`
}
