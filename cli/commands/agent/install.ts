/** `headgate agent install`: writes the systemd unit that keeps the agent of this rack running, or asks by a timer. */
import { basename, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { isSystemdRunning, type Systemctl, systemctlFor } from '../../agent/install/systemctl.ts'
import { carryOut, changesTo, type UnitChange, type UnitPlace } from '../../agent/install/unit-folder.ts'
import { type UnitVariant, unitFiles } from '../../agent/install/unit-text.ts'
import { type RackConfig, readRackConfig } from '../../agent/rack-config.ts'
import type { Deps } from '../../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'
import { collect, wholeNumber } from '../../verb.ts'

export interface UnitOptions extends RackOptions {
  readonly unit: string
  readonly user?: boolean
  readonly root?: string
  readonly dryRun?: boolean
}

interface Options extends UnitOptions {
  readonly variant: UnitVariant
  readonly runAs?: string
  readonly readWrite?: readonly string[]
  readonly privilegedHooks?: boolean
  readonly every: number
}

export function agentInstallCommand(deps: Deps): Command {
  return unitOptions(
    rackVerb({
      example: 'headgate agent install --dir /var/lib/headgate --run-as headgate',
      problems: ['name_taken', 'update_failed'],
    })
      .addOption(
        new Option('--variant <kind>', 'an agent that stays, or a round by a timer')
          .choices(['service', 'timer'])
          .default('service'),
      )
      .option('--run-as <user>', 'the user that it runs as (else root, or with --user whoever that is)')
      .option('--read-write <path>', 'beside its directory, what hooks write to (repeatable)', collect)
      .option('--privileged-hooks', 'leave hooks the privileges of that user, for what restarts services')
      .option('--every <minutes>', 'timer: from one round to the next', wholeNumber, 5),
  ).action(async (options: Options) => {
    const { place, report, dir } = openRackSession(deps, options)
    const { files, env } = place
    const config = readRackConfig(dir, files)
    refuseTimerOfUpdating(config, options.variant, dir)
    const unitPlace = unitPlaceOf({ cwd: deps.cwd, env }, options)
    const wanted = unitFiles({
      name: options.unit,
      variant: options.variant,
      isOfUser: unitPlace.isOfUser,
      dir,
      config,
      program: deps.program,
      runAs: userName(options),
      readWrite: (options.readWrite ?? []).map((path) => resolve(deps.cwd, path)),
      hasPrivilegedHooks: options.privilegedHooks === true,
      everyMinutes: Math.max(1, options.every),
    })
    const changes = changesTo(wanted, options.unit, dir, unitPlace, files)
    const start = `${options.unit}.${options.variant}`
    const isHere = unitPlace.root === '/' && isSystemdRunning(files)
    const systemctl = systemctlFor(unitPlace.isOfUser, env)
    if (!options.dryRun) {
      if (isHere) await putOut(changes, systemctl)
      carryOut(changes, files)
      if (isHere) await takeUp(start, changes, systemctl)
    }
    const body = {
      unit: start,
      dryRun: options.dryRun === true,
      isEnabled: isHere && !options.dryRun,
      changed: changes.map(({ path, text }) => ({ path, text })),
    }
    report.show('AgentUnit', body, (page) => {
      if (options.dryRun) for (const { text } of wanted) page.line(text)
      for (const { path, text } of changes) page.line(`${verbFor(options, text)} ${path}`)
      if (changes.length === 0) page.line(`${start} is as it should be`)
    })
    if (options.dryRun) return report.say('A dry run: nothing was changed.')
    if (isHere) return report.done(`${start} is enabled and runs.`)
    report.warn(
      options.root === undefined
        ? 'systemd does not run this machine: the unit is written, and nothing was enabled or started.'
        : `The unit is written below ${unitPlace.root}; nothing was enabled or started.`,
    )
    report.next(commandFor(options, `daemon-reload && ${commandFor(options, `enable --now ${start}`)}`))
  })
}

/** Where the units go: to this machine's own folder, or below another root. */
export function unitPlaceOf(
  { cwd, env }: Pick<Deps, 'cwd' | 'env'>,
  { root = '/', user }: Pick<UnitOptions, 'root' | 'user'>,
): UnitPlace {
  return { root: resolve(cwd, root), isOfUser: user === true, env }
}

export function unitOptions(command: Command, usualName = 'headgate-agent'): Command {
  return command
    .option('--unit <name>', 'the name of the unit, without its ending', unitName, usualName)
    .option('--user', "for the user's own service manager")
    .option('--root <dir>', 'write below another root, such as of an image; nothing is enabled there')
    .option('--dry-run', 'print it and change nothing')
}

export function unitName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(text) && !/\.(service|timer)$/.test(text)) return text
  throw new Problem('invalid_input', `"${text}" is no name for a unit.`, {
    hint: '--unit headgate-agent   # letters, digits, "_", "." and "-", without an ending',
  })
}

function userName({ runAs, user }: Options): string | undefined {
  if (runAs === undefined) return undefined
  if (user) {
    throw new Problem(
      'invalid_input',
      "A user's service manager runs everything as that user: --run-as has no place.",
      {
        hint: 'leave out --user, or --run-as',
      },
    )
  }
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(runAs)) return runAs
  throw new Problem('invalid_input', `"${runAs}" is no name of a user.`, { hint: 'getent passwd' })
}

/** The supervisor stays; rounds by a timer have nobody who would go back from a bad agent. */
function refuseTimerOfUpdating({ agent }: RackConfig, variant: UnitVariant, dir: string): void {
  if (!agent || variant === 'service') return
  throw new Problem(
    'invalid_input',
    `${dir}/rack.toml has an [agent] table: an agent that updates itself needs the service.`,
    {
      hint: 'headgate agent install --variant service, or remove [agent]',
    },
  )
}

/** The other variant, while its unit is still there. */
async function putOut(changes: readonly UnitChange[], systemctl: Systemctl): Promise<void> {
  for (const { path, text } of changes) if (text === null) await systemctl('disable', '--now', basename(path))
}

async function takeUp(start: string, changes: readonly UnitChange[], systemctl: Systemctl): Promise<void> {
  if (changes.length > 0) await systemctl('daemon-reload')
  await systemctl('enable', start)
  // One that runs already runs what was there before.
  await systemctl(changes.length > 0 ? 'restart' : 'start', start)
}

export function commandFor({ user }: UnitOptions, words: string): string {
  return `systemctl ${user ? '--user ' : ''}${words}`
}

function verbFor({ dryRun }: Options, text: string | null): string {
  const act = text === null ? 'remove' : 'write'
  return dryRun ? `would ${act}` : text === null ? 'removed' : 'wrote'
}
