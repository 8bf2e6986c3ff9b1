/** The forecast, and what racks report for it, as they cross the wire. */
import { z } from 'zod'
import { endingKinds } from '../domain/ending.ts'
import { instant } from './shapes.ts'

const lifetimeName = z.string().min(1).max(64)

/** What a rack hangs on outside of Headgate: declared in its rack.toml, and as it sees it. */
export const lifetimeShape = z
  .object({
    name: lifetimeName,
    /** As declared; absent: nobody said, and then it is unknown. */
    endsAt: instant.optional(),
    /** As a certificate says itself, or a command printed. */
    seenEndsAt: instant.optional(),
    /** Names of the lifetimes that it hangs on. */
    of: z.array(lifetimeName).max(30),
    stops: z.string().min(1).max(300),
    /** How many days ahead its end is worth an alarm; absent: 30. */
    warnDays: z.number().min(0).max(3650).optional(),
  })
  .strict()
export type LifetimeBody = z.infer<typeof lifetimeShape>

export const lifetimesShape = z.array(lifetimeShape).max(30)

export const endingBody = z
  .object({
    kind: z.enum(endingKinds),
    /** Null: the registry as a whole. */
    app: z.string().nullable(),
    channel: z.string().nullable(),
    what: z.string(),
    /** Null: unknown, because a link of its chain has no declared end. */
    endsAt: instant.nullable(),
    /** The first end of its chain that anybody declared or saw: it lasts no longer, unknown or not. */
    noLaterThan: instant.nullable(),
    setBy: z
      .object({ link: z.string(), declaredEndsAt: instant.nullable(), seenEndsAt: instant.nullable() })
      .describe('The link of the chain that sets the date, or that makes it unknown'),
    /** Everything that it hangs on and itself, nearest first. */
    chain: z.array(z.string()),
    /** What no longer works then. */
    stops: z.string(),
    racks: z.object({ count: z.number().int(), names: z.array(z.string()) }),
  })
  .meta({ id: 'Ending' })
export type EndingBody = z.infer<typeof endingBody>

export const forecastBody = z
  .object({
    from: instant,
    until: instant,
    app: z.string().nullable(),
    /** Unknown ones first, then by date. */
    ends: z.array(endingBody),
    /** How many more there are; the farthest are left out. */
    leftOut: z.number().int(),
  })
  .meta({ id: 'Forecast' })
