/** Alarms, as they cross the wire. */
import { z } from 'zod'
import { alarmKinds } from '../domain/alarm.ts'
import { instant, reasonText } from './shapes.ts'

export const alarmBody = z
  .object({
    alarm: z.string(),
    kind: z.enum(alarmKinds),
    /** Null: the registry as a whole. */
    app: z.string().nullable(),
    subject: z.string(),
    /** How much of it there was when it was raised. */
    count: z.number().int(),
    since: instant,
    detail: z.string(),
    /** Some of the racks concerned. */
    racks: z.array(z.string()),
    raisedAt: instant,
    raisedBy: z.string(),
    closed: z.object({ at: instant, by: z.string(), note: z.string() }).nullable(),
  })
  .meta({ id: 'Alarm' })
export type AlarmBody = z.infer<typeof alarmBody>

export const closeAlarmBody = z.object({ note: reasonText }).strict()
