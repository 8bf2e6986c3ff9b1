/** Following a proposal to its end: a line for every gate that turns, and the outcome as the verb's own. */
import type { ProposalBody } from '../shared/contract/gates.ts'
import { Problem } from '../shared/domain/problem.ts'
import { type ApiClient, at, unwrap } from './api.ts'
import type { Deps } from './deps.ts'
import type { Report } from './output.ts'
import { createPatientLook } from './patient-look.ts'

export interface Following {
  readonly deps: Deps
  readonly api: ApiClient
  readonly report: Report
  readonly app: string
  readonly proposal: string
}

const pollMilliseconds = 2_000

/** Answers when it was carried out. Raises `proposal_closed` otherwise, and `interrupted` when a person stops looking. */
export async function followProposal(following: Following): Promise<ProposalBody> {
  const { deps, api, report, app, proposal: id } = following
  const stop = deps.interruption()
  const look = createPatientLook({
    clock: deps.clock,
    report,
    meanwhile: `${id} waits there`,
    ask: () => unwrap(api.v1.apps[':app'].proposals[':proposal'].$get({ param: at({ app, proposal: id }) })),
  })
  let seen = new Map<string, string>()
  for (;;) {
    const present = await look()
    if (present?.standing === 'enacted') {
      report.done(`${id} was carried out: ${present.detail}.`)
      return present
    }
    if (present && present.standing !== 'open') {
      throw new Problem('proposal_closed', `The proposal ${id} is ${present.standing}: ${present.detail}.`, {
        hint: `headgate proposal show ${id} --app ${app}`,
      })
    }
    if (present) seen = tellChanges(report, present, seen)
    await deps.clock.sleep(pollMilliseconds, stop)
    if (!stop.aborted) continue
    throw new Problem('interrupted', `${id} goes on waiting without you.`, {
      hint: `headgate proposal show ${id} --app ${app}`,
    })
  }
}

function tellChanges(
  report: Report,
  { verdicts }: ProposalBody,
  seen: ReadonlyMap<string, string>,
): Map<string, string> {
  for (const { gate, outcome, detail } of verdicts)
    if (seen.get(gate) !== outcome) report.say(`${outcome.padEnd(7)}  ${gate}: ${detail}`)
  return new Map(verdicts.map(({ gate, outcome }) => [gate, outcome]))
}
