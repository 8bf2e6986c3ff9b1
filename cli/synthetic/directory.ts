/**
 * The directory of rehearsals: whose it is, the run that began from it and has not ended, and one run at a time. A run that
 * stands in it while nobody holds the lock was killed; the next one may take its place at once.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { Problem } from '../../shared/domain/problem.ts'
import { acquireLock } from '../agent/lock.ts'
import type { Deps } from '../deps.ts'
import { runsDirOf } from './clear.ts'

const noted = z.object({ v: z.literal(1), app: z.string(), underWay: z.string().optional() })
type Noted = z.infer<typeof noted>

export interface SyntheticDirectory {
  readonly dir: string
  readonly runsDir: string
  /** The run that began from here and never ended. */
  readonly killed: string | undefined
  /** Undefined: none is under way. */
  note(run: string | undefined): void
  release(): Promise<void>
}

/** Raises `locked`, and `invalid_input` for a directory that holds something else. */
export async function openDirectory(
  { files, clock }: Pick<Deps, 'files' | 'clock'>,
  dir: string,
  app: string,
): Promise<SyntheticDirectory> {
  const file = join(dir, 'synthetic.json')
  const present = readNoted(files.read(file))
  if (!present && files.list(dir).length > 0) {
    throw new Problem('invalid_input', `${dir} holds something else: there is no synthetic.json in it.`, {
      hint: `headgate synthetic run --app ${app} --dir ${join(dir, 'synthetic')}`,
    })
  }
  if (present && present.app !== app) {
    throw new Problem('invalid_input', `${dir} is for rehearsals in ${present.app}, not in ${app}.`, {
      hint: `headgate synthetic run --app ${app} --dir ${dir}-${app}`,
    })
  }
  files.makeDirectory(dir)
  const write = (value: Noted): void => files.writeAtomically(file, `${JSON.stringify(value)}\n`)
  if (!present) write({ v: 1, app })
  const lock = await acquireLock(dir, 'synthetic run', clock.now(), files)
  return {
    dir,
    runsDir: runsDirOf(dir),
    killed: readNoted(files.read(file))?.underWay,
    note: (run) => write({ v: 1, app, ...(run !== undefined && { underWay: run }) }),
    release: () => lock.release(),
  }
}

function readNoted(bytes: Buffer | null): Noted | undefined {
  if (bytes === null) return undefined
  try {
    return noted.safeParse(JSON.parse(bytes.toString('utf8'))).data
  } catch {
    return undefined
  }
}
