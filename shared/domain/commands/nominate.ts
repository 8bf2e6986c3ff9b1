/**
 * Nominations: a release that is to soak keeps the feeder's racks until it has. In 2016 the fix of the incident was head
 * of its channel for 13 hours and 34 minutes: without this no fast feeder ever soaks anything.
 */
import type { ChannelState } from '../channel.ts'
import type { LedgerEvent } from '../events.ts'
import { day, minute, toIso } from '../instants.ts'
import { Problem } from '../problem.ts'
import { findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface NominateRelease {
  readonly app: string
  readonly to: string
  readonly version: string
  readonly reason?: string
}

/** So long after the soak's own length a nomination that nothing came of ends by itself. */
const graceOfNomination = 3 * day

export function nominateRelease(
  state: State,
  input: NominateRelease,
  context: CommandContext,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.to)
  const release = findRelease(app, input.version)
  const { version } = release
  const soak = channel.policy.gates.soak
  if (channel.from === undefined || !soak?.dwell) {
    throw new Problem(
      'invalid_input',
      `The policy of ${channel.name} has no soak with dwell, so no rack would stay for ${version}.`,
      { hint: `headgate channel policy show ${channel.name} --app ${app.name}` },
    )
  }
  const feeder = findChannel(app, channel.from)
  if (release.yank !== undefined) {
    throw new Problem('yanked', `${version} was withdrawn by ${release.yank} and cannot be nominated.`)
  }
  if (release.headOn[feeder.name] === undefined) {
    throw new Problem(
      'not_in_feeder',
      `${version} was never head of ${feeder.name}, so no rack there can soak it.`,
    )
  }
  if (isInForce(feeder, context.now, version, channel.name)) return []
  refuseAnothers(feeder, channel.name, context.now)
  const until = context.now + soak.soakMinutes * minute * 2 + graceOfNomination
  return [
    eventOf(
      'release.nominated',
      context,
      {
        app: app.name,
        channel: feeder.name,
        version,
        to: channel.name,
        soakMinutes: soak.soakMinutes,
        until,
      },
      input.reason,
    ),
  ]
}

/** Racks stay for one release at a time: nobody's soak is ended by somebody who soaks for another channel. */
function refuseAnothers({ name, app, nomination }: ChannelState, to: string, now: number): void {
  if (!nomination || nomination.to === to || now >= nomination.until) return
  throw new Problem(
    'invalid_input',
    `The racks of ${name} stay on ${nomination.version} for ${nomination.to}, nominated by ${nomination.actor} until ${toIso(nomination.until)}.`,
    { hint: `headgate promote --end-nomination --app ${app} --to ${nomination.to}` },
  )
}

function isInForce({ nomination }: ChannelState, now: number, version: string, to: string): boolean {
  return (
    nomination !== undefined &&
    now < nomination.until &&
    nomination.version === version &&
    nomination.to === to
  )
}

export interface EndNomination {
  readonly app: string
  /** The channel that it was nominated for. */
  readonly to: string
  readonly outcome: 'soaked' | 'expired' | 'withdrawn'
  readonly reason?: string
}

export function endNomination(state: State, input: EndNomination, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { from } = findChannel(app, input.to)
  const feeder = from === undefined ? undefined : findChannel(app, from)
  const nomination = feeder?.nomination
  if (!feeder || nomination?.to !== input.to) return []
  const { version } = nomination
  return [
    eventOf(
      'nomination.ended',
      context,
      { app: app.name, channel: feeder.name, version, outcome: input.outcome },
      input.reason,
    ),
  ]
}
