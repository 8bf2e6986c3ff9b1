/** A channel as a maintainer looks at it: what waits for it, and what its gates say to the release that is next. */
import type { ChannelDetail } from '../../shared/contract/app.ts'
import type { ChannelState } from '../../shared/domain/channel.ts'
import { openProposals, type Proposal } from '../../shared/domain/proposal.ts'
import { findApp } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'
import { channelBodyOf } from './channel-bodies.ts'
import { nominationBodyOf } from './gate-bodies.ts'
import { judgedPromotion, nextRelease } from './judged-promotion.ts'
import { proposalNow } from './judged-proposal.ts'

export async function channelDetailOf(registry: Registry, channel: ChannelState): Promise<ChannelDetail> {
  const { state } = registry.ledger
  const app = findApp(state, channel.app)
  const feeder = channel.from === undefined ? undefined : app.channels.get(channel.from)
  const next = nextRelease(app, channel)
  const waiting = openProposals(app).filter((one) => concerns(one, channel))
  return {
    ...channelBodyOf(registry, state, channel),
    nominated: feeder?.nomination?.to === channel.name ? nominationBodyOf(feeder, false) : null,
    proposals: await Promise.all(waiting.map((one) => proposalNow(registry, app, one))),
    next: next ? await judgedPromotion(registry, app, channel, next) : null,
  }
}

/** A yank to be lifted concerns every channel. */
function concerns({ proposed }: Proposal, { name }: ChannelState): boolean {
  return proposed.kind === 'unyank' || proposed.channel === name
}
