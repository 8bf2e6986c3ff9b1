/** What doctor asks about how the agent is kept running, which protocol it speaks, and how its own updates stand. */
import { protocolVersion } from '../../../shared/contract/protocol.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { readAgentStatus } from '../agent-status.ts'
import { unitsOf } from '../install/unit-folder.ts'
import type { Rack } from '../rack.ts'
import { spokenBefore } from '../spoken-protocol.ts'
import { agentStandingOf } from './standing.ts'

interface Found {
  readonly isWell: boolean
  readonly detail: string
  readonly command: string | null
}

const well = (detail: string): Found => ({ isWell: true, detail, command: null })
const bad = (detail: string, command: string): Found => ({ isWell: false, detail, command })

/** The unit, where one was installed: a program that was moved away is only missed at the next start. */
export async function unitHolds({ dir, config, place }: Rack): Promise<Found> {
  const { files, env } = place
  const places = [false, true].map((isOfUser) => ({ root: '/', isOfUser, env }))
  const units = places
    .flatMap((one) => unitsOf(dir, one, files))
    .filter(({ path }) => path.endsWith('.service'))
  if (units.length === 0) return well('no unit of this rack is installed')
  for (const { path, text } of units) {
    const [node = '', program = ''] = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(' ') ?? []
    const missing = [node, program].find((file) => files.read(file) === null)
    const again = `headgate agent install --dir ${dir}`
    if (missing !== undefined) return bad(`${path} starts ${missing || 'nothing'}, which is not there`, again)
    const isLoop = / agent (run|supervise) /.test(text)
    if (config.agent && isLoop && !text.includes(' agent supervise ')) {
      return bad(`${path} was written before [agent] was: the agent does not update itself`, again)
    }
    if (isLoop && !readAgentStatus(dir, files)?.isRunning) {
      const name = path.split('/').at(-1)
      return bad(
        `${path} is installed, and no agent runs`,
        `systemctl status ${name}; journalctl -u ${name} -n 50`,
      )
    }
  }
  return well(units.map(({ path }) => path).join(', '))
}

/** An older registry is no fault of the rack; that it does not hear everything is worth knowing. */
export async function protocolIsNewest({ state, place }: Rack): Promise<Found> {
  const spoken = spokenBefore(state, place.clock.now())
  if (spoken === protocolVersion) return well(`protocol ${protocolVersion}`)
  return bad(
    `the registry speaks protocol ${spoken} only: what is newer in this agent's reports is left out`,
    'update the registry; until then nothing is wrong',
  )
}

export async function agentUpdates({ dir, config, place }: Rack): Promise<Found> {
  try {
    const { follows, isSupervised, barred, probation } = agentStandingOf(dir, place.files, place.clock.now())
    if (!config.agent) return well('the agent does not update itself')
    if (follows === null)
      return bad('[agent] is set, and the agent is not enrolled', `headgate agent enroll --dir ${dir}`)
    if (!isSupervised)
      return bad(`it follows ${follows}, but no supervisor runs`, `headgate agent install --dir ${dir}`)
    if (probation) return well(`${probation.version} is on probation`)
    if (barred) {
      return bad(`${barred.upTo} did not pass its probation here`, `headgate history --dir ${dir}/agent`)
    }
    return well(`it follows ${follows}`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return bad(error.message, error.hint ?? `headgate doctor --dir ${dir}/agent`)
  }
}
