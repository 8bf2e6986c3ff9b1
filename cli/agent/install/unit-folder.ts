/** Where units lie, which of them are ours, and what writing or removing them comes to. Nothing here speaks to systemd. */
import { join } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import type { DurableFiles } from '../files.ts'
import { markerOf, type UnitFile } from './unit-text.ts'

export interface UnitPlace {
  /** Units are written below it; "/" is this machine. */
  readonly root: string
  readonly isOfUser: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

const endings = ['.service', '.timer'] as const

function unitFolder({ root, isOfUser, env }: UnitPlace): string {
  if (!isOfUser) return join(root, 'etc', 'systemd', 'system')
  return join(root, env.XDG_CONFIG_HOME || join(env.HOME ?? '/', '.config'), 'systemd', 'user')
}

export interface UnitChange {
  readonly path: string
  /** Null: it goes away. */
  readonly text: string | null
}

/** What differs from what is there; raises `name_taken` before anything that is not ours would be touched. */
export function changesTo(
  wanted: readonly UnitFile[],
  unit: string,
  dir: string,
  place: UnitPlace,
  files: DurableFiles,
): readonly UnitChange[] {
  const folder = unitFolder(place)
  return endings.flatMap((ending) => {
    const path = join(folder, unit + ending)
    const present = presentUnit(path, dir, files)
    const text = wanted.find(({ name }) => name === unit + ending)?.text ?? null
    return text === present ? [] : [{ path, text }]
  })
}

function presentUnit(path: string, dir: string, files: DurableFiles): string | null {
  const kind = files.kindOf(path)
  if (kind === null) return null
  const text = kind === 'file' ? (files.read(path)?.toString('utf8') ?? '') : ''
  if (text.split('\n').includes(markerOf(dir))) return text
  const owner = /^# headgate-unit: (.*)$/m.exec(text)?.[1]
  throw new Problem(
    'name_taken',
    owner === undefined
      ? `${path} was not written by headgate agent install; it stays as it is.`
      : `${path} is the unit of the rack in ${owner}; it stays as it is.`,
    { hint: `choose another name: --unit headgate-${owner === undefined ? 'rack' : 'second'}` },
  )
}

export function carryOut(changes: readonly UnitChange[], files: DurableFiles): void {
  for (const { path, text } of changes) {
    if (text === null) files.remove(path)
    else {
      files.makeDirectory(join(path, '..'))
      files.writeAtomically(path, text)
    }
  }
}

export interface InstalledUnit {
  readonly path: string
  readonly text: string
}

/** The units of this rack on this machine, by their marker. */
export function unitsOf(dir: string, place: UnitPlace, files: DurableFiles): readonly InstalledUnit[] {
  const folder = unitFolder(place)
  return files
    .list(folder)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name))
    .filter((path) => files.kindOf(path) === 'file')
    .map((path) => ({ path, text: files.read(path)?.toString('utf8') ?? '' }))
    .filter(({ text }) => text.split('\n').includes(markerOf(dir)))
}
