/** `headgate break-glass open`: the server's own disk is the credential. It works when no token does, and is loud. */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { BreakGlassFile } from '../../../shared/contract/break-glass.ts'
import {
  longestBreakGlass,
  shortestBreakGlass,
  usualBreakGlassMinutes,
} from '../../../shared/domain/break-glass.ts'
import { describeDuration, minute, toIso } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { digestOfToken, mintToken } from '../../../shared/trust/token.ts'
import {
  breakGlassFolder,
  readBreakGlass,
  requireDataFolder,
  writeBreakGlass,
} from '../../break-glass-files.ts'
import { quoted } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { createReport } from '../../output.ts'
import { ownerOf } from '../../owner.ts'
import { createVerb, dryRunOption, type VerbOptions, wholeNumber } from '../../verb.ts'

interface Options extends VerbOptions {
  readonly data: string
  readonly reason: string
  readonly minutes: number
  readonly rehearsal?: boolean
  readonly dryRun?: boolean
}

export function breakGlassOpenCommand(deps: Deps): Command {
  return createVerb({
    example: 'headgate break-glass open --data ./registry --reason "sign-in is down, INC-7"',
    problems: ['invalid_input', 'invalid_date'],
  })
    .requiredOption('--data <dir>', "the registry's own folder, on its own disk")
    .requiredOption('--reason <text>', 'why; it stands in the ledger for ever')
    .option('--minutes <n>', 'how long', wholeNumber, usualBreakGlassMinutes)
    .option('--rehearsal', 'the same in everything, to know that it works')
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const { reason, minutes, rehearsal = false } = options
      const report = createReport(deps.out, deps.clock.now, options)
      const dataDir = resolve(deps.cwd, options.data)
      requireDataFolder(deps, dataDir)
      requireReason(reason)
      requireMinutes(minutes)
      const token = mintToken('break', deps.random.bytes(32))
      const openedAt = deps.clock.now()
      const id = `BG-${Buffer.from(deps.random.bytes(4)).toString('hex')}`
      const opened: BreakGlassFile = {
        v: 1,
        id,
        sha256: digestOfToken(token),
        by: `${ownerOf(deps)}@${hostname()}`,
        reason: reason.trim(),
        openedAt,
        expiresAt: openedAt + minutes * minute,
        isRehearsal: rehearsal,
      }
      const tokenFile = join(breakGlassFolder(dataDir), `${id}.token`)
      if (!options.dryRun) writeBreakGlass(deps, dataDir, opened, token)
      const rehearsedAt = lastRehearsalIn(deps, dataDir, id)
      const { by, expiresAt } = opened
      const body = {
        id,
        by,
        reason: opened.reason,
        expiresAt: toIso(expiresAt),
        isRehearsal: rehearsal,
        tokenFile,
      }
      report.show('BreakGlassOpened', { ...body, dryRun: options.dryRun === true }, (page) => {
        page.fields([
          ['break-glass', `${id}${rehearsal ? ', a rehearsal' : ''}`],
          ['by', by],
          ['ends', `${page.when(body.expiresAt)}, in ${describeDuration(minutes * minute)}`],
          ['token in', tokenFile],
          [
            'rehearsed',
            rehearsedAt === undefined ? 'never, as far as this disk tells' : page.when(toIso(rehearsedAt)),
          ],
        ])
      })
      if (options.dryRun) return report.say('A dry run: nothing was opened.')
      report.warn(
        rehearsal
          ? 'The registry says so in its log and ledger. Use it once, then close it: only all of it is a rehearsal.'
          : 'The registry says so in its log, ledger, metrics and alarms; a second person reviews it within a day.',
      )
      report.next(
        `export HEADGATE_TOKEN_FILE=${quoted(tokenFile)}   # and afterwards: headgate break-glass close ${id} --data ${quoted(options.data)}`,
      )
    })
}

function requireReason(reason: string): void {
  const { length } = reason.trim()
  if (length > 0 && length <= 2000) return
  throw new Problem('invalid_input', `The reason has 1 to 2000 characters, not ${length}.`)
}

function requireMinutes(minutes: number): void {
  const time = minutes * minute
  if (time >= shortestBreakGlass && time <= longestBreakGlass) return
  throw new Problem(
    'invalid_date',
    `Break-glass is open for 1 to ${longestBreakGlass / minute} minutes, not ${minutes}: it is not a way to work.`,
    { numbers: { minutes, most: longestBreakGlass / minute } },
  )
}

function lastRehearsalIn(deps: Deps, dataDir: string, except: string): number | undefined {
  const times = readBreakGlass(deps, dataDir).flatMap(({ id, isRehearsal, closedAt }) =>
    isRehearsal && id !== except && closedAt !== undefined ? [closedAt] : [],
  )
  return times.length === 0 ? undefined : Math.max(...times)
}
