/** What `doctor` asks about the rack's surroundings and its ways out: clock, agent, files, logs, and the way back. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { day, describeDuration, minute } from '../../shared/domain/instants.ts'
import { readAgentStatus } from './agent-status.ts'
import { logsDirectory, stepLogs } from './attempt-logs.ts'
import { isSameProcess } from './boot.ts'
import { bad, type Question, well } from './finding.ts'
import { historyFile } from './journal.ts'
import { isKept, type Rack } from './rack.ts'
import { rackConfigFile } from './rack-config.ts'
import { rackTokenFile } from './rack-token.ts'

/** The clock comes after the registry was asked: that is what it is compared with. */
export const surroundings: Readonly<Record<string, Question>> = {
  'is the clock right?': clockIsRight,
  'is the agent at work?': agentWorks,
  'is there a way back?': wayBackExists,
  'did the last rehearsal come back?': rehearsalCameBack,
  'may only its owner change its files?': filesAreClosed,
  'are its logs small enough?': logsAreSmall,
}

/** Answers take their time, and clocks drift: less than this is nobody's business. */
const mostSkewMs = 2 * minute

async function clockIsRight({ time }: Rack) {
  const lead = time.leadMs()
  if (lead === undefined) {
    if (!time.isDoubtful()) return well('there is nothing to compare it with yet')
    return bad(
      'warning',
      'it is more than a day ahead of what the registry said last, and it does not answer now',
      'timedatectl status',
    )
  }
  const words = `${describeDuration(Math.abs(lead))} ${lead < 0 ? 'behind' : 'ahead of'} the registry's`
  if (Math.abs(lead) <= mostSkewMs) return well(words)
  return bad(
    Math.abs(lead) > day ? 'failed' : 'warning',
    `it is ${words}; the rack counts from the registry's word, its logs and certificates do not`,
    'timedatectl status',
  )
}

/** Late by so much, it hangs: a round may take as long as an update, which holds the lock and is seen elsewhere. */
const mostLateMs = 60 * minute

async function agentWorks({ dir, place }: Rack) {
  const status = readAgentStatus(dir, place.files)
  const command = `headgate agent status --dir ${dir}`
  if (!status) return well('none has run here: a timer or a person asks')
  const { nextRoundAt, lastRoundAt } = status
  const now = place.clock.now()
  const last =
    lastRoundAt === null ? 'it had no round' : `its last round was ${describeDuration(now - lastRoundAt)} ago`
  if (isSameProcess(status.process) === 'no') {
    if (nextRoundAt === null) return bad('warning', `it was stopped; ${last}`, command)
    return bad('failed', `it ended without being stopped; ${last}`, command)
  }
  const lateMs = nextRoundAt === null ? 0 : now - nextRoundAt
  if (lateMs > mostLateMs)
    return bad('failed', `it should have asked ${describeDuration(lateMs)} ago; ${last}`, command)
  return well(last)
}

async function wayBackExists(rack: Rack) {
  const { driver, state, dir } = rack
  const current = await driver.current().catch(() => null)
  const before = state.proved.find(({ version }) => version !== current)
  if (!before) return well('nothing was proved here before what runs')
  const { version } = before
  if (driver.needsArtifact && !(await isKept(rack, version)))
    return bad('warning', `${version}, proved before, is no longer kept here`, `edit ${dir}/rack.toml, keep`)
  if (!driver.offlineRollback) return well(`to ${version}, as long as the ${driver.kind} driver can reach it`)
  return well(`to ${version}, without any network`)
}

async function rehearsalCameBack({ state, dir, place }: Rack) {
  const [newest] = state.rehearsals ?? []
  if (!newest) return well('none was made')
  const { from, to, outcome, at } = newest
  const words = `${from} → ${to} → ${from}, ${describeDuration(place.clock.now() - at)} ago`
  if (outcome === 'proved') return well(words)
  return bad('warning', `${words}: ${outcome}`, `headgate history --dir ${dir}`)
}

/** Whoever may write to rack.toml says what the agent runs. */
async function filesAreClosed({ dir }: Rack) {
  const wrong = [
    { path: dir, most: 0o775 },
    { path: rackConfigFile(dir), most: 0o644 },
    { path: rackTokenFile(dir), most: 0o600 },
    { path: join(dir, 'state.json'), most: 0o644 },
  ].flatMap(({ path, most }) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode
    if (mode === undefined || (mode & 0o777 & ~most & 0o066) === 0) return []
    return [{ path, most: most.toString(8), mode: (mode & 0o777).toString(8).padStart(4, '0') }]
  })
  const [first] = wrong
  if (!first) return well('yes')
  const words = wrong.map(({ path, mode }) => `${path} has mode ${mode}`).join(', ')
  return bad('failed', words, wrong.map(({ path, most }) => `chmod ${most} ${path}`).join(' && '))
}

const mostLogBytes = 256 * 1024 * 1024

async function logsAreSmall({ dir, place }: Rack) {
  const logs = stepLogs(dir, place.files)
  const history = statSync(historyFile(dir), { throwIfNoEntry: false })?.size ?? 0
  const bytes = logs.reduce((sum, log) => sum + log.bytes, history)
  const words = `${Math.ceil(bytes / 1024 / 1024)} MB in ${logs.length} logs and the history`
  if (bytes <= mostLogBytes) return well(words)
  return bad(
    'warning',
    `${words}: something that a hook left behind goes on writing`,
    `du -sh ${logsDirectory(dir)}`,
  )
}
