/** A rack's health as it crosses the wire, with every check-in. */
import { z } from 'zod'
import { healthStates } from '../domain/health.ts'
import { instant } from './shapes.ts'

const checkHealthShape = z
  .object({
    name: z.string().max(64),
    kind: z.string().max(40),
    severity: z.enum(['fail', 'warn']),
    state: z.enum(healthStates),
    detail: z.string().max(300),
    numbers: z.record(z.string().max(64), z.union([z.string().max(200), z.number(), z.boolean(), z.null()])),
  })
  .strict()

/** Nothing in it moves from one check-in to the next while the rack stays as it is: the same text is not read again. */
export const healthShape = z
  .object({ state: z.enum(healthStates), since: instant, checks: z.array(checkHealthShape).max(30) })
  .strict()
