/** `headgate audit verify`: whether the ledger holds; as the registry sees it, from its file, or from an export alone. */
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { errorCode } from '../../agent/files.ts'
import { unwrap } from '../../api.ts'
import type { Deps, LedgerVerdict } from '../../deps.ts'
import { cannotRead } from '../../input-file.ts'
import { createReport } from '../../output.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly data?: string
  readonly file?: string
  readonly head?: string
}

export function auditVerifyCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate audit verify --data ./registry', problems: ['chain_broken'] })
    .option('--data <dir>', 'read the ledger in this folder, also while a registry serves it')
    .option('--file <file>', 'read an export; no registry is asked')
    .option('--head <hash>', 'the hash of a head that was seen before: a cut tail is found by it alone')
    .action(async (options: Options) => {
      const report = createReport(deps.out, deps.clock.now, options)
      requireHash(options.head)
      const chain = await verdictOn(deps, options)
      const { events, sequence, hash, redacted } = chain
      if (!chain.holds) {
        throw new Problem('chain_broken', `The ledger does not hold: ${chain.why ?? 'nobody knows why'}.`, {
          hint: 'headgate audit log --order oldest --limit all',
          numbers: { events, sequence, hash, redacted },
        })
      }
      report.show('Chain', chain, (page) => {
        page.mark('ok', `the chain holds, ${events} ${events === 1 ? 'event' : 'events'}`)
        page.fields([
          ['sequence', String(sequence)],
          ['hash', hash],
          ...(redacted === 0 ? [] : [['redacted', `${redacted}, each announced by a later event`] as const]),
        ])
      })
      if (options.head === undefined)
        report.say('Write the hash down elsewhere; the next time, --head HASH finds a cut tail.')
    })
}

function requireHash(head: string | undefined): void {
  if (head === undefined || /^[0-9a-f]{64}$/.test(head)) return
  throw new Problem(
    'invalid_input',
    `--head "${head.slice(0, 70)}" is no hash: 64 hexadecimal digits, in small letters.`,
  )
}

async function verdictOn(deps: Deps, options: Options): Promise<LedgerVerdict> {
  const { data, file, head } = options
  if (data !== undefined && file !== undefined)
    throw new Problem('invalid_input', 'Either --data or --file: two ledgers are two questions.')
  if (data !== undefined) {
    const { verifyLedger } = await deps.loadServer()
    return verifyLedger(resolve(deps.cwd, data), head)
  }
  if (file !== undefined) {
    const { verifyExport } = await deps.loadServer()
    return verifyExport(textOf(deps, file), head)
  }
  const { api } = await openSession(deps, options)
  return unwrap(api.v1.audit.verify.$get({ query: { ...(head !== undefined && { head }) } }))
}

async function* textOf(deps: Deps, file: string): AsyncGenerator<string> {
  try {
    if (file !== '-') {
      for await (const part of createReadStream(resolve(deps.cwd, file), 'utf8')) yield String(part)
      return
    }
    const decoder = new TextDecoder()
    for await (const part of deps.stdin.read()) yield decoder.decode(part, { stream: true })
  } catch (error) {
    const code = errorCode(error)
    throw code === null ? error : cannotRead('--file', file, code)
  }
}
