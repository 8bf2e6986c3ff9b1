/** `headgate audit export`: the whole ledger as lines of JSON, to be kept where nobody of the registry can reach it. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { errorCode } from '../../agent/files.ts'
import { quoted } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { createReport } from '../../output.ts'
import { openSession } from '../../session.ts'
import { textAnswer } from '../../text-answer.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly out?: string
  readonly data?: string
}

export function auditExportCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate audit export --out ledger-2026-12-01.ndjson',
    problems: ['invalid_input', 'store_unavailable'],
  })
    .option('--out <file>', 'a new file (else stdout)')
    .option('--data <dir>', 'read the ledger in this folder, also while a registry serves it')
    .action(async (options: Options) => {
      const { out } = options
      const report = createReport(deps.out, deps.clock.now, options)
      if (report.isJson && out === undefined) {
        throw new Problem(
          'invalid_input',
          'Without --out the export itself is what is printed: leave out --json.',
          {
            hint: 'headgate audit export --out FILE --json',
          },
        )
      }
      const text = await textOf(deps, options)
      const tally = createTally()
      if (out === undefined) {
        const { stdout } = deps.out
        for await (const part of text) {
          tally.note(part)
          stdout.write(part)
          await stdout.drained?.()
        }
      } else await writeNew(resolve(deps.cwd, out), out, text, tally.note)
      const { events, head } = tally.sum()
      const exported = { events, head, file: out ?? null }
      if (out !== undefined) {
        report.show('AuditExport', exported, (page) =>
          page.fields([
            ['events', String(events)],
            ['head', head],
            ['file', out],
          ]),
        )
      } else report.say(`${events} events, head ${head}`)
      report.next(`headgate audit verify --file ${quoted(out ?? 'FILE')} --head ${head}`)
    })
}

async function textOf(deps: Deps, options: Options): Promise<AsyncIterable<string>> {
  if (options.data === undefined)
    return textAnswer(await openSession(deps, options), '/v1/audit/export', { type: 'application/x-ndjson' })
  const { exportLedger } = await deps.loadServer()
  return exportLedger(resolve(deps.cwd, options.data))
}

/** Counts lines and keeps the last one, of which the head is told: to be written down elsewhere. */
function createTally() {
  let events = 0
  let lastLine = ''
  let rest = ''
  return {
    note(part: string): void {
      const lines = (rest + part).split('\n')
      rest = lines.pop() ?? ''
      events += lines.length
      lastLine = lines.at(-1) ?? lastLine
    },
    sum() {
      const [, head = '0'.repeat(64)] = /"hash":"([0-9a-f]{64})"\}$/.exec(lastLine) ?? []
      return { events, head }
    },
  }
}

/** Whole or not at all, and never over a file that is there: an export is evidence. */
async function writeNew(
  path: string,
  given: string,
  text: AsyncIterable<string>,
  note: (part: string) => void,
): Promise<void> {
  const part = `${path}.part`
  let file: FileHandle | undefined
  try {
    await (await open(path, 'wx', 0o600)).close()
    file = await open(part, 'w', 0o600)
    for await (const one of text) {
      note(one)
      await file.writeFile(one)
    }
    await file.sync()
    await file.close()
    await rename(part, path)
  } catch (error) {
    await file?.close().catch(() => undefined)
    if (errorCode(error) === 'EEXIST') {
      throw new Problem(
        'invalid_input',
        `--out ${given} is there already, and an export is not written over.`,
        {
          hint: `ls -l ${quoted(given)}`,
        },
      )
    }
    for (const left of file ? [part, path] : []) await rm(left, { force: true })
    if (errorCode(error) === null || error instanceof Problem) throw error
    throw new Problem('invalid_input', `--out ${given} cannot be written: ${errorCode(error)}.`, {
      hint: `ls -ld ${quoted(given)}`,
    })
  }
}
