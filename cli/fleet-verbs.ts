/** The verbs about the fleet as a whole; those about one rack are beside them in registry-verbs.ts. */
import type { VerbEntry } from './verb-entry.ts'

export const fleetVerbs: readonly VerbEntry[] = [
  {
    path: 'fleet status',
    group: 'fleet',
    summary: 'show how many racks are well, what is the matter with the others, and what runs where',
    load: async () => (await import('./commands/fleet/status.ts')).fleetStatusCommand,
  },
  {
    path: 'fleet list',
    group: 'fleet',
    summary: 'list racks by what is the matter with them, version, channel or label',
    load: async () => (await import('./commands/fleet/list.ts')).fleetListCommand,
  },
  {
    path: 'fleet adoption',
    group: 'fleet',
    summary: 'show how versions spread over the racks, over time',
    load: async () => (await import('./commands/fleet/adoption.ts')).fleetAdoptionCommand,
  },
  {
    path: 'fleet failures',
    group: 'fleet',
    summary: 'show what failed, by cause, with an example of each',
    load: async () => (await import('./commands/fleet/failures.ts')).fleetFailuresCommand,
  },
  {
    path: 'fleet import',
    group: 'fleet',
    summary: 'make racks that are known from elsewhere, before they enrol',
    load: async () => (await import('./commands/fleet/import.ts')).fleetImportCommand,
  },
]
