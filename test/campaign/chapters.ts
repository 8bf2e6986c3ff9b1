/** What is tried: of which driver, during which move, which kind of fault, and how much of it. */
import { type DriverName, drivers } from './drivers.ts'
import { type KindName, kinds } from './kinds.ts'
import type { StoryName } from './stories.ts'

export interface Chapter {
  readonly driver: DriverName
  readonly story: StoryName
  readonly kind: KindName
  /** Every so-many-th call, or how many at random: see `Kind`. */
  readonly amount: number
}

type Amounts = Readonly<Partial<Record<KindName, Readonly<Partial<Record<StoryName, number>>>>>>

const amounts: Readonly<Record<DriverName, Amounts>> = {
  directory: {
    dies: { install: 1, update: 1, return: 1, uninstall: 1, withdrawn: 1, rollback: 1 },
    'power-cut': { install: 3, update: 3, return: 3, uninstall: 3, withdrawn: 3, rollback: 3 },
    'dies-again': { install: 2, update: 2, return: 2, uninstall: 2, withdrawn: 2, rollback: 2 },
    killed: { install: 40, update: 80, return: 70, uninstall: 30, withdrawn: 40, rollback: 60 },
    'killed-at-call': { update: 30, return: 20, withdrawn: 10, rollback: 10 },
    'killed-twice': { update: 15, return: 10, rollback: 10 },
    'hook-killed': { update: 15, return: 15, rollback: 10 },
    racing: { update: 15, return: 6, rollback: 9 },
    disk: { install: 2, update: 2, return: 2, rollback: 2 },
    clock: { update: 8, return: 8, rollback: 8 },
    artifact: { install: 1, return: 4 },
    registry: { update: 1, return: 3, withdrawn: 2 },
    'way-back-fails': { return: 2 },
  },
  command: {
    dies: { update: 1, return: 1, rollback: 1 },
    'power-cut': { update: 4, return: 4, rollback: 4 },
    killed: { update: 60, return: 50, rollback: 50 },
    'killed-at-call': { update: 15, rollback: 10 },
    'killed-twice': { update: 8, rollback: 6 },
    'hook-killed': { update: 10, return: 10, rollback: 8 },
    racing: { update: 9, rollback: 6 },
    disk: { update: 3, return: 3, rollback: 3 },
    clock: { update: 15, rollback: 15 },
    artifact: { update: 2 },
    registry: { update: 3, rollback: 1 },
    'way-back-fails': { return: 2 },
  },
  rolling: {
    dies: { update: 2, return: 3, rollback: 3 },
    'power-cut': { update: 6, rollback: 6 },
    killed: { update: 40, return: 20, rollback: 30 },
    'killed-at-call': { update: 15, rollback: 10 },
    'killed-twice': { update: 8, rollback: 6 },
    'hook-killed': { update: 10, return: 6 },
    racing: { update: 6 },
    disk: { update: 5, return: 6 },
    clock: { update: 20 },
    registry: { update: 6 },
    'way-back-fails': { return: 2 },
  },
}

/** Those that take longest first: what is begun last is waited for. */
export const chapters: readonly Chapter[] = Object.values(drivers)
  .flatMap(({ name }) =>
    entriesOf(amounts[name]).flatMap(([kind, byStory]) =>
      entriesOf(byStory).map(([story, amount]) => ({ driver: name, story, kind, amount })),
    ),
  )
  .toSorted((a, b) => secondsOf(b) - secondsOf(a))

/** Roughly. */
function secondsOf({ driver, kind, amount }: Chapter): number {
  const each = driver === 'rolling' ? 3 : 1
  return kinds[kind].isReal ? amount * each : 10 * each
}

/** As `Object.entries`, which forgets the names' type. */
function entriesOf<Name extends string, Value>(
  record: Readonly<Partial<Record<Name, Value>>>,
): readonly (readonly [Name, Value])[] {
  const names = Object.keys(record) as Name[]
  return names.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]] as const]))
}

export function idOf({ driver, story, kind }: Chapter, mark?: string): string {
  return [driver, story, kind, ...(mark === undefined ? [] : [mark])].join('/')
}
