/** What a person checks when a rack worries them: an ordered list of questions, each with what to do about a bad answer. */
import { statfs } from 'node:fs/promises'
import { complaintsOf } from '../../shared/domain/health.ts'
import { day, describeDuration } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { askRegistry } from './ask.ts'
import { isOver } from './attempt.ts'
import { surroundings } from './doctor-surroundings.ts'
import { outOfService } from './drivers/host-row.ts'
import { bad, type Finding, type Question, well } from './finding.ts'
import { healthNow } from './health.ts'
import { aboutLifetimes } from './lifetimes/doctor-question.ts'
import { describeDrift, driftedNames } from './parameters/drift.ts'
import { driftCommands } from './parameters/refuse-drifted.ts'
import { standingOf } from './parameters/standing.ts'
import type { Rack } from './rack.ts'
import { enrolAgain } from './rack-token.ts'
import { attemptsIn } from './recover.ts'
import { upkeep } from './self-update/doctor-questions.ts'

const questions: Readonly<Record<string, Question>> = {
  'is nothing half done?': nothingPending,
  'is nothing stuck?': nothingStuck,
  'does the driver know the version?': versionKnown,
  'are there checks?': checksConfigured,
  'is every host in service?': hostsServe,
  'does the registry answer?': registryAnswers,
  'is what runs proved here?': currentProved,
  'did nobody else change the version?': unchangedOutside,
  'are the parameters as they were recorded?': parametersHold,
  'is the token good for long enough?': tokenLasts,
  ...aboutLifetimes,
  'is there room on the disk?': diskHasRoom,
  ...surroundings,
  ...upkeep,
  'is it healthy?': isHealthy,
}

export async function examine(rack: Rack): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [question, ask] of Object.entries(questions)) {
    const finding = await ask(rack)
    if (finding) findings.push({ question, ...finding })
  }
  return findings
}

async function nothingPending(rack: Rack) {
  const last = attemptsIn(rack).at(-1)
  if (!last || isOver(last.state)) return well('no attempt is under way')
  return bad('warning', `an attempt to ${last.input.to} is ${last.state}`, `headgate check --dir ${rack.dir}`)
}

async function nothingStuck({ state, dir }: Rack) {
  if (!state.stuck) return well('nothing is stuck')
  return bad('failed', state.stuck.message, state.stuck.hint ?? `headgate verify --dir ${dir}`)
}

async function versionKnown({ driver, dir }: Rack) {
  try {
    return well(`${(await driver.current()) ?? 'nothing'} is installed`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad('failed', error.message, error.hint ?? `headgate status --dir ${dir}`)
  }
}

async function checksConfigured({ config, dir }: Rack) {
  const count = config.checks.length
  if (count > 0) return well(`${count} configured`)
  return bad(
    'warning',
    'none is configured: an update counts as healthy when the version is the right one',
    `edit ${dir}/rack.toml, [[check]]`,
  )
}

async function hostsServe({ driver, config, dir }: Rack) {
  if (!driver.hosts) return undefined
  if (config.driver.kind === 'rolling' && config.driver.checkNames.length === 0) {
    const what = 'no host is asked: each counts as healthy when list shows the right version'
    return bad('warning', what, `edit ${dir}/rack.toml, [[driver.check]]`)
  }
  try {
    const rows = await driver.hosts()
    const out = outOfService(rows)
    return out === null ? well(`all ${rows.length}`) : bad('warning', out, `headgate status --dir ${dir}`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad('failed', error.message, error.hint ?? null)
  }
}

async function registryAnswers(rack: Rack) {
  try {
    const { decision } = await askRegistry(rack, { timeoutMs: 5_000, startMs: 0 })
    return well(`${decision.action}, ${decision.reason}`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad('failed', error.message, error.hint ?? null)
  }
}

async function currentProved({ driver, state, dir }: Rack) {
  const current = await driver.current().catch(() => null)
  if (current === null) return well('nothing is installed')
  const proved = state.proved.find(({ version }) => version === current)
  if (proved) return well(`${current} was proved here`)
  return bad(
    'warning',
    `${current} runs and was not proved by headgate on this rack`,
    `headgate verify --dir ${dir}`,
  )
}

async function unchangedOutside({ state, dir, time }: Rack) {
  const { outside } = state
  if (!outside) return well('nobody did')
  const { from, to, at } = outside
  const ago = describeDuration(time.now() - at)
  const what = `${from ?? 'nothing'} became ${to ?? 'nothing'} ${ago} ago, by no attempt of headgate`
  return bad('warning', what, `headgate verify --dir ${dir}`)
}

async function parametersHold(rack: Rack) {
  const { driver, dir, parameters } = rack
  if (!parameters.areThere) return well('this driver shows none')
  try {
    const standing = await standingOf(rack, await driver.current(), { afresh: true })
    const drift = standing?.drift
    if (!drift) return bad('warning', 'none are recorded for what runs', `headgate adopt --all --dir ${dir}`)
    const names = driftedNames(drift)
    if (names.length === 0) return well('they are')
    return bad(
      'warning',
      `${describeDrift(drift)}: no update before that is accepted`,
      driftCommands(dir, names),
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad('failed', error.message, error.hint ?? `headgate status --dir ${dir}`)
  }
}

const warnDays = 60

async function tokenLasts({ state, config, dir, time }: Rack) {
  const { tokenExpiresAt } = state
  if (tokenExpiresAt === undefined) return well('the registry did not say')
  const left = tokenExpiresAt - time.certainly()
  const command = enrolAgain(dir, config.rack)
  if (left <= 0) return bad('failed', `it ended ${describeDuration(-left)} ago`, command)
  const leftByWall = tokenExpiresAt - time.now()
  if (leftByWall <= 0)
    return bad(
      'warning',
      `it ended ${describeDuration(-leftByWall)} ago, if this machine's clock is right`,
      command,
    )
  if (left < warnDays * day) return bad('warning', `it ends in ${describeDuration(left)}`, command)
  return well(`it ends in ${describeDuration(left)}`)
}

const minFreeBytes = 256 * 1024 * 1024

async function diskHasRoom({ dir }: Rack) {
  const { bavail, bsize } = await statfs(dir)
  const free = bavail * bsize
  const megabytes = Math.floor(free / 1024 / 1024)
  return free >= minFreeBytes
    ? well(`${megabytes} MB free`)
    : bad('warning', `${megabytes} MB free`, `df -h ${dir}`)
}

/** As the agent found it last; doctor asks no check itself, for `verify` does. */
async function isHealthy(rack: Rack) {
  const health = healthNow(rack)
  if (health === null) return well('nothing is monitored')
  const { state, since } = health
  if (state !== 'unhealthy') return well(state)
  const ago = describeDuration(rack.place.clock.now() - since)
  return bad('failed', `unhealthy for ${ago}: ${complaintsOf(health)}`, `headgate verify --dir ${rack.dir}`)
}

/** How long ago the registry answered last, for whoever reads an old decision. */
export function ageOf(at: number, now: number): string {
  return now - at > day
    ? `${describeDuration(now - at)} ago, which is old`
    : `${describeDuration(now - at)} ago`
}
