/** The verbs of a rack, at the top level. Each loads only its own file. */
import type { VerbEntry } from './verb-entry.ts'

export const rackVerbs: readonly VerbEntry[] = [
  {
    path: 'explain',
    group: 'rack',
    summary: 'say what a rack should do now, and why, rule by rule',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
]
