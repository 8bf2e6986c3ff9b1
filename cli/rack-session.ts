/** What a verb of a rack works with: its directory, and a watcher that shows what goes on. */
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { ProblemCode } from '../shared/domain/problem.ts'
import type { Attempt } from './agent/attempt.ts'
import type { RackPlace, Watcher } from './agent/rack.ts'
import { rackConfigFile } from './agent/rack-config.ts'
import { sendFor } from './agent/send.ts'
import type { Deps } from './deps.ts'
import { createHostsTable } from './hosts-table.ts'
import { createReport, type Report } from './output.ts'
import { createProgress, showBytes } from './progress.ts'
import { createVerb, type VerbHelp, type VerbOptions } from './verb.ts'

export interface RackOptions extends VerbOptions {
  readonly dir?: string
}

export interface RackSession {
  readonly dir: string
  readonly place: RackPlace
  readonly report: Report
}

const everyRun: readonly ProblemCode[] = ['invalid_input', 'not_enrolled', 'locked', 'preflight_failed']

/** A verb that works on a rack's directory: its registry and token are in there, and `HEADGATE_*` is ignored. */
export function rackVerb(help: VerbHelp): Command {
  const problems = [...new Set([...everyRun, ...(help.problems ?? [])])]
  return createVerb({ ...help, problems }).option(
    '--dir <dir>',
    "the rack's directory (else /var/lib/headgate, or the user's state directory)",
  )
}

export function openRackSession(deps: Deps, options: RackOptions): RackSession {
  const report = createReport(deps.out, deps.clock.now, options)
  const dir = rackDirectory(deps, options)
  const { files, clock, env } = deps
  const place: RackPlace = {
    dir,
    files,
    clock,
    env,
    send: sendFor(env),
    uuid: deps.random.uuid,
    bytes: deps.random.bytes,
    watch: watcherOf(deps, options, report),
    interruption: deps.interruption,
  }
  return { dir, place, report }
}

/** `--dir`; else the system's place when a rack is enrolled there, else the user's. */
function rackDirectory({ cwd, env, files }: Deps, { dir }: RackOptions): string {
  if (dir !== undefined) return resolve(cwd, dir)
  const system = '/var/lib/headgate'
  if (files.read(rackConfigFile(system)) !== null) return system
  return join(env.XDG_STATE_HOME || join(env.HOME ?? cwd, '.local', 'state'), 'headgate')
}

function watcherOf(deps: Deps, options: RackOptions, report: Report): Watcher {
  if (options.json || options.quiet) return silent
  const { stderr } = deps.out
  let bar: ReturnType<typeof createProgress> | undefined
  const table = createHostsTable(stderr, (line) => report.say(`    ${line}`))
  return {
    onState(attempt) {
      bar?.end()
      bar = undefined
      table.end()
      report.say(stateLine(attempt))
    },
    onNote: (line) => table.around(() => report.say(`    ${line}`)),
    onHosts: table.update,
    onBytes(received, total) {
      bar ??= createProgress(stderr, {
        label: 'download',
        total,
        show: showBytes,
        monotonic: deps.clock.monotonic,
      })
      bar.update(received)
    },
  }
}

const silent: Watcher = { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined }

function stateLine({ state, input, lines }: Attempt): string {
  const detail = lines.at(-1)?.detail
  const where = state === 'planned' ? ` ${input.from ?? 'nothing'} → ${input.to}` : ''
  return `  ${state}${where}${detail && state !== 'planned' ? `: ${detail}` : ''}`
}
