/** What the story reads of the envelopes that the CLI prints with `--json`; the registry's own are in shared/contract. */
import { z } from 'zod'

const text = z.string()

export const anything = z.object({ kind: text })

export const serving = z.object({ url: text })

export const enrolment = z.object({ rack: text, channel: text })

export const updated = z.object({ outcome: text, from: text.nullable(), version: text, action: text })

export const rolledBack = z.object({
  outcome: text,
  version: text,
  pin: z.object({ version: text, reason: text }).nullable(),
})

export const ordered = z.object({ before: text.optional(), channel: text.optional() })

export const returned = z.object({
  code: z.literal('returned'),
  detail: text,
  numbers: z.object({ lastLines: z.array(text) }),
})

export const attempts = z.object({
  attempts: z.array(
    z.object({
      from: text.nullable(),
      to: text,
      outcome: text,
      events: z.array(z.object({ state: text, detail: text })),
    }),
  ),
})

export const chain = z.object({ holds: z.boolean(), events: z.number() })

/** The numbers of a promotion that the parameter contract stops. */
export const stopped = z.object({
  code: z.literal('parameters_unacknowledged'),
  numbers: z.object({
    changes: z.array(z.object({ name: text, change: text, detail: text })),
    proved: z.object({
      channel: text,
      proved: z.array(text),
      failed: z.array(z.object({ rack: text, outcome: text })),
    }),
  }),
})

/** Newest first. */
export const releaseNames = z.object({ releases: z.array(z.object({ version: text })) })
