/** Rehearsals, as they cross the wire: a run that begins, what came of each lever, and when each last worked. */
import { z } from 'zod'
import { levers, runOutcomes, stepOutcomes } from '../domain/synthetic.ts'
import { alarmBody } from './alarm.ts'
import { instant, orNull } from './shapes.ts'

const leverName = z.enum(levers)
const seconds = z.number().int()
const milliseconds = z
  .number()
  .int()
  .min(0)
  .max(24 * 3_600_000)
const words = z.string().trim().min(1).max(1000)

export const beginRunBody = z
  .object({
    levers: z.array(leverName).min(1).max(levers.length),
    /** A run that has not ended by then is not waited for. */
    limitSeconds: seconds.min(10).max(6 * 3600),
    /** The next run follows within this time, or the registry raises an alarm. */
    nextWithinSeconds: seconds
      .min(60)
      .max(90 * 86_400)
      .optional(),
    /** The run that was under way, by somebody who knows that it is dead. */
    takesOver: z.string().max(64).optional(),
  })
  .strict()

const stepShape = z
  .object({
    lever: leverName,
    outcome: z.enum(stepOutcomes),
    milliseconds,
    limitMilliseconds: milliseconds,
    code: z.string().max(64).optional(),
    detail: words.optional(),
  })
  .strict()

export const endRunBody = z
  .object({
    outcome: z.enum(runOutcomes),
    steps: z.array(stepShape).max(levers.length),
    left: z.array(words).max(50),
  })
  .strict()

export const begunRunBody = z
  .object({
    app: z.string(),
    run: z.string(),
    /** By the registry's clock: versions are named after it. */
    beganAt: instant,
    until: instant,
    isNewApp: z.boolean(),
    dryRun: z.boolean(),
  })
  .meta({ id: 'SyntheticBegun' })

export const endedRunBody = z
  .object({
    app: z.string(),
    run: z.string(),
    outcome: z.enum(runOutcomes),
    steps: z.array(stepShape),
    left: z.array(z.string()),
    /** What was raised and closed with it. */
    alarms: z.array(alarmBody),
    dryRun: z.boolean(),
  })
  .meta({ id: 'SyntheticEnded' })

export const leverBody = z
  .object({
    lever: leverName,
    /** When it last worked; null: never. */
    rehearsedAt: orNull(instant),
    limitDays: z.number().int(),
    isTooLongAgo: z.boolean(),
    lastTried: orNull(
      z.object({
        run: z.string(),
        at: instant,
        outcome: z.enum(['passed', 'failed']),
        milliseconds: z.number().int(),
      }),
    ),
    usualMilliseconds: orNull(z.number().int()),
  })
  .meta({ id: 'Lever' })
export type LeverBody = z.infer<typeof leverBody>

export const syntheticBody = z
  .object({
    levers: z.array(leverBody),
    apps: z.array(
      z.object({
        app: z.string(),
        underWay: orNull(
          z.object({ run: z.string(), beganAt: instant, beganBy: z.string(), until: instant }),
        ),
        lastRun: orNull(
          z.object({
            run: z.string(),
            outcome: z.enum(runOutcomes),
            endedAt: instant,
            milliseconds: z.number().int(),
          }),
        ),
        nextDueAt: orNull(instant),
      }),
    ),
  })
  .meta({ id: 'Synthetic' })
