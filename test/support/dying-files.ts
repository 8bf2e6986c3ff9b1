/**
 * A file system that dies: every mutating system call counts, the n-th throws `Died`, and so does every later one.
 * `tears` does half of what it dies on (of the bytes, of a directory's removal); `losesUnsynced` then takes back whatever was not synced, as a power
 * cut may, so that a forgotten fsync fails a test instead of a rack.
 */

import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { createDurableFiles, type DurableFiles, nodeSyscalls, type Syscalls } from '../../cli/agent/files.ts'

export class Died extends Error {
  constructor(call: number) {
    super(`the file system died at mutating call ${call}`)
    this.name = 'Died'
  }
}

export interface DyingOptions {
  /** 1 = the very first mutating call; Infinity = never. */
  readonly diesAt: number
  readonly tears?: boolean
  readonly losesUnsynced?: boolean
}

/** What a power cut takes back: data of a file until the file is synced, names in a directory until that is. */
interface Pending {
  readonly what: 'data' | 'name'
  path: string
  undo(path: string): void
}

function snapshot(path: string): (to: string) => void {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink()) {
    const target = fs.readlinkSync(path)
    return (to) => fs.symlinkSync(target, to)
  }
  if (!stats?.isFile()) return () => undefined
  const content = fs.readFileSync(path)
  return (to) => fs.writeFileSync(to, content, { mode: stats.mode })
}

const gone = (path: string): void => fs.rmSync(path, { force: true, recursive: true })

export function dyingFiles(options: DyingOptions): { files: DurableFiles; calls(): number } {
  let count = 0
  let dead = false
  let pending: Pending[] = []
  const open = new Map<number, string>()

  function die(): never {
    if (!dead && options.losesUnsynced) for (const each of pending.reverse()) each.undo(each.path)
    dead = true
    throw new Died(count)
  }
  function mutate(): void {
    if (dead) throw new Died(count)
    count += 1
    if (count >= options.diesAt) die()
  }
  const later = (what: Pending['what'], path: string, undo: Pending['undo']) =>
    pending.push({ what, path, undo })

  const calls: Syscalls = {
    open(path, flags, mode) {
      if (flags === 'r') {
        if (dead) throw new Died(count)
      } else {
        mutate()
        if (flags === 'wx') later('name', path, gone)
      }
      const fd = nodeSyscalls.open(path, flags, mode)
      open.set(fd, path)
      return fd
    },
    write(fd, bytes, offset) {
      const path = open.get(fd) ?? ''
      const before = fs.readFileSync(path)
      later('data', path, (now) => {
        if (fs.existsSync(now)) fs.writeFileSync(now, before)
      })
      if (!dead && count + 1 >= options.diesAt && options.tears) {
        nodeSyscalls.write(fd, bytes.subarray(0, Math.floor(bytes.length / 2)), offset)
        // A torn write reached the disk by definition.
        if (options.losesUnsynced) pending.pop()
      }
      mutate()
      nodeSyscalls.write(fd, bytes, offset)
    },
    sync(fd) {
      mutate()
      nodeSyscalls.sync(fd)
      const path = open.get(fd)
      pending = pending.filter((each) =>
        each.what === 'data' ? each.path !== path : dirname(each.path) !== path,
      )
    },
    close(fd) {
      open.delete(fd)
      nodeSyscalls.close(fd)
    },
    rename(from, to) {
      mutate()
      const restore = snapshot(to)
      nodeSyscalls.rename(from, to)
      pending = pending.filter((each) => each.what !== 'data' || each.path !== to)
      for (const each of pending) if (each.what === 'data' && each.path === from) each.path = to
      pending = pending.filter((each) => each.what !== 'name' || each.path !== from)
      later('name', to, () => {
        if (fs.existsSync(to) || fs.lstatSync(to, { throwIfNoEntry: false })) fs.renameSync(to, from)
        restore(to)
      })
    },
    symlink(target, path) {
      mutate()
      nodeSyscalls.symlink(target, path)
      later('name', path, gone)
    },
    unlink(path) {
      mutate()
      const restore = snapshot(path)
      nodeSyscalls.unlink(path)
      later('name', path, restore)
    },
    mkdir(path) {
      mutate()
      nodeSyscalls.mkdir(path)
      later('name', path, gone)
    },
    removeTree(path) {
      const first =
        !dead && count + 1 >= options.diesAt && options.tears ? fs.readdirSync(path)[0] : undefined
      if (first !== undefined) gone(join(path, first))
      mutate()
      nodeSyscalls.removeTree(path)
    },
  }
  return { files: createDurableFiles(calls), calls: () => count }
}

/**
 * Runs the story once per mutating call it makes, dying one call later each time, and lets `afterwards` judge what
 * is left; ends with the run that survives. Returns the number of deaths.
 */
export async function dieAtEveryCall(
  story: (files: DurableFiles) => Promise<void> | void,
  afterwards: (death: number) => Promise<void> | void,
  options: Omit<DyingOptions, 'diesAt'> = {},
): Promise<number> {
  for (let death = 1; ; death += 1) {
    const { files } = dyingFiles({ ...options, diesAt: death })
    try {
      await story(files)
      return death - 1
    } catch (error) {
      if (!(error instanceof Died)) throw error
    }
    await afterwards(death)
  }
}
