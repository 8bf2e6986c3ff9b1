/** A proposal for a person: what it would do, where it stands, who has said what, and what it waits for. */
import type { ProposalBody } from '../shared/contract/gates.ts'
import { drawVerdicts } from './moving-page.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'
import { drawPolicy } from './policy-page.ts'

export function drawProposal(page: Page, proposal: ProposalBody): void {
  const { id, app, detail, actor, at, reason, whenReady, approvals, verdicts, policy, standing } = proposal
  page.fields([
    ['proposal', `${id} of ${app}`],
    ['wish', wishOf(proposal)],
    ['stands', oneLine(detail)],
    ['by', `${actor}, ${page.when(at)}`],
    ...(reason === null ? [] : [['reason', oneLine(reason)] as const]),
    ...(standing === 'open'
      ? [['when ready', whenReady ? 'it carries itself out' : 'somebody carries it out'] as const]
      : []),
  ])
  for (const { actor: who, role, at: when, note, lapsed } of approvals) {
    const words = `${who} (${role}) approved ${page.when(when)}${note === null ? '' : `: ${oneLine(note)}`}`
    if (lapsed === null) page.mark('ok', words)
    else
      page.mark('warning', `${words}; it no longer counts, since ${lapsed.gate}: ${oneLine(lapsed.detail)}`)
  }
  if (policy) {
    page.line('The policy that it would set')
    drawPolicy(page, policy)
  }
  drawVerdicts(page, verdicts)
}

export function wishOf({ wish, channel, version, advisory }: ProposalBody): string {
  if (wish === 'promote') return `promote ${version} to ${channel}`
  return wish === 'policy' ? `set the policy of ${channel}` : `lift ${advisory}`
}

/** One line: what it waits for. */
export function waitsFor({ verdicts, standing, whenReady }: ProposalBody): string {
  if (standing !== 'open') return ''
  const open = verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ gate }) => gate)
  if (open.length > 0) return open.join(', ')
  return whenReady ? 'nothing: it carries itself out' : 'somebody to carry it out'
}

/** The command that brings it on: that of its first open gate, or the act itself. */
export function nextForProposal({
  id,
  app,
  wish,
  channel,
  version,
  standing,
  verdicts,
  whenReady,
}: ProposalBody): string {
  if (standing !== 'open')
    return channel === null
      ? `headgate advisory list --app ${app}`
      : `headgate channel show ${channel} --app ${app}`
  const open = verdicts.filter(({ outcome }) => outcome !== 'pass')
  if (open.length === 0 && wish === 'promote' && !whenReady)
    return `headgate promote ${version} --app ${app} --to ${channel}`
  return open.find(({ hint }) => hint !== undefined)?.hint ?? `headgate proposal show ${id} --app ${app}`
}
