/**
 * The names in an archive, judged before anything is written under them: inside the release, printable, and so
 * that no two of them are one name on a disk that folds case or accents.
 */

import { refusedArchive, shownName } from './refused-archive.ts'

const longestPath = 1_024
const longestSegment = 255
const deepest = 64

export interface ArchiveNames {
  /** Throws the refusal of this name, given those before it. The root itself ("." or "./") is a directory. */
  admit(path: string, kind: 'file' | 'directory'): void
}

/** The segments of a relative path, or a refusal; a leading "./" and a trailing "/" mean nothing. */
function segmentsOf(path: string): readonly string[] {
  if (path.length > longestPath) throw refusedArchive(`a name has ${path.length} characters`)
  if (/[\p{Cc}\uFFFD\\]/u.test(path)) {
    throw refusedArchive(
      `${shownName(path)} holds a control character, a backslash or bytes that are not UTF-8`,
    )
  }
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    throw refusedArchive(`${shownName(path)} is an absolute path`)
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw refusedArchive(`${shownName(path)} leaves the release by ".."`)
  if (segments.length > deepest)
    throw refusedArchive(`${shownName(path)} is ${segments.length} directories deep`)
  const long = segments.find((segment) => Buffer.byteLength(segment) > longestSegment)
  if (long !== undefined) throw refusedArchive(`${shownName(long)} is longer than ${longestSegment} bytes`)
  return segments
}

export function createArchiveNames(): ArchiveNames {
  /** Folded path → how it was written, what it is, and whether an entry named it (or only what lies below it). */
  const seen = new Map<string, { path: string; kind: 'file' | 'directory'; listed: boolean }>()

  function enter(path: string, kind: 'file' | 'directory', listed: boolean): void {
    const key = path.normalize('NFC').toLowerCase()
    const before = seen.get(key)
    if (before === undefined) {
      seen.set(key, { path, kind, listed })
      return
    }
    if (before.path !== path) {
      throw refusedArchive(
        `${shownName(before.path)} and ${shownName(path)} are one name where case is not told apart`,
      )
    }
    if (before.kind !== kind) throw refusedArchive(`${shownName(path)} is both a file and a directory`)
    if (before.listed && listed) throw refusedArchive(`${shownName(path)} is in it twice`)
    if (listed) before.listed = true
  }

  return {
    admit(path, kind) {
      const segments = segmentsOf(path)
      if (segments.length === 0) {
        if (kind === 'directory') return
        throw refusedArchive(`${shownName(path)} is no name for a file`)
      }
      for (let depth = 1; depth < segments.length; depth += 1) {
        enter(segments.slice(0, depth).join('/'), 'directory', false)
      }
      enter(segments.join('/'), kind, true)
    },
  }
}
