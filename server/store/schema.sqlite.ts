/** For drizzle-kit, which reads tables from a module's exports; the program itself calls `defineSchema`. */
import { sqlite } from './dialect.ts'
import { defineSchema } from './schema.ts'

export const {
  ledger,
  idempotency,
  racks,
  rackHistory,
  soaks,
  receivingGaps,
  fleetAdoption,
  attempts,
  attemptEvents,
  artifacts,
} = defineSchema(sqlite)
