/** `headgate enroll`: makes a directory a rack of an app. The rack makes its own token; the registry learns its digest. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { digestOfToken, mintToken } from '../../shared/trust/token.ts'
import { createDriver } from '../agent/drivers/create-driver.ts'
import { acquireLock } from '../agent/lock.ts'
import { platformOf } from '../agent/platform.ts'
import { type RackConfig, rackConfigFile, readRackConfig } from '../agent/rack-config.ts'
import { newRackState, writeRackState } from '../agent/rack-state.ts'
import { rackTokenFile, readRackToken, writeRackToken } from '../agent/rack-token.ts'
import { type EnrolledRack, writeRackConfig } from '../agent/write-rack-config.ts'
import { at, dryRunQuery, unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { labelsOf } from '../labels.ts'
import { openSession } from '../session.ts'
import { appOption, collect, dryRunOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly dir: string
  readonly app: string
  readonly channel: string
  readonly name: string
  readonly driver: 'directory' | 'command'
  readonly current?: string
  readonly apply?: string
  readonly rollback?: string
  readonly platform: string
  readonly label?: readonly string[]
  readonly switchTo?: readonly string[]
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
    .addOption(
      new Option('--driver <kind>', 'how it is driven')
        .choices(['directory', 'command'])
        .default('directory'),
    )
    .option('--current <command>', 'command driver: prints the installed version, alone')
    .option('--apply <command>', 'command driver: moves to $HEADGATE_VERSION')
    .option('--rollback <command>', 'command driver: moves back to $HEADGATE_VERSION')
    .option('--platform <platform>', 'which artifacts fit it', platformOf(process.platform, process.arch))
    .option('--label <name=value>', 'a label (repeatable)', collect)
    .option('--switch-to <channel>', 'a channel that it may switch to by itself (repeatable)', collect)
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const dir = resolve(deps.cwd, options.dir)
      const session = await openSession(deps, options)
      const { report } = session
      if (options.dryRun) {
        const enrolled = await register(session, options, mintToken('rack', deps.random.bytes(32)), null)
        report.show('Enrolment', { ...enrolled, dir, dryRun: true }, (page) =>
          page.line(`would enrol ${enrolled.rack} of ${enrolled.app} on ${enrolled.channel}`),
        )
        return
      }
      const lock = await acquireLock(dir, 'enroll', deps.clock.now(), deps.files)
      try {
        const made: string[] = []
        try {
          const config = configFor(deps, options, dir, session.url, made)
          const token = tokenIn(deps, dir, made)
          const driver = await createDriver(config.driver, {
            dir,
            files: deps.files,
            env: deps.env,
            clock: deps.clock,
          })
          const current = await driver.current()
          const enrolled = await register(session, options, token, current)
          writeRackState(dir, newRackState(enrolled.channel), deps.files)
          report.show('Enrolment', { ...enrolled, dir, current, checks: config.checks.length }, (page) => {
            page.mark(
              'ok',
              `${enrolled.rack} is a rack of ${enrolled.app} on ${enrolled.channel}; it runs ${current ?? 'nothing yet'}`,
            )
          })
          if (config.checks.length === 0) {
            report.warn(
              `No check is configured in ${rackConfigFile(dir)}: an update counts as healthy when the version is the right one.`,
            )
          }
        } catch (error) {
          // Refused: nothing is left behind. Not answered: the same token must be offered again.
          const isRefused =
            error instanceof Problem && error.code !== 'registry_unreachable' && error.code !== 'bad_answer'
          if (isRefused) for (const file of made) deps.files.remove(file)
          throw error
        }
        report.next(`headgate check --dir ${options.dir}`)
      } finally {
        await lock.release()
      }
    })
}

type Session = Awaited<ReturnType<typeof openSession>>

async function register({ api }: Session, options: Options, token: string, current: string | null) {
  const { app, name: rack, channel, platform, switchTo = [], label, dryRun } = options
  const json = {
    rack,
    channel,
    platform,
    current,
    tokenSha256: digestOfToken(token),
    labels: labelsOf(label),
    switchChannels: [...switchTo],
  }
  return unwrap(api.v1.apps[':app'].racks.$post({ param: at({ app }), query: dryRunQuery(dryRun), json }))
}

/** The token that is there already, or a new one, on the disk before the registry hears of it. */
function tokenIn({ files, random }: Deps, dir: string, made: string[]): string {
  if (statSync(rackTokenFile(dir), { throwIfNoEntry: false })) return readRackToken(dir, files)
  const token = mintToken('rack', random.bytes(32))
  made.push(rackTokenFile(dir))
  writeRackToken(dir, token, files)
  return token
}

/** The configuration that is there already, if it is of this rack; else a new one. Nobody's file is written over. */
function configFor(
  { files }: Deps,
  options: Options,
  dir: string,
  registryUrl: string,
  made: string[],
): RackConfig {
  if (files.read(rackConfigFile(dir)) !== null) {
    const config = readRackConfig(dir, files)
    const { name, app, channel } = config.rack
    if (name === options.name && app === options.app && channel === options.channel) return config
    throw new Problem('already_enrolled', `${dir} is the rack ${name} of ${app} on ${channel} already.`, {
      hint: `Choose another --dir, or move the rack: headgate switch ${options.channel} --dir ${options.dir}`,
    })
  }
  const rack = enrolledRack(options, registryUrl)
  made.push(rackConfigFile(dir))
  writeRackConfig(dir, rack, files)
  return readRackConfig(dir, files)
}

function enrolledRack(
  { name, app, channel, platform, driver, current, apply, rollback }: Options,
  registryUrl: string,
): EnrolledRack {
  const rack = { registryUrl, name, app, channel, platform, driver }
  if (driver === 'directory') return rack
  if (!current || !apply) {
    throw new Problem('invalid_input', 'The command driver wants --current and --apply.', {
      hint: 'headgate enroll --driver command --current "cat VERSION" --apply "./apply" …',
    })
  }
  return { ...rack, commands: { current, apply, ...(rollback !== undefined && { rollback }) } }
}
