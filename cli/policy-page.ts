/** A channel's policy for a person: one line for each gate that it asks, with its numbers. */
import type { ChannelBody } from '../shared/contract/app.ts'
import { describeDuration, hour, minute } from '../shared/domain/instants.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'
import { drawRolloutPolicy } from './rollout-plan-page.ts'

type PolicyBody = ChannelBody['policy']

export function drawPolicy(page: Page, { promoteOnPublish, checkSeconds, gates, rollout }: PolicyBody): void {
  const { artifacts, coverage, soak, failures, evidence, checklist, lifetime, approvals } = gates
  const asked: (readonly [string, string])[] = [
    ...(artifacts ? [['artifacts', 'can be fetched for every platform of its racks'] as const] : []),
    ...(coverage ? [['coverage', 'proved on every platform of its racks'] as const] : []),
    ...(soak ? [['soak', soakWords(soak)] as const] : []),
    ...(failures
      ? [['failures', `up to ${failures.maxFailed} racks or ${failures.percent} % may fail`] as const]
      : []),
    ...(evidence ?? []).map(
      ({ name, maxAgeHours }) =>
        ['evidence', `${name}, not older than ${describeDuration(maxAgeHours * hour)}`] as const,
    ),
    ...(checklist ?? []).map(({ item, text }) => ['checklist', `${item}: ${oneLine(text)}`] as const),
    ...(lifetime ? [['lifetime', `at least ${lifetime.minRemainingDays} days are left`] as const] : []),
    ...(approvals && approvals.count > 0
      ? [
          [
            'approvals',
            `${approvals.count} by ${approvals.role === 'admin' ? 'admins' : 'maintainers'}`,
          ] as const,
        ]
      : []),
  ]
  page.fields([
    ['takes builds', promoteOnPublish ? 'as they are published' : 'by promotion'],
    ['asked every', `${checkSeconds} s`],
    ...(asked.length === 0 ? [['gates', 'only path, parameters and objections'] as const] : asked),
    ...(rollout ? [] : [['rollout', 'a new head reaches every rack at once'] as const]),
  ])
  if (!rollout) return
  page.line('A new head goes out in waves')
  drawRolloutPolicy(page, rollout)
}

function soakWords({ minRacks, soakMinutes, dwell }: NonNullable<PolicyBody['gates']['soak']>): string {
  const racks = minRacks === 1 ? '1 rack' : `${minRacks} racks`
  const stay = dwell ? '; racks of the feeder can be kept on a nominated release' : ''
  return `${racks} of the feeder for ${describeDuration(soakMinutes * minute)} each${stay}`
}
