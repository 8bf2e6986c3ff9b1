/** An answer as of an earlier time: up to which event it was folded, and how old each of its inputs was then. */
import { z } from 'zod'
import { instant } from './shapes.ts'

/** `unknown` was left out, or taken for granted as the detail says; what is so today never stands in for it. */
const pastSources = ['ledger', 'rack_history', 'attempts', 'unknown'] as const

export const pastBody = z
  .object({
    at: instant,
    /** The last event that had been recorded then; 0 for none. */
    sequence: z.number().int(),
    inputs: z.array(
      z.object({
        input: z.string(),
        source: z.enum(pastSources),
        /** When that was so for sure, at the latest before the time that was asked for. */
        asOf: instant.nullable(),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'Past' })
export type PastBody = z.infer<typeof pastBody>
export type PastInput = PastBody['inputs'][number]
