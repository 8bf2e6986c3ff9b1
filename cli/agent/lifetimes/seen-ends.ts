/** DIR/lifetimes.json: the ends that commands printed, kept from one look to the next and for whoever shows or reports them. */
import { join } from 'node:path'
import { day } from '../../../shared/domain/instants.ts'
import { type DurableFiles, isDiskFull } from '../files.ts'

export interface SeenEnd {
  /** Another command is another end. */
  readonly command: string
  /** Null: it has printed no date yet, or not for so long that the last one says nothing any more. */
  readonly endsAt: number | null
  readonly seenAt: number | null
  readonly nextAt: number
  /** Why the last look saw nothing. */
  readonly trouble: string | null
}

/** By the lifetime's name. */
export type SeenEnds = ReadonlyMap<string, SeenEnd>

/** What nobody has seen for so long is not known. */
const goodForMs = day

function seenEndsFile(dir: string): string {
  return join(dir, 'lifetimes.json')
}

export function readSeenEnds(dir: string, files: DurableFiles): SeenEnds {
  const bytes = files.read(seenEndsFile(dir))
  if (bytes === null) return new Map()
  try {
    const kept: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof kept !== 'object' || kept === null || !('v' in kept) || !('ends' in kept)) return new Map()
    return kept.v === 1 ? new Map(Object.entries(kept.ends as Readonly<Record<string, SeenEnd>>)) : new Map()
  } catch {
    // It is asked again.
    return new Map()
  }
}

/** On a full disk what is there ages, and is then unknown. */
export function writeSeenEnds(dir: string, ends: SeenEnds, files: DurableFiles): void {
  try {
    const kept = { v: 1, ends: Object.fromEntries(ends) }
    files.writeAtomically(seenEndsFile(dir), `${JSON.stringify(kept)}\n`, 0o644)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}

/** The end that was printed, while somebody has looked lately. */
export function endSeen(seen: SeenEnd | undefined, now: number): number | undefined {
  if (!seen || seen.endsAt === null || seen.seenAt === null || now - seen.seenAt > goodForMs) return undefined
  return seen.endsAt
}
