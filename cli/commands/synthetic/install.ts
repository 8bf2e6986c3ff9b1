/** `headgate synthetic install`: writes the systemd timer that rehearses again and again, as `agent install` does its units. */
import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { isSystemdRunning, type Systemctl, systemctlFor } from '../../agent/install/systemctl.ts'
import { carryOut, changesTo, type UnitChange } from '../../agent/install/unit-folder.ts'
import { requireDataFolder } from '../../break-glass-files.ts'
import type { Deps } from '../../deps.ts'
import { createReport } from '../../output.ts'
import { findProfile } from '../../profile.ts'
import { type SyntheticUnitPlan, syntheticUnits } from '../../synthetic/unit-text.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'
import { commandFor, type UnitOptions, unitName, unitOptions, unitPlaceOf } from '../agent/install.ts'
import { parseInterval, usualSyntheticApp } from './run.ts'

interface Options extends RegistryOptions, Pick<UnitOptions, 'unit' | 'user' | 'root'> {
  readonly app: string
  readonly dir: string
  readonly data?: string
  readonly every: string
  readonly runAs?: string
}

const usualUnit = 'headgate-synthetic'

export function syntheticInstallCommand(deps: Deps): Command {
  return unitOptions(
    registryVerb({
      example:
        'headgate synthetic install --url https://headgate.example.com --token-file /etc/headgate/synthetic.token --every 6h',
      problems: ['name_taken', 'update_failed', 'invalid_date'],
    })
      .option('--app <app>', 'where it takes place; the first run creates it', usualSyntheticApp)
      .option('--dir <dir>', 'for the rack', '/var/lib/headgate-synthetic')
      .option('--data <dir>', "the registry's own folder, on this machine: break-glass is rehearsed too")
      .option('--every <duration>', 'from one run to the next', '6h')
      .option('--run-as <user>', 'the user that it runs as; with --data, the one of the registry'),
    usualUnit,
  ).action(async (options: Options) => {
    const report = createReport(deps.out, deps.clock.now, options)
    const dir = resolve(deps.cwd, options.dir)
    const place = unitPlaceOf(deps, options)
    const wanted = syntheticUnits(await planOf(deps, options, dir))
    const changes = changesTo(wanted, options.unit, dir, place, deps.files)
    const timer = `${options.unit}.timer`
    const isHere = place.root === '/' && isSystemdRunning(deps.files)
    if (!options.dryRun) {
      deps.files.makeDirectory(resolve(place.root, `.${dir}`))
      carryOut(changes, deps.files)
      if (isHere) await takeUp(timer, systemctlFor(place.isOfUser, deps.env))
    }
    const changed = changes.map(({ path, text }) => ({ path, text }))
    const isEnabled = isHere && !options.dryRun
    report.show(
      'SyntheticUnit',
      { unit: timer, dryRun: options.dryRun === true, isEnabled, changed },
      (page) => {
        if (options.dryRun) for (const { text } of wanted) page.line(text)
        for (const { path } of changes) page.line(`${options.dryRun ? 'would write' : 'wrote'} ${path}`)
        if (changes.length === 0) page.line(`${timer} is as it should be`)
      },
    )
    if (options.dryRun) return report.say('A dry run: nothing was changed.')
    if (isHere) return report.done(`${timer} is enabled.`)
    report.warn('The units are written; nothing was enabled or started.')
    report.next(commandFor(options, `daemon-reload && ${commandFor(options, `enable --now ${timer}`)}`))
  })
}

export function syntheticUninstallCommand(deps: Deps): Command {
  return unitOptions(
    registryVerb({
      example: 'headgate synthetic uninstall',
      problems: ['name_taken', 'update_failed'],
    }).option('--dir <dir>', 'as it was installed with', '/var/lib/headgate-synthetic'),
    usualUnit,
  ).action(async (options: Options) => {
    const report = createReport(deps.out, deps.clock.now, options)
    const dir = resolve(deps.cwd, options.dir)
    const place = unitPlaceOf(deps, options)
    const changes = changesTo([], options.unit, dir, place, deps.files)
    const isHere = place.root === '/' && isSystemdRunning(deps.files)
    if (!options.dryRun)
      await putOut(deps, changes, isHere ? systemctlFor(place.isOfUser, deps.env) : undefined)
    const removed = changes.map(({ path }) => path)
    report.show('SyntheticUnit', { unit: options.unit, dryRun: options.dryRun === true, removed }, (page) => {
      for (const path of removed) page.line(`${options.dryRun ? 'would remove' : 'removed'} ${path}`)
      if (removed.length === 0) page.line(`no unit ${options.unit} of ${dir} is installed`)
    })
    if (options.dryRun) return report.say('A dry run: nothing was changed.')
    if (removed.length > 0)
      report.say('The registry alarms once that the next run is overdue; whoever closes that says why.')
  })
}

async function planOf(deps: Deps, options: Options, dir: string): Promise<SyntheticUnitPlan> {
  const { app, unit, data, every, runAs, user } = options
  const { url, token } = await findProfile(deps, options)
  if (token.kind !== 'file') {
    throw new Problem('invalid_input', 'A unit reads its token from a file, and none is named.', {
      hint: 'headgate synthetic install --token-file /etc/headgate/synthetic.token',
    })
  }
  if (!/^https?:\/\/[A-Za-z0-9.:/[\]_-]+$/.test(url))
    throw new Problem('invalid_input', `A unit cannot name the address ${url}.`)
  if (runAs !== undefined && !/^[a-z_][a-z0-9_-]{0,31}$/.test(runAs))
    throw new Problem('invalid_input', `"${runAs}" is no name of a user.`, { hint: 'getent passwd' })
  const dataDir = data === undefined ? undefined : resolve(deps.cwd, data)
  if (dataDir !== undefined) requireDataFolder(deps, dataDir)
  return {
    name: unitName(unit),
    app,
    dir,
    dataDir,
    url,
    tokenFile: resolve(deps.cwd, token.path),
    everySeconds: parseInterval('--every', every),
    runAs,
    isOfUser: user === true,
    program: deps.program,
  }
}

async function takeUp(timer: string, systemctl: Systemctl): Promise<void> {
  await systemctl('daemon-reload')
  await systemctl('enable', '--now', timer)
}

async function putOut(
  { files }: Deps,
  changes: readonly UnitChange[],
  systemctl: Systemctl | undefined,
): Promise<void> {
  for (const { path } of changes) {
    const isTimer = path.endsWith('.timer')
    if (isTimer) await systemctl?.('disable', '--now', basename(path))
  }
  carryOut(changes, files)
  if (changes.length > 0) await systemctl?.('daemon-reload')
}
