/**
 * Question 3 of a decision: may it move now? The matrix is data: motive by cell, asked from left to right; the
 * first cell that blocks is the answer. (Design: 3-domain, "Decision".)
 */
import { describeScope, freezeOn } from './freeze.ts'
import { day, describeDuration, hour, minute, toIso } from './instants.ts'
import type { Conditions, Question, RolloutStanding, Room } from './question.ts'
import { holdInForce } from './rack.ts'
import type { Motive, Reason } from './reasons.ts'

export const cells = [
  'freeze',
  'freeze_all',
  'hold',
  'dwell',
  'rollout',
  'window',
  'backoff',
  'slot',
  'grant',
] as const
export type Cell = (typeof cells)[number]

/** How a cell treats a motive. */
export type Treatment =
  | 'ignored'
  | 'waits'
  /** Only a move forward waits. */
  | 'forward_only'
  /** Only a move to the channel's head waits, not one to its base. */
  | 'head_only'
  | 'own_waves'
  | 'short'
  | 'own_pool'

type Row = Readonly<Record<Cell, Treatment>>

const row = (
  freeze: Treatment,
  freezeAll: Treatment,
  hold: Treatment,
  dwell: Treatment,
  rollout: Treatment,
  window: Treatment,
  backoff: Treatment,
  slot: Treatment,
  grant: Treatment,
): Row => ({ freeze, freeze_all: freezeAll, hold, dwell, rollout, window, backoff, slot, grant })

/** `attempt` stands for an attempt that is stopped: nothing keeps a rack from stopping. */
export const matrix: Readonly<Record<Motive, Row>> = {
  //                     freeze          freeze --all hold       dwell      rollout      window     backoff    slot        grant
  attempt: row(
    'ignored',
    'ignored',
    'ignored',
    'ignored',
    'ignored',
    'ignored',
    'ignored',
    'ignored',
    'ignored',
  ),
  remedy_critical: row(
    'ignored',
    'waits',
    'ignored',
    'ignored',
    'own_waves',
    'ignored',
    'short',
    'own_pool',
    'waits',
  ),
  pin: row('forward_only', 'waits', 'ignored', 'ignored', 'ignored', 'waits', 'waits', 'waits', 'waits'),
  remedy_moderate: row(
    'ignored',
    'waits',
    'waits',
    'ignored',
    'own_waves',
    'waits',
    'waits',
    'own_pool',
    'waits',
  ),
  recall: row('ignored', 'waits', 'waits', 'ignored', 'own_waves', 'waits', 'waits', 'own_pool', 'waits'),
  bootstrap: row('ignored', 'waits', 'ignored', 'ignored', 'ignored', 'ignored', 'waits', 'ignored', 'waits'),
  rollout: row('waits', 'waits', 'waits', 'waits', 'head_only', 'waits', 'waits', 'waits', 'waits'),
}

export interface Move {
  readonly motive: Motive
  readonly target: string
  readonly isForward: boolean
  readonly isHead: boolean
}

export interface Block {
  readonly cell: Cell
  readonly reason: Reason
  readonly detail: string
  readonly until?: number
}

type Ask = (question: Question, move: Move, treatment: Treatment) => Omit<Block, 'cell'> | undefined

const asks: Readonly<Record<Cell, Ask>> = {
  freeze,
  freeze_all: freezeAll,
  hold,
  dwell,
  rollout,
  window,
  backoff,
  slot,
  grant,
}

/** What an attempt was granted: cells that a move to its target need not pass again, nor the pause of its rollout. */
export interface Exemption {
  readonly target: string
  readonly cells: readonly Cell[]
}

/** The first cell that keeps the rack from moving now; undefined when it may. */
export function blockOf(question: Question, move: Move, exempt?: Exemption): Block | undefined {
  const treatments = matrix[move.motive]
  const except = exempt?.target === move.target ? exempt.cells : undefined
  for (const cell of cells) {
    const treatment = treatments[cell]
    if (treatment === 'ignored' || except?.includes(cell)) continue
    if (except && cell === 'rollout' && hasBegunBeforeItsPause(question, move)) continue
    if (treatment === 'forward_only' && !move.isForward) continue
    if (treatment === 'head_only' && !move.isHead) continue
    const block = asks[cell](question, move, treatment)
    if (block) return { cell, ...block }
  }
  return undefined
}

function freeze({ state, app, channel, now }: Question): Omit<Block, 'cell'> | undefined {
  const present = freezeOn(state, app, channel.name, now)
  if (!present) return undefined
  const until = present.until === undefined ? '' : ` until ${toIso(present.until)}`
  const detail = `${describeScope(present)} is frozen${present.all ? ' for everything' : ''} by ${present.actor}${until}: ${present.reason}`
  return { reason: 'frozen', detail, ...(present.until !== undefined && { until: present.until }) }
}

function freezeAll(question: Question, move: Move, treatment: Treatment): Omit<Block, 'cell'> | undefined {
  const present = freezeOn(question.state, question.app, question.channel.name, question.now)
  return present?.all ? asks.freeze(question, move, treatment) : undefined
}

function hold({ rack, now }: Question): Omit<Block, 'cell'> | undefined {
  const present = holdInForce(rack, now)
  if (!present) return undefined
  return {
    reason: 'held',
    until: present.until,
    detail: `held by ${present.owner} until ${toIso(present.until)}: ${present.reason}`,
  }
}

/** Racks of a feeder finish a nominated release before they take a newer one; whoever does not run it is free. */
function dwell(
  { app, channel, currentKey, conditions, now }: Question,
  move: Move,
): Omit<Block, 'cell'> | undefined {
  const { nomination } = channel
  if (!nomination || nomination.key !== currentKey || now >= nomination.until || !move.isForward)
    return undefined
  if (app.releases.get(nomination.version)?.yank !== undefined) return undefined
  const leftMinutes = nomination.soakMinutes - (conditions.soakedMinutes ?? 0)
  if (leftMinutes <= 0) return undefined
  const until = Math.min(nomination.until, now + leftMinutes * minute)
  return {
    reason: 'dwelling',
    until,
    detail: `${nomination.version} is nominated for ${nomination.to} by ${nomination.actor}; it soaks here for another ${describeDuration(leftMinutes * minute)}`,
  }
}

const wordsOfRollout = {
  paused: 'rollout_paused',
  halted: 'rollout_halted',
  closed: 'wave_not_open',
} as const
const wordsOfRemedy = {
  paused: 'remedy_halted',
  halted: 'remedy_halted',
  closed: 'remedy_wave_not_open',
} as const

function rollout(
  { conditions, now }: Question,
  { motive, isHead }: Move,
  treatment: Treatment,
): Omit<Block, 'cell'> | undefined {
  if (treatment !== 'own_waves') return waveBlock(conditions.rollout, wordsOfRollout, now)
  const block = waveBlock(standingFor(motive, conditions), wordsOfRemedy, now)
  // A remedy that leads to a head on its way brings it to nobody whom its own rollout has not reached.
  return block ?? (isHead ? waveBlock(conditions.rollout, wordsOfRollout, now) : undefined)
}

function waveBlock(
  standing: RolloutStanding | undefined,
  words: { readonly paused: Reason; readonly halted: Reason; readonly closed: Reason },
  now: number,
): Omit<Block, 'cell'> | undefined {
  if (!standing) return undefined
  const { detail } = standing
  if (standing.state !== 'running') return { reason: words[standing.state], detail }
  if (standing.isWaveOpen) return undefined
  // Waves open by proof as well: once its time has come, nobody knows when.
  const until = standing.opensAt !== undefined && standing.opensAt > now ? standing.opensAt : undefined
  return { reason: words.closed, detail, ...(until !== undefined && { until }) }
}

/** A paused rollout has no more racks begin; those that have begun go on. */
function hasBegunBeforeItsPause({ conditions }: Question, { motive }: Move): boolean {
  const standing = standingFor(motive, conditions)
  return standing?.state === 'paused' && standing.isWaveOpen
}

function standingFor(motive: Motive, { rollout, remedy, recall }: Conditions): RolloutStanding | undefined {
  if (motive === 'rollout') return rollout
  if (motive === 'recall') return recall
  return motive === 'remedy_critical' || motive === 'remedy_moderate' ? remedy : undefined
}

function window({ conditions }: Question): Omit<Block, 'cell'> | undefined {
  return roomBlock('outside_window', conditions.window)
}

function slot(
  { conditions }: Question,
  { motive }: Move,
  treatment: Treatment,
): Omit<Block, 'cell'> | undefined {
  if (treatment !== 'own_pool') return roomBlock('slots_full', conditions.slots)
  return roomBlock('slots_full', motive === 'recall' ? conditions.recallSlots : conditions.remedySlots)
}

function roomBlock(reason: Reason, room: Room | undefined): Omit<Block, 'cell'> | undefined {
  if (!room || room.isFree) return undefined
  return { reason, detail: room.detail, ...(room.until !== undefined && { until: room.until }) }
}

const usualBackoff = [8 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day, 14 * day]
const shortBackoff = [5 * minute, 15 * minute, hour]

/** When a target that failed so often may be tried again: the n-th step of the ladder, and its last one from then on. */
export function backoffUntil(count: number, lastAt: number, isShort: boolean): number {
  const ladder = isShort ? shortBackoff : usualBackoff
  return lastAt + (ladder[Math.min(count, ladder.length) - 1] ?? 0)
}

function backoff(
  { rack, now, conditions }: Question,
  move: Move,
  treatment: Treatment,
): Omit<Block, 'cell'> | undefined {
  const failed = rack.failures.find((one) => one.target === move.target)
  const retriedAt = standingFor(move.motive, conditions)?.retriedAt
  if (!failed || (retriedAt !== undefined && failed.lastAt <= retriedAt)) return undefined
  const until = backoffUntil(failed.count, failed.lastAt, treatment === 'short')
  if (now >= until) return undefined
  const times = failed.count === 1 ? 'once' : `${failed.count} times`
  return {
    reason: 'failed_here',
    until,
    detail: `${move.target} failed on this rack ${times}; again in ${describeDuration(until - now)} (${toIso(until)})`,
  }
}

function grant({ conditions }: Question): Omit<Block, 'cell'> | undefined {
  if (conditions.canGrant) return undefined
  return {
    reason: 'store_unavailable',
    detail: 'the registry cannot write; it goes on answering from memory',
  }
}
