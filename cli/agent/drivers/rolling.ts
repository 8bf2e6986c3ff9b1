/**
 * The `rolling` driver: a group of hosts, moved batch by batch by the operator's own commands. A host serves again
 * only when it is healthy on the right version, and no batch begins before the one before it has ended.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { childEnvironment, commandText, runProcess } from '../run-process.ts'
import type { Driver, DriverStatus, Move } from './driver.ts'
import type { RollingDriverConfig } from './rolling-config.ts'
import { commandFor } from './rolling-config.ts'
import { bringHost, type HostWork } from './rolling-host.ts'
import { createHostList } from './rolling-list.ts'
import { type Goal, type ListedHost, markOf, type Next, nextBatch, shortfallOf } from './rolling-plan.ts'
import { beginProgress, readProgress } from './rolling-progress.ts'
import { rowsDuring, rowsOf, versionOf } from './rolling-rows.ts'
import type { DriverPlace } from './run-step.ts'
import { checkedVersionName } from './version-name.ts'

export function createRollingDriver(config: RollingDriverConfig, place: DriverPlace): Driver {
  const { dir, files, clock, env, redact } = place
  const { limits } = config

  async function status(): Promise<DriverStatus> {
    if (config.status === undefined) return 'settled'
    const result = await runProcess({
      command: config.status,
      cwd: dir,
      env: childEnvironment(env, { HEADGATE_DIR: dir }),
      timeoutSeconds: config.readTimeoutSeconds,
      graceSeconds: 2,
      clock,
      ...(redact !== undefined && { redact }),
    }).catch((problem: unknown) => {
      if (problem instanceof Problem) return null
      throw problem
    })
    const word = result?.code === 0 ? result.stdout.trim() : ''
    return word === 'settled' || word === 'busy' ? word : 'unknown'
  }

  async function prepare({ to }: Pick<Move, 'to'>): Promise<void> {
    const hosts = await createHostList(config, place).read()
    const short = shortfallOf({ hosts, marks: {}, goal: { to, isReturn: false }, limits })
    if (short === null) return
    const { attached, taken, minAttached } = short
    throw new Problem(
      'preflight_failed',
      `A batch of ${taken} would leave ${attached - taken} of ${attached} attached hosts in service, and minAttached is ${minAttached}.`,
      {
        hint: `attach a host that is out of service, or edit ${dir}/rack.toml, [driver] batch or minAttached`,
        numbers: { attached, batch: taken, left: attached - taken, minAttached },
      },
    )
  }

  async function carry(move: Move): Promise<void> {
    if (move.to !== null) checkedVersionName(move.to)
    const goal: Goal = { to: move.to, isReturn: move.isReturn === true }
    const list = createHostList(config, place)
    const progress = beginProgress(move, dir, files)
    let seen: readonly ListedHost[] = []
    const work: HostWork = {
      config,
      place,
      move,
      goal,
      list,
      progress,
      show(hosts = seen) {
        seen = hosts
        move.hosts?.(rowsDuring(hosts, progress.marks))
      },
    }
    for (;;) {
      const hosts = await list.look()
      work.show(hosts)
      const next = nextBatch({ hosts, marks: progress.marks, goal, limits })
      if (next.kind !== 'batch') {
        progress.over()
        return conclude(work, next, new Set(hosts.map(({ host }) => host)))
      }
      move.note(`next: ${next.hosts.join(', ')}`)
      await allOf(next.hosts.map((host) => bringHost(work, host)))
    }
  }

  return {
    kind: 'rolling',
    offlineRollback: config.offlineRollback,
    needsArtifact: config.needsArtifact,
    current: async () => versionOf(await createHostList(config, place).read(), readProgress(dir, files), dir),
    status,
    prepare,
    hosts: async () => rowsOf(await createHostList(config, place).read(), readProgress(dir, files)),
    keeps: async () => config.offlineRollback,
    apply: carry,
    goBack: carry,
    prune: async () => [],
  }
}

/** Each to its end before the first error is told: nothing of a batch goes on behind the back of what follows. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(works)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Returns when the group has moved, with hosts out of service only as far as they are tolerated. */
function conclude(
  { move, progress, goal, config, place }: HostWork,
  next: Exclude<Next, { kind: 'batch' }>,
  listed: ReadonlySet<string>,
): void {
  const to = goal.to ?? 'nothing'
  const reasons = next.out.map((host) => `${host} (${markOf(progress.marks, host).detail})`)
  const gone = next.out.filter((host) => !listed.has(host))
  // On the way back a host that no longer exists is nobody's to mend.
  const owed = goal.isReturn ? next.out.filter((host) => !gone.includes(host)) : next.out
  if (next.kind === 'done' && (!goal.isReturn || owed.length === 0)) {
    if (next.out.length > 0) move.note(`out of service: ${reasons.join(', ')}`)
    return
  }
  const says = [
    ...(next.out.length > 0 ? [`${counted(next.out)} did not get to ${to}: ${reasons.join('; ')}`] : []),
    ...(next.kind === 'halted' && !goal.isReturn ? [`${next.tolerated} tolerated (maxUnhealthy)`] : []),
    ...(next.kind === 'short' ? [arithmetic(next)] : []),
    ...(next.kind !== 'done' && next.left.length > 0 ? [`not begun: ${next.left.join(', ')}`] : []),
  ]
  const [first = ''] = owed
  const mend = first === '' ? '' : `, attach it (${commandText(commandFor(config.acts.attach, first))})`
  throw new Problem(goal.isReturn ? 'stuck' : 'update_failed', `${says.join('. ')}.`, {
    hint: goal.isReturn
      ? `mend ${[...owed, ...('left' in next ? next.left : [])].join(', ')}${mend}, then: headgate verify --dir ${place.dir}`
      : `headgate status --dir ${place.dir}`,
    numbers: { out: next.out, lastLines: reasons },
  })
}

function counted(hosts: readonly string[]): string {
  return hosts.length === 1 ? '1 host' : `${hosts.length} hosts`
}

function arithmetic({ attached, minAttached }: Extract<Next, { kind: 'short' }>): string {
  return `Taking one more out of service would leave ${attached - 1} of ${attached}, and minAttached is ${minAttached}`
}
