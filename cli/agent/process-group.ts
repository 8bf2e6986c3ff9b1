/**
 * A process group that may have outlived the run that started it: a SIGKILLed agent leaves its driver running, so
 * recovery asks here whether the group still runs, waits for it, or ends it.
 */

import { readdirSync } from 'node:fs'
import { bootId, isDead, isSameProcess, type ProcessIdentity, type ProcessStat, statOf } from './boot.ts'
import type { Clock } from './clock.ts'

const pollMs = 50

/** Sends to the whole group; a group that is gone is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!gone) throw error
  }
}

function members(group: number): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat): stat is ProcessStat => stat !== null && stat.group === group && !isDead(stat))
}

/**
 * Whether anything of the group is left, also after its leader ended. A number that now leads another group (its
 * start time differs) is not ours; nor is a group outside the session that `runProcess` opened for it.
 */
export function isGroupRunning(leader: ProcessIdentity): 'yes' | 'no' | 'unknown' {
  const same = isSameProcess(leader)
  if (same !== 'no' || process.platform !== 'linux') return same
  if (leader.bootId !== bootId()) return 'no'
  const reused = statOf(leader.pid)
  if (reused !== null && reused.startTime !== leader.startTime) return 'no'
  return members(leader.pid).some((stat) => stat.session === leader.pid) ? 'yes' : 'no'
}

/** Waits until nothing of the group runs; false when `timeoutMs` passed first. `unknown` counts as running. */
export async function waitForGroup(
  leader: ProcessIdentity,
  timeoutMs: number,
  clock: Clock,
): Promise<boolean> {
  const until = clock.monotonic() + timeoutMs
  while (isGroupRunning(leader) !== 'no') {
    if (clock.monotonic() >= until) return false
    await clock.sleep(pollMs)
  }
  return true
}

/** SIGTERM, then SIGKILL after `graceMs`; false when the group cannot be told to be gone. */
export async function endGroup(leader: ProcessIdentity, graceMs: number, clock: Clock): Promise<boolean> {
  if (isGroupRunning(leader) === 'yes') signalGroup(leader.pid, 'SIGTERM')
  if (await waitForGroup(leader, graceMs, clock)) return true
  if (isGroupRunning(leader) !== 'yes') return false
  signalGroup(leader.pid, 'SIGKILL')
  return waitForGroup(leader, 5_000, clock)
}
