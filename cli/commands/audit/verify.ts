/** `headgate audit verify`: whether the chain of the ledger holds; from its file, or as the registry sees it. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { unwrap } from '../../api.ts'
import type { Deps, LedgerVerdict } from '../../deps.ts'
import { createReport } from '../../output.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly data?: string
}

export function auditVerifyCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate audit verify --data ./registry', problems: ['chain_broken'] })
    .option('--data <dir>', 'read the ledger in this folder, also while a registry serves it')
    .action(async (options: Options) => {
      const report = createReport(deps.out, deps.clock.now, options)
      const chain =
        options.data === undefined ? await askRegistry(deps, options) : await readFolder(deps, options.data)
      if (!chain.holds) {
        const { events, sequence, hash } = chain
        throw new Problem('chain_broken', `The chain is broken: ${chain.why ?? 'nobody knows where'}.`, {
          hint: 'headgate audit log --order oldest --limit all',
          numbers: { events, sequence, hash },
        })
      }
      report.show('Chain', chain, (page) => {
        page.mark('ok', `the chain holds, ${chain.events} ${chain.events === 1 ? 'event' : 'events'}`)
        page.fields([
          ['sequence', String(chain.sequence)],
          ['hash', chain.hash],
        ])
      })
    })
}

async function askRegistry(deps: Deps, options: Options): Promise<LedgerVerdict> {
  const { api } = await openSession(deps, options)
  return unwrap(api.v1.audit.verify.$get())
}

async function readFolder(deps: Deps, folder: string): Promise<LedgerVerdict> {
  const { verifyLedger } = await deps.loadServer()
  return verifyLedger(resolve(deps.cwd, folder))
}
