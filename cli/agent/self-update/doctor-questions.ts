/** What `doctor` asks about the upkeep of the agent: what starts it, which protocol it speaks, and how its own updates stand. */
import { protocolVersion } from '../../../shared/contract/protocol.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { bad, type Question, well } from '../finding.ts'
import { unitsOf } from '../install/unit-folder.ts'
import type { Rack } from '../rack.ts'
import { spokenBefore } from '../spoken-protocol.ts'
import { agentStandingOf } from './standing.ts'

/** After the registry was asked: by then it is known what it speaks. */
export const upkeep: Readonly<Record<string, Question>> = {
  'does its unit start what is there?': unitHolds,
  'does the registry speak the newest protocol?': protocolIsNewest,
  'does the agent keep itself up to date?': agentUpdates,
}

/** A program that was moved away is only missed at the next start. */
async function unitHolds({ dir, config, place }: Rack) {
  const { files, env } = place
  const units = [false, true].flatMap((isOfUser) => unitsOf(dir, { root: '/', isOfUser, env }, files))
  const services = units.filter(({ path }) => path.endsWith('.service'))
  if (services.length === 0) return undefined
  const again = `headgate agent install --dir ${dir}`
  for (const { path, text } of services) {
    const [node = '', program = ''] = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(' ') ?? []
    const missing = [node, program].find((file) => files.kindOf(file) === null)
    if (missing !== undefined)
      return bad('failed', `${path} starts ${missing || 'nothing'}, which is not there`, again)
    if (config.agent && text.includes(' agent run ')) {
      return bad('warning', `${path} is older than [agent]: the agent does not update itself`, again)
    }
  }
  return well(services.map(({ path }) => path).join(', '))
}

/** An older registry is no fault of the rack; that it does not hear everything is worth knowing. */
async function protocolIsNewest({ state, place }: Rack) {
  const spoken = spokenBefore(state, place.clock.now())
  if (spoken === protocolVersion) return well(`protocol ${protocolVersion}`)
  return bad(
    'warning',
    `it speaks protocol ${spoken} only: what this agent's reports have beyond that is left out`,
    'update the registry first; racks follow it',
  )
}

async function agentUpdates({ dir, config, place }: Rack) {
  if (!config.agent) return undefined
  try {
    const { follows, isSupervised, barred, probation } = agentStandingOf(dir, place.files, place.clock.now())
    if (follows === null) return bad('warning', 'it is not enrolled', `headgate agent enroll --dir ${dir}`)
    if (!isSupervised) {
      return bad(
        'warning',
        `it follows ${follows}, but no supervisor runs`,
        `headgate agent install --dir ${dir}`,
      )
    }
    if (probation) return well(`${probation.version} is on probation`)
    if (barred) {
      const command = `headgate history --dir ${dir}/agent   # and to try it again: headgate retry --dir ${dir}/agent`
      return bad('warning', `${barred.upTo} did not pass its probation here`, command)
    }
    return well(`it follows ${follows}`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad('failed', error.message, error.hint ?? `headgate doctor --dir ${dir}/agent`)
  }
}
