/** The moves during which faults happen: what ran before, the command, and what may come of it. */
import type { Yard } from '../support/campaign-yard.ts'
import type { Outcome } from './evidence.ts'

export interface Story {
  readonly words: readonly string[]
  /** The exit code of a run that nothing disturbs. */
  readonly exit: number
  /** What runs before, and what is to run once an attempt went all its way; null: nothing. */
  readonly from: string | null
  readonly to: string
  /** What the attempt may end as; the first is how it ends when nothing disturbs it. */
  readonly ends: readonly Outcome[]
  /** Whether the registry wants it: then the agent takes it up again by itself. */
  readonly isWanted: boolean
}

export type StoryName = keyof typeof stories

interface Plot extends Story {
  /** Proved before, one after the other. */
  readonly proved: readonly string[]
  /** What happens last before the command. */
  begin(yard: Yard): Promise<void>
}

const update = ['update', '--yes']
const done = { words: update, exit: 0, ends: ['proved', 'aborted'], isWanted: true } as const
const undone = { words: update, exit: 20, ends: ['returned', 'aborted'], isWanted: true } as const

const servesBroken = (yard: Yard, version: string) => yard.serves(version, { isHealthy: false })

export const stories = {
  /** A first install. */
  install: { ...done, proved: [], from: null, to: '10', begin: (yard) => yard.serves('10') },
  update: { ...done, proved: ['10'], from: '10', to: '20', begin: (yard) => yard.serves('20') },
  /** An update that does not hold. */
  return: {
    ...undone,
    proved: ['10'],
    from: '10',
    to: '20',
    begin: (yard) => servesBroken(yard, '20'),
  },
  /** A first install that does not hold. */
  uninstall: {
    ...undone,
    proved: [],
    from: null,
    to: '10',
    begin: (yard) => servesBroken(yard, '10'),
  },
  /** The way back from what was withdrawn. */
  withdrawn: {
    ...done,
    proved: ['10', '20'],
    from: '20',
    to: '10',
    async begin(yard) {
      const yank = [
        'release',
        'yank',
        '20',
        '--app',
        'rack',
        '--severity',
        'critical',
        '--reason',
        'it leaks',
      ]
      await yard.does(...yank, '--confirm', 'rack')
    },
  },
  /** A person's. */
  rollback: {
    ...done,
    words: ['rollback', '--to', '10', '--pin', '--reason', 'it is slow'],
    proved: ['10', '20'],
    from: '20',
    to: '10',
    isWanted: false,
    begin: async () => undefined,
  },
} as const satisfies Readonly<Record<string, Plot>>
