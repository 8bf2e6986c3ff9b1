/** `headgate enroll`: makes a directory a rack of an app. The rack makes its own token; the registry learns its digest. */
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { digestOfToken, mintToken } from '../../shared/trust/token.ts'
import { createDriver } from '../agent/drivers/create-driver.ts'
import { acquireLock } from '../agent/lock.ts'
import { adoptFound } from '../agent/parameters/adopt.ts'
import { createRackParameters } from '../agent/parameters/rack-parameters.ts'
import { platformOf } from '../agent/platform.ts'
import { type RackConfig, rackConfigFile, readRackConfig } from '../agent/rack-config.ts'
import { type DriverKind, driverKinds } from '../agent/rack-config-drivers.ts'
import { readRackState, withNothingSeen, writeRackState } from '../agent/rack-state.ts'
import { rackTokenFile, readRackToken, writeRackToken } from '../agent/rack-token.ts'
import { refusedAt } from '../agent/weather.ts'
import { type EnrolledRack, writeRackConfig } from '../agent/write-rack-config.ts'
import { at, dryRunQuery, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { labelsOf } from '../labels.ts'
import { openSession } from '../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb, wholeNumber } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly dir: string
  readonly app: string
  readonly channel: string
  readonly name: string
  readonly driver: DriverKind
  readonly current?: string
  readonly apply?: string
  readonly rollback?: string
  readonly emptyMeansNothing?: boolean
  readonly convoxRack?: string
  readonly list?: string
  readonly drain?: string
  readonly attach?: string
  readonly detach?: string
  readonly platform: string
  readonly label?: readonly string[]
  readonly switchTo?: readonly string[]
  readonly ephemeral?: number
}

export function enrollCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate enroll --dir ./prod-1 --app rack --channel stable --name prod-1 --driver directory',
    problems: ['app_not_found', 'channel_not_found', 'name_taken', 'already_enrolled', 'locked'],
  })
    .requiredOption('--dir <dir>', "the rack's directory, made if it is missing")
    .addOption(appOption())
    .requiredOption('--channel <channel>', 'the channel that it follows')
    .requiredOption('--name <name>', 'its name in the app')
    .addOption(new Option('--driver <kind>', 'how it is driven').choices(driverKinds).default('directory'))
    .option('--current <command>', 'command driver: prints the installed version, alone')
    .option('--apply <command>', 'command and rolling driver: moves to $HEADGATE_VERSION')
    .option('--rollback <command>', 'command driver: moves back to $HEADGATE_VERSION')
    .option('--empty-means-nothing', 'command driver: --current prints nothing while nothing is installed')
    .option('--convox-rack <name>', 'convox driver: what Convox calls the rack; default: its name here')
    .option('--list <command>', 'rolling driver: prints the hosts as JSON')
    .option(
      '--drain <command>',
      'rolling driver: takes {host} out of service, and waits for what it still does',
    )
    .option('--attach <command>', 'rolling driver: puts {host} into service')
    .option('--detach <command>', 'rolling driver: takes {host} out of service at once')
    .option('--platform <platform>', 'which artifacts fit it', platformOf(process.platform, process.arch))
    .option('--label <name=value>', 'a label (repeatable)', collect)
    .option('--switch-to <channel>', 'a channel that it may switch to by itself (repeatable)', collect)
    .option(
      '--ephemeral <hours>',
      'the registry retires it by itself when it was silent for so long',
      wholeNumber,
    )
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const dir = resolve(deps.cwd, options.dir)
      const session = await openSession(deps, options)
      if (options.dryRun) return enrolDryRun(deps, session, options, dir)
      const wasThere = deps.files.kindOf(dir) !== null
      const lock = await acquireLock(dir, 'enroll', deps.clock.now(), deps.files).catch(refusedAt(dir))
      try {
        await enrol(deps, session, options, dir).catch(refusedAt(dir))
      } finally {
        await lock.release()
        if (!wasThere && deps.files.list(dir).length === 0) deps.files.removeTree(dir)
      }
      session.report.next(`headgate check --dir ${options.dir}`)
    })
}

type Session = Awaited<ReturnType<typeof openSession>>

async function enrolDryRun(deps: Deps, session: Session, options: Options, dir: string): Promise<void> {
  presentConfig(deps, options, dir, session.url)
  const token = presentToken(deps, dir) ?? mintToken('rack', deps.random.bytes(32))
  const enrolled = await register(session, options, token, null)
  session.report.show('Enrolment', { ...enrolled, dir, dryRun: true }, (page) =>
    page.line(`would enrol ${enrolled.rack} of ${enrolled.app} on ${enrolled.channel}`),
  )
}

async function enrol(deps: Deps, session: Session, options: Options, dir: string): Promise<void> {
  const { files, env, clock } = deps
  const { report } = session
  const made: string[] = []
  try {
    const config =
      presentConfig(deps, options, dir, session.url) ?? newConfig(deps, options, dir, session.url, made)
    const token = presentToken(deps, dir) ?? newToken(deps, dir, made)
    const driver = await createDriver(config.driver, { dir, files, env, clock })
    const current = await driver.current()
    const enrolled = await register(session, options, token, current)
    const { rack, app, channel, expiresAt, bar } = enrolled
    const state = readRackState(dir, channel, files)
    const enrolledState = withNothingSeen(state, channel, Date.parse(expiresAt), bar)
    writeRackState(dir, enrolledState, files)
    const parameters = createRackParameters(driver, config.parameters, {
      dir,
      files,
      bytes: deps.random.bytes,
    })
    const known = await adoptFound(parameters, enrolledState, current).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      report.warn(
        `The parameters are not recorded: ${error.message} Later: headgate adopt --all --dir ${dir}`,
      )
      return enrolledState
    })
    if (known !== enrolledState) writeRackState(dir, known, files)
    report.show('Enrolment', { ...enrolled, dir, current, checks: config.checks.length }, (page) =>
      page.mark('ok', `${rack} is a rack of ${app} on ${channel}; it runs ${current ?? 'nothing yet'}`),
    )
    if (bar && state.bar === null) {
      report.warn(
        `A person went back from ${bar.upTo} to ${bar.above} on ${rack} before: nothing up to ${bar.upTo} is taken. To lift that: headgate retry --dir ${dir}`,
      )
    }
    if (config.checks.length > 0) return
    report.warn(
      `No check is configured in ${rackConfigFile(dir)}: an update counts as healthy when the version is the right one.`,
    )
  } catch (error) {
    // Refused: nothing is left behind. Not answered: the same token must be offered again.
    const isRefused =
      error instanceof Problem && error.code !== 'registry_unreachable' && error.code !== 'bad_answer'
    if (isRefused) for (const file of made) files.remove(file)
    throw error
  }
}

async function register({ api }: Session, options: Options, token: string, current: string | null) {
  const { app, name: rack, channel, platform, switchTo = [], label, ephemeral, dryRun } = options
  const json = {
    rack,
    channel,
    platform,
    current,
    tokenSha256: digestOfToken(token),
    labels: labelsOf(label),
    switchChannels: [...switchTo],
    ...(ephemeral !== undefined && { ephemeralHours: ephemeral }),
  }
  return unwrap(api.v1.apps[':app'].racks.$post({ param: at({ app }), query: dryRunQuery(dryRun), json }))
}

function presentToken({ files }: Deps, dir: string): string | undefined {
  return files.kindOf(rackTokenFile(dir)) === null ? undefined : readRackToken(dir, files)
}

/** On the disk before the registry hears of it. */
function newToken({ files, random }: Deps, dir: string, made: string[]): string {
  const token = mintToken('rack', random.bytes(32))
  made.push(rackTokenFile(dir))
  writeRackToken(dir, token, files)
  return token
}

/** The configuration that is there already: if it is of this rack at this registry, it stays as it is. */
function presentConfig(
  { files }: Deps,
  options: Options,
  dir: string,
  registryUrl: string,
): RackConfig | undefined {
  if (files.read(rackConfigFile(dir)) === null) return undefined
  const config = readRackConfig(dir, files)
  const { name, app, channel } = config.rack
  const isSameRack = name === options.name && app === options.app && channel === options.channel
  const isSameRegistry = new URL(config.registry.url).href === new URL(registryUrl).href
  if (isSameRack && isSameRegistry) return config
  const what = `the rack ${name} of ${app} on ${channel}, at ${config.registry.url}`
  throw new Problem('already_enrolled', `${dir} is ${what}, already.`, {
    hint: isSameRack
      ? `edit ${rackConfigFile(dir)}: [registry] url = "${registryUrl}"`
      : `Choose another --dir, or move the rack: headgate switch ${options.channel} --dir ${options.dir}`,
  })
}

function newConfig(
  { files }: Deps,
  options: Options,
  dir: string,
  registryUrl: string,
  made: string[],
): RackConfig {
  const rack = enrolledRack(options, registryUrl)
  made.push(rackConfigFile(dir))
  writeRackConfig(dir, rack, files)
  return readRackConfig(dir, files)
}

function enrolledRack(options: Options, registryUrl: string): EnrolledRack {
  const { name, app, channel, platform, driver, current, apply, rollback, convoxRack } = options
  const { emptyMeansNothing = false } = options
  const rack = { registryUrl, name, app, channel, platform, driver }
  if (driver === 'directory') return rack
  if (driver === 'convox') return { ...rack, convoxRack: convoxRack ?? name }
  if (driver === 'rolling') {
    const { list, drain, attach, detach } = options
    if (list && drain && apply && attach && detach) {
      return { ...rack, hosts: { list, drain, apply, attach, detach } }
    }
    throw new Problem(
      'invalid_input',
      'The rolling driver wants --list, --drain, --apply, --attach and --detach.',
      {
        hint: 'headgate enroll --driver rolling --list ./hosts --drain "./drain {host}" --apply "./apply {host}" …',
      },
    )
  }
  if (!current || !apply) {
    throw new Problem('invalid_input', 'The command driver wants --current and --apply.', {
      hint: 'headgate enroll --driver command --current "cat VERSION" --apply "./apply" …',
    })
  }
  return {
    ...rack,
    commands: { current, apply, emptyMeansNothing, ...(rollback !== undefined && { rollback }) },
  }
}
