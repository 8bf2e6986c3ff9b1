/** The racks that an act concerns: counted by channel, version and label, with what they are told. */
import { z } from 'zod'
import { versionName } from './shapes.ts'
import { toldBody } from './told.ts'

const counts = z.record(z.string(), z.number().int())

export const concernedBody = z
  .object({
    racks: z.number().int(),
    byChannel: counts,
    byVersion: counts,
    /** `NAME=VALUE`. */
    byLabel: counts,
    /** `ACTION, REASON` → racks; of the first `toldTo` racks when there are more. */
    told: counts,
    toldTo: z.number().int(),
    /** The first ones by name. */
    named: z.array(
      z.object({
        rack: z.string(),
        app: z.string(),
        channel: z.string(),
        current: versionName.nullable(),
        labels: z.record(z.string(), z.string()),
        told: toldBody,
      }),
    ),
  })
  .meta({ id: 'ConcernedRacks' })
export type ConcernedBody = z.infer<typeof concernedBody>
