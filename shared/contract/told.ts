/** What a rack is told, in short: for lists of the racks that an act concerns. */
import { z } from 'zod'
import { versionName } from './shapes.ts'

export const toldBody = z.object({
  action: z.string(),
  reason: z.string(),
  target: versionName.nullable(),
  detail: z.string(),
})
export type ToldBody = z.infer<typeof toldBody>
