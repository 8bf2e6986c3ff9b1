/** A channel for a person: what it serves, what feeds it, how many racks have followed, and what is next. */
import type { ChannelBody, ChannelDetail } from '../shared/contract/app.ts'
import { drawChanges, drawVerdicts } from './moving-page.ts'
import type { Page } from './output.ts'
import { waitsFor, wishOf } from './proposal-page.ts'

export function drawChannel(page: Page, body: ChannelBody): void {
  const { app, channel, head, base, since, revision, from, policy, frozen, racks, racksOnHead } = body
  const { nomination } = body
  const onItsWay = rolloutOfHead(body)
  page.fields([
    ['channel', `${channel} of ${app}`],
    ['serves', head === null ? 'nothing yet' : `${head}, since ${page.when(since)}`],
    ...(onItsWay === undefined ? [] : [['rollout', onItsWay] as const]),
    ...(base === head ? [] : [['base', `${base ?? 'none'}, for racks whose wave is not open`] as const]),
    ['revision', String(revision)],
    ['fed by', from ?? (policy.promoteOnPublish ? 'every build as it is published' : 'nothing')],
    ['racks', `${racks}, of which ${racksOnHead} run what it serves`],
    ['asked every', `${policy.checkSeconds} s`],
    ['frozen', frozen ?? 'no'],
    ...(nomination
      ? [
          [
            'nominated',
            `${nomination.version} for ${nomination.to}, until ${page.when(nomination.until)}`,
          ] as const,
        ]
      : []),
  ])
}

/** `R-7 running, wave 2 of 4`; undefined when every rack may have the head. */
export function rolloutOfHead({ rollout }: ChannelBody): string | undefined {
  if (rollout === null) return undefined
  const { id, state, wave, waves } = rollout
  return `${id} ${state}, ${wave < 0 ? `no wave of ${waves} open yet` : `wave ${wave + 1} of ${waves}`}`
}

/** What waits for the channel. */
export function drawWaiting(page: Page, { channel, nominated, proposals, next }: ChannelDetail): void {
  if (nominated) {
    const { version, channel: feeder, actor, until } = nominated
    page.line()
    page.mark(
      'waiting',
      `racks of ${feeder} stay on ${version} until it has soaked, at the latest ${page.when(until)} (nominated by ${actor})`,
    )
  }
  if (proposals.length > 0) {
    page.line('\nProposals')
    page.table(
      ['proposal', 'wish', 'waits for', 'by', 'when'],
      proposals.map((one) => [one.id, wishOf(one), waitsFor(one), one.actor, page.when(one.at)]),
    )
  }
  if (!next) return
  page.line(`\nNext is ${next.version}`)
  drawVerdicts(page, next.verdicts)
  drawChanges(page, `Parameters against what ${channel} serves`, next.changes)
}

/** To follow what is on its way, to promote what is ready, to look at what waits, or else to read how it came to its head. */
export function nextForChannel({ app, channel, proposals, next, rollout }: ChannelDetail): string {
  if (rollout)
    return `headgate rollout ${rollout.state === 'halted' ? 'show' : 'watch'} ${rollout.id} --app ${app}`
  const isReady = next?.verdicts.every(({ outcome }) => outcome === 'pass') === true
  if (next && isReady) return `headgate promote ${next.version} --app ${app} --to ${channel}`
  const [first] = proposals
  if (first) return `headgate proposal show ${first.id} --app ${app}`
  return `headgate channel history ${channel} --app ${app}`
}
