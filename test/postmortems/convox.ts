/**
 * Convox, August 2016. A release made the racks' password write-only. The next change of any parameter read all of them
 * and wrote back what it had read: `****`. From then on nobody got in, neither to use the rack nor to take it back, and
 * all racks were on one channel.
 *
 * The story is told with a list of guards, which may be empty. What the product does anyway stays on in every telling:
 * the version and the state of the stack are verified, and nothing that Headgate has read is ever written. The mask is
 * stored by Convox itself, which is the stand-in here; so the incident does not need Headgate to be careless.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ended } from '../support/real-registry.ts'
import { aConvoxRack, bad, mended, password, type StandIn, v0 } from '../support/stand-ins/a-convox-rack.ts'
import { aTeam, expectDone, hurried, type Team, type TeamRack } from './a-team.ts'

/**
 * `staging`: a rack of its own takes every build first, and production what it proved. `write canary`: a health check
 * that changes a parameter. `contract`: releases are published with what they say of their parameters. `stack`: the rack
 * knows a way back that does not lead through its own API.
 */
export type Guard = 'staging' | 'write canary' | 'contract' | 'stack'

export interface ConvoxRack extends TeamRack {
  readonly standIn: StandIn
  /** Its owner's `convox`; whether it worked. */
  ownersConvox(...words: readonly string[]): Promise<boolean>
  /** Which password its stack has. */
  password(): string
}

export interface Told {
  readonly team: Team
  readonly production: ConvoxRack
  readonly staging: ConvoxRack | null
  /** The bad build. Null: there is no such rack, or the build never came so far. */
  readonly onStaging: Ended | null
  readonly promoted: Ended | null
  readonly onProduction: Ended | null
  /** Whether the owner's change of a parameter worked, and whether the next command did. */
  readonly owner: { readonly writes: boolean; readonly getsIn: boolean }
  /** The release that mended it, on the same way; each of its acts succeeded. */
  mends(...acknowledge: readonly string[]): Promise<void>
}

/** To be called inside a test. */
export async function convox(guards: readonly Guard[]): Promise<Told> {
  const team = await aTeam('rack', 'timestamp')
  const hasStaging = guards.includes('staging')
  const production = await aRack(team, 'production', hasStaging ? 'stable' : 'unstable', guards)
  const staging = hasStaging ? await aRack(team, 'staging', 'unstable', guards) : null

  const publishes = async (version: string) => {
    const file = join(team.cwd, `parameters-${version}.json`)
    writeFileSync(file, JSON.stringify({ Password: { type: 'String', masked: version !== v0 } }))
    const contract = guards.includes('contract') ? ['--parameters', file] : []
    await team.does('release', 'publish', version, '--app', 'rack', ...contract)
  }
  const promotes = (version: string, ...words: readonly string[]) =>
    team.types('promote', version, '--app', 'rack', '--to', 'stable', ...words)

  await publishes(v0)
  if (hasStaging) expectDone(await promotes(v0))
  for (const rack of [production, staging]) if (rack) expectDone(await rack.runs('verify'))

  await publishes(bad)
  const onStaging = (await staging?.runs('update', '--yes')) ?? null
  const promoted = onStaging?.code === 0 ? await promotes(bad) : null
  const isOffered = hasStaging ? promoted?.code === 0 : true
  const onProduction = isOffered ? await production.runs('update', '--yes') : null
  const writes = await production.ownersConvox('rack', 'params', 'set', 'InstanceCount=4', '--wait')
  const getsIn = await production.ownersConvox('api', 'get', '/system')
  return {
    team,
    production,
    staging,
    onStaging,
    promoted,
    onProduction,
    owner: { writes, getsIn },
    async mends(...acknowledge) {
      await publishes(mended)
      if (staging) expectDone(await staging.runs('update', '--yes'))
      if (staging) expectDone(await promotes(mended, ...acknowledge))
      // The owner has changed it since, which is what an owner may do; Headgate asks whether it was meant.
      expectDone(await production.runs('update', '--yes', '--accept-drift', 'InstanceCount'))
    },
  }
}

async function aRack(
  team: Team,
  name: string,
  channel: 'unstable' | 'stable',
  guards: readonly Guard[],
): Promise<ConvoxRack> {
  const standIn = await aConvoxRack()
  const env = { ...standIn.env, PATH: `${join(standIn.folder, 'bin')}:${process.env.PATH}` }
  const driver = ['--driver', 'convox', '--convox-rack', 'prod']
  const rack = await team.rack({ name, channel, driver, env })
  writeFileSync(join(rack.dir, 'convox-password'), `${password}\n`, { mode: 0o600 })
  const stack = guards.includes('stack') ? stackToml : ''
  rack.configures(driverToml + stack + (guards.includes('write canary') ? canaryToml : '') + hurried)
  return {
    ...rack,
    standIn,
    ownersConvox: (...words) =>
      new Promise((resolve) => {
        execFile(standIn.convox, [...words, '-r', 'prod'], { env }, (error) => resolve(error === null))
      }),
    password: () => standIn.now().parameters.Password ?? '',
  }
}

const driverToml = `
[driver]
kind = "convox"
rack = "prod"
timeoutMinutes = 1
waitMinutes = 0.5
patienceSeconds = 1
pollSeconds = 0.05
`

const stackToml = `
[driver.stack]
name = "prod"
region = "us-east-1"
passwordFile = "convox-password"
`

const canaryToml = `
[[check]]
name = "write canary"
kind = "command"
command = "convox rack params set InstanceType=m4.large -r prod --wait && convox api get /system -r prod > /dev/null"
healthyCount = 1
unhealthyCount = 1
`

interface Described {
  readonly Stacks: readonly [{ readonly Parameters: readonly { readonly ParameterKey: string }[] }]
}

/**
 * The way back as a script has it that nobody has thought about: what the stack shows of its parameters is what it is
 * given again. It is nobody's real script, and what people do under pressure.
 */
export async function thoughtlessWayBack({ standIn }: ConvoxRack, version: string): Promise<void> {
  const env = { ...standIn.env, PATH: process.env.PATH }
  const aws = (...words: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(standIn.aws, ['cloudformation', ...words, '--stack-name', 'prod'], { env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      )
    })
  const { Stacks }: Described = JSON.parse(await aws('describe-stacks'))
  const known = Object.keys(standIn.world().templates[version]?.parameters ?? {})
  const shown = Stacks[0].Parameters.filter(({ ParameterKey }) => known.includes(ParameterKey))
  const file = join(standIn.folder, 'parameters.json')
  writeFileSync(file, JSON.stringify(shown))
  const template = ['--template-url', `https://convox.s3.amazonaws.com/release/${version}/rack.json`]
  await aws('update-stack', ...template, '--parameters', `file://${file}`, '--capabilities', 'CAPABILITY_IAM')
  for (let tries = 0; standIn.now().status !== 'UPDATE_COMPLETE'; tries += 1) {
    if (tries > 400) throw new Error(`the stack is ${standIn.now().status}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
