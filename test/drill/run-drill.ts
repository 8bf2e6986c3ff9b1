/** Plays chapters one after the other, each on a registry and a fleet of its own, and says what became of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Chapter, chapters, type Told } from './chapters.ts'
import { openStage } from './stage.ts'

export interface DrillOptions {
  /** The bundle of registry.ts. */
  readonly program: string
  readonly folder: string
  readonly seed: number
  /** Racks of a chapter. */
  sizeOf(chapter: string): number
  /** All if it is left out. */
  readonly only?: string
  readonly onChapter?: (played: Played) => void
}

export interface Played extends Told {
  readonly chapter: string
  readonly racks: number
  readonly requests: number
  readonly seconds: number
  readonly complaints: readonly string[]
  readonly held: boolean
}

export async function runDrill(options: DrillOptions): Promise<Played[]> {
  const { only, onChapter = () => undefined } = options
  const played: Played[] = []
  for (const chapter of chapters.filter(({ name }) => only === undefined || name === only)) {
    const one = await playChapter(chapter, options)
    played.push(one)
    onChapter(one)
  }
  return played
}

async function playChapter(
  { name, shares, play }: Chapter,
  { program, folder, seed, sizeOf }: DrillOptions,
): Promise<Played> {
  const own = mkdtempSync(join(folder, `${name}-`))
  const size = sizeOf(name)
  const startedAt = performance.now()
  const stage = await openStage({ program, folder: own, seed, size, shares })
  const { registry, complaints } = stage
  const begun = { at: performance.now(), answered: registry.answered }
  let told: Told = { sizes: [], happened: '', foretold: '', outside: 0 }
  try {
    told = await play(stage)
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error))
  } finally {
    await registry.stop()
    rmSync(own, { recursive: true, force: true })
  }
  const seconds = (performance.now() - startedAt) / 1000
  const requests = registry.answered - begun.answered
  const held = complaints.length === 0 && told.happened === told.foretold && told.outside === 0
  const racks = stage.fleet.racks.length
  return { ...told, chapter: name, racks, requests, seconds, complaints: [...new Set(complaints)], held }
}

const columns = [12, 6, 20, 44, 44, 7, 8, 8, 7] as const

export function headLine(): string {
  return row([
    'chapter',
    'racks',
    'waves',
    'what happened',
    'the oracle',
    'outside',
    'requests',
    'per s',
    'seconds',
  ])
}

export function lineOf(played: Played): string {
  const { chapter, racks, sizes, happened, foretold, outside, requests, seconds, complaints } = played
  const line = row([
    chapter,
    racks,
    sizes.join(' + '),
    happened,
    foretold,
    outside,
    requests,
    Math.round(requests / seconds),
    seconds.toFixed(1),
  ])
  return [line, ...complaints.map((complaint) => `  DID NOT HOLD: ${complaint}`)].join('\n')
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, index) =>
      typeof cell === 'number'
        ? String(cell).padStart(columns[index] ?? 0)
        : cell.padEnd(columns[index] ?? 0),
    )
    .join('  ')
    .trimEnd()
}
