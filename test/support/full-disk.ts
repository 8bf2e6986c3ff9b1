/**
 * A disk that is full from some moment on: whatever needs a new block or a new name fails with ENOSPC, while bytes
 * inside a file that has them can still be written. (What a real one does; a real one needs root to make.)
 */

import { statSync } from 'node:fs'
import { createDurableFiles, type DurableFiles, nodeSyscalls } from '../../cli/agent/files.ts'

function noSpace(call: string): Error {
  return Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' })
}

export function fullDiskAfter(isFull: () => boolean): DurableFiles {
  const paths = new Map<number, string>()
  return createDurableFiles({
    ...nodeSyscalls,
    // A new empty file often still fits a full disk; its first byte does not.
    open(path, flags, mode) {
      const fd = nodeSyscalls.open(path, flags, mode)
      paths.set(fd, path)
      return fd
    },
    write(fd, bytes, offset) {
      const size = statSync(paths.get(fd) ?? '').size
      if (isFull() && offset + bytes.length > size) throw noSpace('write')
      nodeSyscalls.write(fd, bytes, offset)
    },
    symlink(target, path) {
      nodeSyscalls.symlink(target, path)
    },
    mkdir(path) {
      if (isFull()) throw noSpace('mkdir')
      nodeSyscalls.mkdir(path)
    },
  })
}
