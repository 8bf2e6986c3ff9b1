/**
 * A stand-in for the Convox CLI, v2 and v3, against the rack in the folder STAND_IN_DIR: as much of it as the driver
 * uses, with what it prints, how it ends, and its ways of not telling the truth (an update that was rolled back by
 * CloudFormation ends with OK and 0).
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  beginUpdate,
  noteCall,
  readWorld,
  refusalOf,
  shownParameters,
  type View,
  viewOf,
  type World,
  writeWorld,
} from './convox-world.ts'

const folder = process.env.STAND_IN_DIR ?? ''
const words = process.argv.slice(2)
const flags = new Set(words.filter((word) => word.startsWith('--')))
const rackAt = words.indexOf('-r')
const rack = rackAt < 0 ? process.env.CONVOX_RACK : words[rackAt + 1]
const places = words.filter((word, index) => !word.startsWith('-') && (rackAt < 0 || index !== rackAt + 1))
const pollMs = 50

class Refusal extends Error {}

const humanStatus: Readonly<Record<string, string>> = {
  CREATE_COMPLETE: 'running',
  UPDATE_COMPLETE: 'running',
  UPDATE_ROLLBACK_COMPLETE: 'running',
  UPDATE_IN_PROGRESS: 'updating',
  UPDATE_ROLLBACK_IN_PROGRESS: 'rollback',
  UPDATE_ROLLBACK_FAILED: 'failed',
}

function statusOf(world: World, view: View): string {
  if (world.statusWord !== undefined) return world.statusWord
  if (world.generation === 'v3') return 'running'
  if (world.hidesFailure && view.status === 'UPDATE_ROLLBACK_FAILED') return 'running'
  const word = humanStatus[view.status] ?? 'unknown'
  return word === 'running' && view.isConverging ? 'converging' : word
}

/** What the rack's API lets nobody do without the password that its stack has now. */
function enter(world: World): View {
  const view = viewOf(world, Date.now())
  const host = `rack.${world.name}.example.com`
  if (rack !== undefined && rack !== world.name) throw new Refusal(`could not find rack: ${rack}`)
  if (world.isApiDown) {
    throw new Refusal(`Get "https://${host}/system": dial tcp 192.0.2.1:443: connect: connection refused`)
  }
  const { RACK_URL, CONVOX_PASSWORD = '' } = process.env
  const password = RACK_URL ? decodeURIComponent(new URL(RACK_URL).password) : CONVOX_PASSWORD
  if (world.generation === 'v2' && password !== view.parameters.Password) {
    throw new Refusal('invalid authentication')
  }
  return view
}

function apiGet(): void {
  const world = readWorld(folder)
  const view = enter(world)
  if (places[2] !== '/system') throw new Refusal('not found')
  // A v3 rack says what its API was built as; a v2 rack what its stack wants to be.
  const isUnderWay = view.status === 'UPDATE_IN_PROGRESS'
  const version = world.generation === 'v3' && isUnderWay ? world.stack.template : view.template
  const system = {
    count: 3,
    domain: `${world.name}.example.com`,
    name: world.name,
    outputs: { Domain: `${world.name}.example.com` },
    parameters: shownParameters(world, view),
    provider: 'aws',
    'rack-domain': `rack.${world.name}.example.com`,
    region: 'us-east-1',
    status: statusOf(world, view),
    type: 't3.medium',
    version,
  }
  console.log(JSON.stringify(system, null, 2))
}

function minorOf(version: string): number {
  return Number(version.split('.')[1])
}

function refuseOnV3(world: World, view: View, version: string): void {
  if (process.env.RACK_URL) {
    throw new Refusal("direct rack doesn't support update, make sure you are not using RACK_URL")
  }
  const [was, wants] = [minorOf(view.template), minorOf(version)]
  if (wants < was) {
    throw new Refusal('Downgrade from minor version is not supported for v3 rack. Contact the support.')
  }
  if (wants > was + 1) {
    throw new Refusal(
      `you can't skip a minor update, please update to the latest 3.${was + 1}.XX and so on before updating to 3.${wants}.XX`,
    )
  }
  const declared = world.templates[version]?.parameters ?? {}
  const dropped = Object.keys(view.parameters).filter((name) => declared[name] === undefined)
  if (dropped.length > 0) {
    console.error(`NOTICE: removing parameters not supported by version ${version}: ${dropped.join(', ')}`)
  }
}

/** Another writer, a moment earlier. */
function letOthersFirst(world: World, view: View): World {
  if (!world.other) return world
  const { version = view.template } = world.other
  const given: Record<string, string> = version === view.template ? {} : { Version: version }
  const changed = beginUpdate(
    { ...world, beginMs: 0 },
    version,
    given,
    Object.keys(view.parameters),
    Date.now(),
  )
  const next: World = { ...changed, beginMs: world.beginMs, other: null }
  writeWorld(folder, next)
  return next
}

async function update(): Promise<void> {
  const version = places[2] ?? ''
  const before = readWorld(folder)
  const seen = enter(before)
  if (before.generation === 'v3') refuseOnV3(before, seen, version)
  process.stdout.write(`Updating to ${version}... `)
  if (seen.template === version) return void console.log('OK')
  const world = letOthersFirst(before, seen)
  const view = viewOf(world, Date.now())
  if (world.templates[version] === undefined) {
    throw new Refusal("invalid character '<' looking for beginning of value")
  }
  if (world.generation === 'v2') {
    const refusal = refusalOf(view, world.name)
    if (refusal && world.hidesFailure) throw new Refusal('system is already updating')
    if (refusal) throw new Refusal(`ValidationError: ${refusal}\n\tstatus code: 400, request id: 0b1c`)
  } else if (view.status !== 'UPDATE_COMPLETE' && view.status.endsWith('_IN_PROGRESS')) {
    throw new Refusal('Error acquiring the state lock')
  }
  writeWorld(
    folder,
    beginUpdate(world, version, { Version: version }, Object.keys(view.parameters), Date.now()),
  )
  if (world.generation === 'v3' ? !world.isConsole : flags.has('--wait')) await wait(world.generation)
  letOthersNext()
  console.log('OK')
}

/** v2: two good answers in a row, whatever the version has become. v3: Terraform's own end. */
async function wait(generation: World['generation']): Promise<void> {
  console.log()
  for (let calm = 0; calm < 2; ) {
    await sleep(pollMs)
    const world = readWorld(folder)
    const view = viewOf(world, Date.now())
    const word = statusOf(world, view)
    const isCalm = generation === 'v3' ? !view.status.endsWith('_IN_PROGRESS') : word === 'running'
    calm = isCalm ? calm + 1 : 0
    console.log(`system/aws/component Stack ${view.status}`)
    if (generation === 'v3' && isCalm && view.status !== 'UPDATE_COMPLETE') {
      throw new Refusal('exit status 1')
    }
  }
}

function letOthersNext(): void {
  const world = readWorld(folder)
  if (!world.next) return
  const view = viewOf(world, Date.now())
  const names = Object.keys(view.parameters)
  const changed = beginUpdate(world, world.next, { Version: world.next }, names, Date.now())
  writeWorld(folder, { ...changed, next: null })
}

/** The write path of August 2016: what was read of the other parameters is sent back as their values. */
async function setParameters(): Promise<void> {
  const world = readWorld(folder)
  const view = enter(world)
  process.stdout.write('Updating parameters... ')
  const refusal = refusalOf(view, world.name)
  if (refusal) throw new Refusal(`ValidationError: ${refusal}`)
  const wanted = Object.fromEntries(places.slice(3).map((pair) => pair.split(/=(.*)/s).slice(0, 2)))
  const replayed = world.templates[view.template]?.replaysMasks ? shownParameters(world, view) : {}
  const given = { ...replayed, ...wanted }
  const names = Object.keys(view.parameters)
  writeWorld(folder, beginUpdate(world, view.template, given, names, Date.now()))
  if (flags.has('--wait')) await wait(world.generation)
  console.log('OK')
}

function listRacks(): void {
  const world = readWorld(folder)
  const view = viewOf(world, Date.now())
  const status = world.statusWord ?? (view.status.endsWith('_IN_PROGRESS') ? 'updating' : 'running')
  const width = Math.max(4, world.name.length)
  console.log(`${'NAME'.padEnd(width)}  PROVIDER  STATUS`)
  console.log(`${'staging'.padEnd(width)}  aws       running`)
  console.log(`${world.name.padEnd(width)}  aws       ${status}`)
}

noteCall(folder, { program: 'convox', words, hasRackUrl: Boolean(process.env.RACK_URL) })
try {
  const verb = places.slice(0, 2).join(' ')
  if (verb === 'api get') apiGet()
  else if (verb === 'rack update') await update()
  else if (verb === 'rack params' && places[2] === 'set') await setParameters()
  else if (places[0] === 'racks') listRacks()
  else throw new Refusal(`unknown command: ${words.join(' ')}`)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(`ERROR: ${error.message}`)
  process.exitCode = 1
}
