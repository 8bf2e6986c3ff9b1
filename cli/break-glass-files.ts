/** DATA/break-glass: what was opened by the disk. A file for each, which the registry reads, and its token beside it. */
import { join } from 'node:path'
import { type BreakGlassFile, breakGlassFile } from '../shared/contract/break-glass.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'

type Disk = Pick<Deps, 'files'>

export function breakGlassFolder(dataDir: string): string {
  return join(dataDir, 'break-glass')
}

/** Raises `invalid_input` for a folder in which no registry has ever been. */
export function requireDataFolder({ files }: Disk, dataDir: string): void {
  if (files.kindOf(join(dataDir, 'registry.sqlite')) === 'file') return
  throw new Problem(
    'invalid_input',
    `${dataDir} is not the folder of a registry: there is no registry.sqlite in it.`,
    {
      hint: 'It is what the registry was started with: headgate serve --data DIR',
    },
  )
}

/** In no order; files that are not ours are left alone. */
export function readBreakGlass({ files }: Disk, dataDir: string): BreakGlassFile[] {
  const folder = breakGlassFolder(dataDir)
  return files
    .list(folder)
    .filter((name) => /^BG-[0-9a-f]{8}\.json$/.test(name))
    .flatMap((name) => {
      const bytes = files.read(join(folder, name))
      const read = bytes === null ? undefined : breakGlassFile.safeParse(parsed(bytes))
      return read?.success ? [read.data] : []
    })
}

/** The token is on the disk before anything says that it is good. */
export function writeBreakGlass(
  { files }: Disk,
  dataDir: string,
  glass: BreakGlassFile,
  token?: string,
): void {
  const folder = breakGlassFolder(dataDir)
  files.makeDirectory(folder)
  if (token !== undefined) files.writeAtomically(join(folder, `${glass.id}.token`), `${token}\n`, 0o600)
  files.writeAtomically(join(folder, `${glass.id}.json`), `${JSON.stringify(glass, null, 2)}\n`, 0o600)
}

export function removeBreakGlassToken({ files }: Disk, dataDir: string, id: string): void {
  files.remove(join(breakGlassFolder(dataDir), `${id}.token`))
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
