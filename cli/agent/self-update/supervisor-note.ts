/** DIR/agent/supervisor.json: what the supervisor runs now, for whoever judges a new agent and for the supervisor after it. */
import { join } from 'node:path'
import { isSameProcess, type ProcessIdentity } from '../boot.ts'
import { type DurableFiles, isDiskFull } from '../files.ts'
import { agentDirectory } from './agent-directory.ts'

export interface SupervisorNote {
  readonly v: 1
  readonly process: ProcessIdentity
  readonly agent: {
    readonly process: ProcessIdentity
    /** The release, or the supervisor's own version when there is none. */
    readonly version: string
    /** How often this version has ended by itself since it is the one. */
    readonly ends: number
  } | null
  readonly updater: { readonly process: ProcessIdentity } | null
}

const noteFile = (dir: string) => join(agentDirectory(dir), 'supervisor.json')

/** Null when no supervisor ever ran here, or the file is not one of ours. */
export function readSupervisorNote(
  dir: string,
  files: DurableFiles,
): (SupervisorNote & { readonly isRunning: boolean }) | null {
  const bytes = files.read(noteFile(dir))
  if (bytes === null) return null
  try {
    const note: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof note !== 'object' || note === null || !('v' in note) || note.v !== 1) return null
    const known = note as SupervisorNote
    return { ...known, isRunning: isSameProcess(known.process) === 'yes' }
  } catch {
    return null
  }
}

/** On a full disk the supervisor goes on: what runs is more than what is said of it. */
export function writeSupervisorNote(dir: string, note: SupervisorNote, files: DurableFiles): void {
  try {
    files.writeAtomically(noteFile(dir), `${JSON.stringify(note)}\n`)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}
