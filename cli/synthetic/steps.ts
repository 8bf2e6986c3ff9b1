/**
 * The levers, in the order in which they are pulled. Each entry says what it needs, what it does and what has to be seen;
 * one more lever is one more entry here, and its name in shared/domain/synthetic.ts.
 */
import type { Lever } from '../../shared/domain/synthetic.ts'
import { rehearseBreakGlass } from './break-glass.ts'
import { expectFields, expectTrue, listOf } from './expect.ts'
import { movedByPublishing, syntheticChannel, type World } from './world.ts'

export interface Step {
  readonly lever: Lever
  /** For a dry run: what is done, and what has to be seen. */
  readonly does: string
  /** Longer is slow; three times as long is given up. */
  readonly limitSeconds: number
  /** Why it cannot be rehearsed from here; undefined: it can. */
  readonly missing?: (world: Pick<World, 'dataDir'>) => string | undefined
  /** Brings about what has to be so before, and gives the act itself: only that is measured. */
  readonly prepare: (world: World) => Promise<() => Promise<unknown>>
}

export const steps: readonly Step[] = [
  {
    lever: 'publish',
    does: 'publish a release with an artifact: unstable takes it, and the same again is one release',
    limitSeconds: 10,
    async prepare(world) {
      const version = world.nextVersion()
      return async () => {
        const first = await world.publish(version)
        expectFields(`publish ${version}`, first, { isNew: true })
        expectTrue(`publish ${version}: unstable did not take it`, movedByPublishing(first))
        expectFields(`publish ${version} again`, await world.publish(version), { isNew: false })
      }
    },
  },
  {
    lever: 'promote',
    does: 'promote it to stable: its gates pass, and the channel serves it',
    limitSeconds: 10,
    async prepare(world) {
      const { app, shell } = world
      const version = world.nextVersion()
      await world.publish(version)
      return async () => {
        await world.promote(version)
        const channel = await shell.registry('channel', 'show', syntheticChannel, '--app', app)
        expectFields(`channel ${syntheticChannel}`, channel, { head: version })
      }
    },
  },
  {
    lever: 'update',
    does: 'a new rack takes its first version; it is offered the next head, takes and proves it, and is up to date',
    limitSeconds: 30,
    async prepare(world) {
      await world.newHead()
      return async () => {
        await world.settled()
        const target = await world.newHead()
        await world.asked({ action: 'update', reason: 'offered', target })
        await world.updated(target)
        await world.asked({ action: 'none', reason: 'up_to_date' })
      }
    },
  },
  {
    lever: 'halt',
    does: 'promote by waves and halt: the rack waits; resume: it goes on, and the rollout completes',
    limitSeconds: 45,
    async prepare(world) {
      await world.settled()
      const version = world.nextVersion()
      await world.publish(version)
      return async () => {
        const rollout = await world.promoteByWaves(version)
        await world.asked({ action: 'update', reason: 'offered', target: version })
        await world.toRollout(rollout, 'halt', 'halted')
        await world.asked({ action: 'wait', reason: 'rollout_halted' })
        await world.toRollout(rollout, 'resume', 'running')
        await world.asked({ action: 'update', reason: 'offered', target: version })
        await world.updated(version)
        await world.rolloutCompletes(rollout)
      }
    },
  },
  {
    lever: 'freeze',
    does: 'freeze: the rack waits, a promotion is refused, a publication moves nothing; unfreeze: the rack goes on',
    limitSeconds: 30,
    async prepare(world) {
      const { app, shell } = world
      await world.settled()
      const target = await world.newHead()
      return async () => {
        await world.freeze()
        await world.asked({ action: 'wait', reason: 'frozen' })
        const other = world.nextVersion()
        const published = await world.publish(other)
        expectTrue(`publish ${other}: it moved unstable in a freeze`, !movedByPublishing(published))
        await shell.refused('frozen', 'promote', other, '--app', app, '--to', syntheticChannel)
        await world.unfreeze()
        await world.asked({ action: 'update', reason: 'offered', target })
        await world.updated(target)
      }
    },
  },
  {
    lever: 'yank-rollback',
    does: 'yank the head, remedy rollback: the rack is told to go back, and goes back to what it proved before',
    limitSeconds: 30,
    async prepare(world) {
      const { present, before } = await world.settledTwice()
      return async () => {
        await yank(world, present, 'rollback')
        world.headIs(before)
        await world.asked({ action: 'rollback', reason: 'yanked', target: before })
        await world.updated(before)
      }
    },
  },
  {
    lever: 'yank-forward',
    does: 'yank what runs, remedy forward, in a freeze: the rack goes on to the head all the same',
    limitSeconds: 30,
    async prepare(world) {
      const present = await world.settled()
      const target = await world.newHead()
      await world.freeze()
      // Without the freeze it would be an update like any other, and say nothing of the remedy.
      await world.asked({ action: 'wait', reason: 'frozen' })
      return async () => {
        await yank(world, present, 'forward', '--to', target)
        await world.asked({ action: 'update', reason: 'yanked', target })
        await world.updated(target)
        await world.unfreeze()
      }
    },
  },
  {
    lever: 'yank-stay',
    does: 'yank the head, remedy stay: the rack stays, is told so, and takes the next good head',
    limitSeconds: 30,
    async prepare(world) {
      const { present, before } = await world.settledTwice()
      return async () => {
        await yank(world, present, 'stay')
        world.headIs(before)
        const told = await world.asked({ action: 'none', reason: 'yanked' })
        expectTrue('the rack is not told of the advisory', listOf(told.advisories).length === 1)
        const target = await world.newHead()
        await world.asked({ action: 'update', reason: 'offered', target })
        await world.updated(target)
      }
    },
  },
  {
    lever: 'revert',
    does: 'revert the channel: it serves what it served before, and the rack stays ahead of it',
    limitSeconds: 20,
    async prepare(world) {
      const { before } = await world.settledTwice()
      return async () => {
        await revert(world, before)
        await world.asked({ action: 'none', reason: 'ahead_of_channel' })
      }
    },
  },
  {
    lever: 'recall',
    does: 'revert with a recall: the rack is called back, and goes back',
    limitSeconds: 30,
    async prepare(world) {
      const { before } = await world.settledTwice()
      return async () => {
        await revert(world, before, '--recall')
        await world.asked({ action: 'rollback', reason: 'recalled', target: before })
        await world.updated(before)
      }
    },
  },
  {
    lever: 'break-glass',
    does: "open break-glass by the server's disk, use it, close it: afterwards it is good for nothing",
    limitSeconds: 20,
    missing: ({ dataDir }) =>
      dataDir === undefined
        ? "it wants the server's own disk: --data DIR, on the machine of the registry"
        : undefined,
    prepare: async (world) => () => rehearseBreakGlass(world),
  },
]

async function yank(
  world: World,
  version: string,
  remedy: string,
  ...more: readonly string[]
): Promise<void> {
  const { app, run, shell } = world
  const severity = ['--severity', 'moderate', '--remedy', remedy, ...more]
  const why = ['--reason', `${run} rehearses`, '--confirm', app]
  await shell.registry('release', 'yank', version, '--app', app, ...severity, ...why)
}

async function revert(world: World, to: string, ...more: readonly string[]): Promise<void> {
  const { app, run, shell } = world
  const why = ['--reason', `${run} rehearses`, ...more]
  const reversion = await shell.registry('channel', 'revert', syntheticChannel, '--app', app, ...why)
  expectFields('the revert', reversion, { version: to })
  world.headIs(to)
}
