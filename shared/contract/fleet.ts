/** The fleet as people see it: how many racks are well, which are not and why, what failed, and how versions spread. */
import { z } from 'zod'
import { standings } from '../domain/fleet-standing.ts'
import { instant, pageQuery, reasonText, versionName } from './shapes.ts'

const standing = z.enum(standings)

/** `tier=canary`; several have to hold together. */
const labelTerm = z.string().regex(/^[^=]{1,64}=.{0,200}$/, 'expected NAME=VALUE')
const labelTerms = z.union([labelTerm, z.array(labelTerm).max(50)]).optional()

export const fleetQuery = z.strictObject({
  channel: z.string().min(1).max(64).optional(),
  label: labelTerms,
})

export const fleetRacksQuery = pageQuery
  .extend({
    ...fleetQuery.shape,
    standing: standing.optional(),
    /** What runs; `none`: nothing that is known. */
    version: versionName.optional(),
    /** A part of the name. */
    q: z.string().min(1).max(64).optional(),
  })
  .strict()

export const fleetBody = z
  .object({
    app: z.string(),
    channel: z.string().nullable(),
    labels: z.array(z.string()),
    at: instant,
    racks: z.number().int(),
    /** The worst first. `racks` counts every rack of which it holds, `worst` those of which nothing worse does. */
    standings: z.array(z.object({ standing, racks: z.number().int(), worst: z.number().int() })),
    versions: z.array(
      z.object({
        /** Null: nothing is known to run. */
        version: versionName.nullable(),
        advisory: z.string().nullable(),
        racks: z.number().int(),
        channels: z.record(z.string(), z.number().int()),
      }),
    ),
    /** Versions beyond those listed, which are the most frequent. */
    otherVersions: z.number().int(),
    /** When any rack of any app was heard of last: silence is counted in time until then. */
    lastHeardAt: instant.nullable(),
    isReceiving: z.boolean(),
    /** Ephemeral racks that were retired, and since when that is counted. */
    retired: z.object({ racks: z.number().int(), since: instant }),
  })
  .meta({ id: 'Fleet' })
export type FleetBody = z.infer<typeof fleetBody>

export const fleetRackBody = z
  .object({
    rack: z.string(),
    channel: z.string(),
    current: versionName.nullable(),
    platform: z.string(),
    labels: z.record(z.string(), z.string()),
    /** The worst first; `well` alone when nothing is the matter. */
    standings: z.array(standing),
    /** A sentence for each, in the same order. */
    why: z.array(z.string()),
    lastSeenAt: instant.nullable(),
  })
  .meta({ id: 'FleetRack' })
export type FleetRackBody = z.infer<typeof fleetRackBody>

export const fleetRacksBody = z.object({ racks: z.array(fleetRackBody), next: z.string().nullable() })

export const failuresQuery = z.strictObject({
  version: versionName.optional(),
  since: instant.optional(),
})

export const failuresBody = z
  .object({
    app: z.string(),
    version: versionName.nullable(),
    since: instant,
    /** Attempts that ended badly since then. */
    attempts: z.number().int(),
    /** By cause, that of the most racks first. */
    causes: z.array(
      z.object({
        /** As gates and known issues name it. */
        cause: z.string(),
        /** Why somebody said that it is understood, if somebody did. */
        knownIssue: z.string().nullable(),
        racks: z.number().int(),
        attempts: z.number().int(),
        /** How many ended each way: `failed` before anything was changed. */
        outcomes: z.object({ failed: z.number().int(), returned: z.number().int(), stuck: z.number().int() }),
        isDataLoss: z.boolean(),
        firstAt: instant,
        lastAt: instant,
        versions: z.array(z.object({ version: versionName, racks: z.number().int() })),
        /** Some of the racks, those that failed last first. */
        someRacks: z.array(z.string()),
        /** The last attempt that failed so. */
        example: z.object({
          attempt: z.string(),
          rack: z.string(),
          message: z.string().nullable(),
          log: z.array(z.string()),
        }),
      }),
    ),
    /** Causes beyond those listed. */
    otherCauses: z.number().int(),
  })
  .meta({ id: 'Failures' })
export type FailuresBody = z.infer<typeof failuresBody>

/** Racks of one import. */
export const mostImported = 20_000

/** A rack that is known from elsewhere. What is wrong with a line is named with its number, so nothing is checked here. */
export const importRacksBody = z
  .object({
    racks: z
      .array(z.object({ line: z.number().int().min(1), value: z.unknown() }).strict())
      .max(mostImported),
    reason: reasonText.optional(),
  })
  .strict()

export const importRacksReport = z
  .object({
    app: z.string(),
    dryRun: z.boolean(),
    /** Racks that were made; none when a line was bad. */
    made: z.number().int(),
    /** Racks that were imported before and say something else now. */
    changed: z.number().int(),
    /** Racks that are there already, just so or enrolled. */
    present: z.number().int(),
    bad: z.array(z.object({ line: z.number().int(), what: z.string(), why: z.string() })),
    /** Bad lines beyond those listed. */
    otherBad: z.number().int(),
  })
  .meta({ id: 'RackImport' })
export type ImportRacksReport = z.infer<typeof importRacksReport>

export const adoptionQuery = z.strictObject({
  channel: z.string().min(1).max(64).optional(),
  since: instant.optional(),
})

export const adoptionBody = z
  .object({
    app: z.string(),
    channel: z.string().nullable(),
    since: instant,
    /** When the racks were counted, oldest first: hourly, and the older the more rarely. */
    at: z.array(instant),
    /** All racks at each of those. */
    racks: z.array(z.number().int()),
    /** The newest version first; one count for each of `at`. Null: nothing was known to run. */
    versions: z.array(z.object({ version: versionName.nullable(), racks: z.array(z.number().int()) })),
  })
  .meta({ id: 'Adoption' })
export type AdoptionBody = z.infer<typeof adoptionBody>
