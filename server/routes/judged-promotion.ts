/** What a channel would say to a release now: every gate with its numbers, and what changes in the parameters. */
import type { JudgedPromotionBody } from '../../shared/contract/app.ts'
import type { ChannelState } from '../../shared/domain/channel.ts'
import { changesForChannel } from '../../shared/domain/gates/release-gates.ts'
import type { PromotionQuestion } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { sameProposal } from '../../shared/domain/proposal.ts'
import type { ReleaseState } from '../../shared/domain/release.ts'
import type { AppState } from '../../shared/domain/state.ts'
import type { Registry } from '../registry.ts'
import { changeBodiesOf } from './channel-bodies.ts'
import { verdictBodyOf } from './gate-bodies.ts'

export async function judgedPromotion(
  { gather, clock }: Registry,
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
): Promise<JudgedPromotionBody> {
  return judged(app, channel, release, { now: clock(), fleet: await gather(channel, release.version) })
}

const gatesOfTheFleet: readonly string[] = ['artifacts', 'coverage', 'soak', 'failures']

/** As of an earlier time, of which nobody has counted the racks: their gates are left out. */
export function judgedThen(
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
  now: number,
): JudgedPromotionBody {
  const { verdicts, ...said } = judged(app, channel, release, { now })
  return { ...said, verdicts: verdicts.filter(({ gate }) => !gatesOfTheFleet.includes(gate)) }
}

function judged(
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
  { now, fleet }: Pick<PromotionQuestion, 'now' | 'fleet'>,
): JudgedPromotionBody {
  const { version } = release
  const proposal = sameProposal(app, { kind: 'promote', channel: channel.name, version })
  const question = { app, channel, release, now, fleet, proposal }
  return {
    channel: channel.name,
    version,
    proposal: proposal?.id ?? null,
    verdicts: judgePromotion(question).map(verdictBodyOf),
    changes: changeBodiesOf(channel.head ?? version, version, changesForChannel(app, channel, release)),
  }
}

/** Forward is the only way of a promotion. */
export function isAhead(app: AppState, channel: ChannelState, { key }: ReleaseState): boolean {
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  return head === undefined || key > head.key
}

/** What would be promoted without another word: the head of the feeder, unless it is served already or older. */
export function nextRelease(app: AppState, channel: ChannelState): ReleaseState | undefined {
  const feeder = channel.from === undefined ? undefined : app.channels.get(channel.from)
  const release = feeder?.head === undefined ? undefined : app.releases.get(feeder.head)
  return release && isAhead(app, channel, release) ? release : undefined
}
