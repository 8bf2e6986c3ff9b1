/** A channel for a person: what it serves, what feeds it, how many racks have followed. */
import type { ChannelBody } from '../shared/contract/app.ts'
import type { Page } from './output.ts'

export function drawChannel(page: Page, body: ChannelBody): void {
  const { app, channel, head, base, since, revision, from, policy, frozen, racks, racksOnHead } = body
  page.fields([
    ['channel', `${channel} of ${app}`],
    ['serves', head === null ? 'nothing yet' : `${head}, since ${page.when(since)}`],
    ...(base === head ? [] : [['base', base ?? 'none'] as const]),
    ['revision', String(revision)],
    ['fed by', from ?? (policy.promoteOnPublish ? 'every build as it is published' : 'nothing')],
    ['racks', `${racks}, of which ${racksOnHead} run what it serves`],
    ['asked every', `${policy.checkSeconds} s`],
    ['frozen', frozen ?? 'no'],
  ])
}
