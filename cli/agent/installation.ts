/**
 * Which installation speaks: a random id, bound to the directory and the machine it was made on. A copy of the directory
 * finds itself elsewhere and makes an id of its own, so that a registry which hears two of them in turn can tell. A machine
 * that was copied to the last number is not told apart.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import type { DurableFiles } from './files.ts'
import type { RackState } from './rack-state.ts'

export interface Installation {
  readonly id: string
  /** What it is bound to, as `placeOf` says it. */
  readonly place: string
}

/** Sixteen hex digits of where the directory is. It may change at any time, as a container's name does; nothing is lost by it. */
export function placeOf(dir: string, files: Pick<DurableFiles, 'read'>): string {
  const folder = statSync(dir, { throwIfNoEntry: false })
  const facts = [hostname(), machineId(files), String(folder?.ino ?? '')]
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)
}

/** Without the id of another place, which only that place may say. */
export function hereOnly(state: RackState, place: string): RackState {
  const { installation, ...rest } = state
  return installation && installation.place !== place ? rest : state
}

/** With an id; made once for a place. To be stored before it is said, or each run would be another installation. */
export function withInstallation(state: RackState, place: string, uuid: () => string): RackState {
  return state.installation?.place === place ? state : { ...state, installation: { id: uuid(), place } }
}

function machineId(files: Pick<DurableFiles, 'read'>): string {
  try {
    return files.read('/etc/machine-id')?.toString('utf8').trim() ?? ''
  } catch {
    // Not every system has one, and not every user may read it.
    return ''
  }
}
