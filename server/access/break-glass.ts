/**
 * The disk as a credential: DATA/break-glass/ID.json, written by whoever stands at the server. The registry looks there
 * again and again and records what it finds; a token of that kind that it does not know makes it look at once.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BreakGlassFile, breakGlassFile } from '../../shared/contract/break-glass.ts'
import type { BreakGlass } from '../../shared/domain/break-glass.ts'
import { closeBreakGlass, noteOpened, noteUsed } from '../../shared/domain/commands/break-glass.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'

export interface BreakGlassDesk {
  /** The one that is open under this digest; looks at the disk when it is not known. */
  find(sha256: string): BreakGlass | undefined
  /** The first use is recorded. */
  noteUse(id: string): void
  /** Records what lies on the disk. Raises what keeps it from that. */
  look(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface BreakGlassDeps {
  readonly dataDir: string
  readonly ledger: Ledger
  /** Somebody opened it: to be said as loudly as can be. */
  readonly onOpened: (glass: BreakGlass) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createBreakGlassDesk(deps: BreakGlassDeps): BreakGlassDesk {
  const { dataDir, ledger, onOpened, onFailure, everyMilliseconds = 2_000 } = deps
  const folder = join(dataDir, 'break-glass')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const told = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()

  function onDisk(): BreakGlassFile[] {
    return readdirSync(folder)
      .filter((name) => /^BG-[0-9a-f]{8}\.json$/.test(name))
      .flatMap((name) => readOne(join(folder, name)))
  }

  function record(decide: (state: State, context: CommandContext) => LedgerEvent[], actor: string) {
    return ledger.record({ actor, isDryRun: false, decide, answer: () => null })
  }

  async function recordAll(): Promise<void> {
    for (const { closedAt, ...file } of onDisk()) {
      const opened = openedOf(file)
      const glass = ledger.state.breakGlass.get(opened.id)
      tell(opened)
      if (!glass) await record((state, context) => noteOpened(state, opened, context), 'registry')
      if (closedAt !== undefined && !ledger.state.breakGlass.get(opened.id)?.closed)
        await record(
          (state, context) => closeBreakGlass(state, opened.id, context),
          `break-glass:${opened.id}`,
        )
    }
  }

  function tell(opened: BreakGlass): void {
    if (told.has(opened.id) || ledger.state.breakGlass.has(opened.id)) return
    told.add(opened.id)
    onOpened(opened)
  }

  function look(): Promise<void> {
    looking = looking.catch(() => undefined).then(recordAll)
    return looking
  }

  return {
    look,
    find(sha256) {
      const known = [...ledger.state.breakGlass.values()].find((one) => one.sha256 === sha256)
      if (known?.closed) return known
      const file = onDisk().find((one) => one.sha256 === sha256)
      const closedAt = file?.closedAt
      // What was closed there is closed at once, and not with the next look.
      if (known)
        return closedAt === undefined ? known : { ...known, closed: { at: closedAt, actor: known.by } }
      // The ledger may be what does not work: the disk alone is enough.
      if (!file || closedAt !== undefined) return undefined
      const found = openedOf(file)
      tell(found)
      look().catch(onFailure)
      return found
    },
    noteUse(id) {
      if (ledger.state.breakGlass.get(id)?.usedAt !== undefined) return
      looking = looking
        .catch(() => undefined)
        .then(async () => {
          await record((state, context) => noteUsed(state, id, context), `break-glass:${id}`)
        })
      looking.catch(onFailure)
    },
    start() {
      look().catch(onFailure)
      timer = setInterval(() => {
        look().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await looking.catch(() => undefined)
    },
  }
}

function openedOf({ id, sha256, by, reason, openedAt, expiresAt, isRehearsal }: BreakGlassFile): BreakGlass {
  return { id, sha256, by, reason, openedAt, expiresAt, isRehearsal }
}

/** Nothing for what is not ours, or half written: it is looked at again. */
function readOne(path: string): BreakGlassFile[] {
  try {
    const read = breakGlassFile.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return read.success ? [read.data] : []
  } catch {
    return []
  }
}
