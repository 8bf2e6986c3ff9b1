/**
 * Which process a number meant: a pid is reused, so what is written down is pid + start time + boot id (+ the pid
 * namespace, since a container counts its own). Off Linux there is no boot id, and the answer may be "unknown".
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Linux: clock ticks since boot, from /proc; elsewhere what `ps -o lstart` prints; null when neither knows. */
  readonly startTime: string | null
  readonly bootId: string | null
  /** The pid namespace as Linux names it, such as 'pid:[4026531836]'. */
  readonly namespace: string | null
}

/** One line of /proc/PID/stat, as far as it is needed here. */
export interface ProcessStat {
  readonly pid: number
  /** 'Z' and 'X' are dead: they only wait to be reaped. */
  readonly state: string
  readonly group: number
  readonly session: number
  readonly startTime: string
}

function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** Differs after every reboot of the kernel; null where the system has none. */
export function bootId(): string | null {
  return quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
}

/** Parses /proc/PID/stat (proc(5)); the name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | null {
  const pid = Number.parseInt(text, 10)
  const [state, , group, session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTime = rest[15]
  if (!Number.isInteger(pid) || state === undefined || startTime === undefined) return null
  return { pid, state, group: Number(group), session: Number(session), startTime }
}

export function statOf(pid: number): ProcessStat | null {
  return quietly(() => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')))
}

export function isDead(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X'
}

function startTimeOf(pid: number): string | null {
  if (process.platform === 'linux') return statOf(pid)?.startTime ?? null
  return quietly(() => execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim())
}

/** What to write down about a process that lives now. */
export function identityOf(pid: number): ProcessIdentity {
  return {
    pid,
    startTime: startTimeOf(pid),
    bootId: bootId(),
    namespace: quietly(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/** Whether a process with this number exists now, whoever owns it. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Whether the process that was written down still runs. `unknown`: it was counted in another pid namespace of this
 * same boot, or this system does not tell start times; whoever asks must not take that for a yes or a no.
 */
export function isSameProcess(noted: ProcessIdentity): 'yes' | 'no' | 'unknown' {
  if (!Number.isInteger(noted.pid) || noted.pid <= 0) return 'no'
  const present = identityOf(noted.pid)
  if (noted.bootId !== null && present.bootId !== null && noted.bootId !== present.bootId) return 'no'
  if (noted.namespace !== present.namespace) return 'unknown'
  if (!exists(noted.pid)) return 'no'
  const stat = statOf(noted.pid)
  if (stat !== null && isDead(stat)) return 'no'
  if (noted.startTime === null || present.startTime === null) return 'unknown'
  return noted.startTime === present.startTime ? 'yes' : 'no'
}
