/**
 * The only faults after which a rack may be stuck, that is: may want a person. Whatever else ends stuck was not
 * survived. Stuck is an end, too: it is told by `status`, by exit code 21 and to the registry, and `verify` ends it.
 */
import type { KindName } from './kinds.ts'
import type { StoryName } from './stories.ts'

interface Allowed {
  readonly kind: KindName
  readonly stories: readonly StoryName[]
  readonly why: string
}

export const mayBeStuck: readonly Allowed[] = [
  {
    kind: 'way-back-fails',
    stories: ['return'],
    why: "the way back's own hook or command fails, every time: what is installed cannot be started by a program",
  },
  {
    kind: 'hook-killed',
    stories: ['return'],
    why: "the process that was killed may be the way back's own hook, so that its version was never started",
  },
]

export function isStuckAllowed(kind: KindName, story: StoryName): boolean {
  return mayBeStuck.some((allowed) => allowed.kind === kind && allowed.stories.includes(story))
}
