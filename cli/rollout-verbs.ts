/** The verbs of rollouts: how a head, a remedy or a recall reaches the racks, and how people stop it and let it go on. */
import type { VerbEntry } from './verb-entry.ts'

export const rolloutVerbs: readonly VerbEntry[] = [
  {
    path: 'rollout list',
    group: 'releases',
    summary: 'list what is on its way to the racks, and what was',
    load: async () => (await import('./commands/rollout/list.ts')).rolloutListCommand,
  },
  {
    path: 'rollout show',
    group: 'releases',
    summary: 'show a rollout: its waves, what they wait for, what failed and why it halted',
    load: async () => (await import('./commands/rollout/show.ts')).rolloutShowCommand,
  },
  {
    path: 'rollout watch',
    group: 'releases',
    summary: 'follow a rollout to its end',
    load: async () => (await import('./commands/rollout/watch.ts')).rolloutWatchCommand,
  },
  {
    path: 'rollout pause',
    group: 'releases',
    summary: 'let no further rack begin; who has begun goes on',
    load: async () => (await import('./commands/rollout/pause.ts')).rolloutPauseCommand,
  },
  {
    path: 'rollout halt',
    group: 'releases',
    summary: 'stop a rollout, also for racks that have begun and not applied yet',
    load: async () => (await import('./commands/rollout/halt.ts')).rolloutHaltCommand,
  },
  {
    path: 'rollout resume',
    group: 'releases',
    summary: 'let a rollout go on that was paused or halted',
    load: async () => (await import('./commands/rollout/resume.ts')).rolloutResumeCommand,
  },
  {
    path: 'rollout retry',
    group: 'releases',
    summary: 'let the racks that failed try again at once',
    load: async () => (await import('./commands/rollout/retry.ts')).rolloutRetryCommand,
  },
  {
    path: 'rollout open',
    group: 'releases',
    summary: 'let a remedy or a recall go to every rack at once, as a second person',
    load: async () => (await import('./commands/rollout/open.ts')).rolloutOpenCommand,
  },
]
