/**
 * What a move over a group of hosts has come to, in DIR/rolling.json, written before each act that it announces. It
 * explains what `list` shows and is never believed against it; without it a move still finds its way.
 */

import { join } from 'node:path'
import { type DurableFiles, isDiskFull } from '../files.ts'
import type { Move } from './driver.ts'
import {
  carriedOver,
  type HostMark,
  type HostState,
  hostTransitions,
  type Marks,
  markOf,
} from './rolling-plan.ts'

interface ProgressFile {
  readonly v: 1
  readonly attempt: string
  readonly from: string | null
  readonly to: string | null
  readonly isReturn: boolean
  /** The move has ended, well or not: its marks explain, and are nothing to go on from. */
  readonly isOver: boolean
  readonly hosts: Marks
}

export interface Progress {
  readonly marks: Marks
  /** On the disk before it returns. */
  enter(host: string, state: HostState, change?: Partial<Omit<HostMark, 'state'>>): void
  over(): void
}

function progressFile(dir: string): string {
  return join(dir, 'rolling.json')
}

/** Null when there is none, or nothing that this program wrote. */
export function readProgress(dir: string, files: DurableFiles): ProgressFile | null {
  const bytes = files.read(progressFile(dir))
  if (bytes === null) return null
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isProgress(value) ? value : null
  } catch {
    return null
  }
}

function isProgress(value: unknown): value is ProgressFile {
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== 1) return false
  const hosts = 'hosts' in value ? value.hosts : undefined
  return typeof hosts === 'object' && hosts !== null && Object.values(hosts).every(isMark)
}

function isMark(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('state' in value)) return false
  return typeof value.state === 'string' && Object.hasOwn(hostTransitions, value.state)
}

/** Goes on from what the file says of this very move; of any other move only what was applied is kept. */
export function beginProgress(move: Move, dir: string, files: DurableFiles): Progress {
  const isReturn = move.isReturn === true
  const found = readProgress(dir, files)
  const isSameAttempt = found?.attempt === move.attempt
  const isSameMove = isSameAttempt && found.to === move.to && found.isReturn === isReturn
  let marks: Marks = found === null ? {} : isSameMove ? found.hosts : carriedOver(found.hosts, isSameAttempt)
  let isTold = false

  function store(isOver: boolean): void {
    const { attempt, from, to } = move
    const content: ProgressFile = { v: 1, attempt, from, to, isReturn, isOver, hosts: marks }
    try {
      files.writeAtomically(progressFile(dir), `${JSON.stringify(content)}\n`, 0o600)
    } catch (error) {
      // On a full disk there must still be a way back: what the hosts really run is enough to find it.
      if (!isDiskFull(error) || move.direction === 'forward') throw error
      if (!isTold) move.note('the disk is full: how far each host has come is not written down')
      isTold = true
    }
  }

  return {
    get marks() {
      return marks
    },
    enter(host, state, change = {}) {
      const mark = markOf(marks, host)
      const isAllowed = hostTransitions[mark.state].some((next) => next === state)
      if (!isAllowed) throw new Error(`A host cannot go from ${mark.state} to ${state}.`)
      marks = { ...marks, [host]: { ...mark, ...change, state } }
      store(false)
    },
    over: () => store(true),
  }
}
