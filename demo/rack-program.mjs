#!/usr/bin/env node
// A stand-in for a Convox rack: what the demo installs, updates and takes back. Its settings live in a file outside
// of the release; which of them are masked comes with the release, so that the defect of August 2016 can happen.
//
// The defect, as it was: a setting became masked, so that it reads back as `****`; `params set` read every setting and
// wrote back what it had read; the API key was then `****`, and the owner's key opened nothing. Builds before had the
// same write path, harmless while nothing was masked; the fix keeps the previous value of whatever is masked.
// The build is healthy until somebody writes a setting: only a check that writes can see it.
import { spawn } from 'node:child_process'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const usage = `usage: node rack-program.mjs COMMAND

  init        --state FILE --key FILE             make the settings, and the owner's copy of the API key
  serve       --state FILE --port N [--pid FILE]  answer until SIGTERM; port 0 takes a free one
  restart     --state FILE --port N --pid FILE    stop what runs, serve in the background, wait until it answers
  stop        --pid FILE
  params get  --port N --key FILE                 through the API, as an owner does
  params set  --port N --key FILE NAME=VALUE ...
  self-check  --state FILE --key FILE [--port N]  exit 0 when this build may stay
  recover     --state FILE --key FILE             put the owner's key back without the API

exit codes: 0 done, 1 failed or unhealthy, 2 usage, 4 the API refused the key`

/** What is shown instead of a masked value, whatever the value is. */
const placeholder = '****'

const ownersKey = (file) => fs.readFileSync(file, 'utf8').trim()
const randomKey = () => randomBytes(18).toString('base64url')

// Node resolves symbolic links first: a running process stays with its release when `current` is moved.
const thisFile = fileURLToPath(import.meta.url)

/** `status` is an HTTP status, or 'usage' for a command line that cannot be read. */
function failure(status, message) {
  return Object.assign(new Error(message), { status })
}

/** The release's own word: {version, parameters: {NAME: {type?, default?, masked?, allowed?}}, defect}. */
function readRelease() {
  return JSON.parse(fs.readFileSync(join(dirname(thisFile), 'release.json'), 'utf8'))
}

/** All values in plain text: the contract's defaults (undefined where there is none), and over them the file's. */
function storedSettings(release, state) {
  const defaults = Object.entries(release.parameters).map(([name, declared]) => [name, declared.default])
  return { ...Object.fromEntries(defaults), ...JSON.parse(fs.readFileSync(state, 'utf8')) }
}

/** What a reader gets: masked values are withheld. */
function readBack(release, settings) {
  const masked = Object.keys(settings).filter((name) => release.parameters[name]?.masked)
  return { ...settings, ...Object.fromEntries(masked.map((name) => [name, placeholder])) }
}

/** The one write path. Where the build has the defect, what was read is written: the incident, in one line. */
function changedSettings(release, settings, changes) {
  const before = release.defect ? readBack(release, settings) : settings
  return { ...before, ...changes }
}

function checkChanges(release, changes) {
  for (const [name, value] of Object.entries(changes)) {
    const declared = Object.hasOwn(release.parameters, name) ? release.parameters[name] : undefined
    if (!declared) throw failure(400, `${name} is not a parameter of ${release.version}`)
    const fits = typeof value === 'string' && (declared.allowed?.includes(value) ?? true)
    if (!fits) throw failure(400, `${name} must be ${declared.allowed?.join(' or ') ?? 'text'}`)
  }
}

/** Whole or not at all: a rack that dies while it writes keeps its settings. */
function writeSettings(state, settings) {
  fs.writeFileSync(`${state}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 })
  fs.renameSync(`${state}.new`, state)
}

function apiServer(release, state) {
  return createServer(async (request, response) => {
    const answer = await answerTo(release, state, request).catch((error) => {
      response.statusCode = error.status ?? 500
      return { error: error.message }
    })
    response.setHeader('content-type', 'application/json').end(`${JSON.stringify(answer)}\n`)
  })
}

async function answerTo(release, state, request) {
  const route = `${request.method} ${request.url}`
  // Green all through the outage of 2016: it says that the process answers, nothing about who may use it.
  if (route === 'GET /healthz') return { version: release.version, ok: true }
  if (route !== 'GET /system' && route !== 'POST /params') throw failure(404, `no ${route} here`)
  const changes = request.method === 'POST' ? await changesIn(request) : {}
  // From here on nothing waits: between reading and writing the settings no other request may run.
  const settings = storedSettings(release, state)
  const expected = credential(settings.Password ?? randomKey())
  if (!isSameSecret(request.headers.authorization ?? '', expected)) {
    throw failure(401, 'this API key is not the key of this rack')
  }
  if (route === 'GET /system') {
    return { version: release.version, status: 'running', parameters: readBack(release, settings) }
  }
  checkChanges(release, changes)
  writeSettings(state, changedSettings(release, settings, changes))
  return { changed: Object.keys(changes) }
}

async function changesIn(request) {
  const body = await json(request).catch(() => undefined)
  if (body instanceof Object) return body
  throw failure(400, 'expected a JSON object of NAME: VALUE')
}

/** Basic authentication with the user `convox`, as RACK_URL=https://convox:KEY@host gave it. */
function credential(key) {
  return `Basic ${Buffer.from(`convox:${key}`).toString('base64')}`
}

function isSameSecret(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Asks an API on this machine; what it refuses is raised as a failure with that status. */
async function ask(port, path, key, changes) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    headers: key === undefined ? {} : { authorization: credential(key) },
    ...(changes === undefined ? {} : { method: 'POST', body: JSON.stringify(changes) }),
    signal: AbortSignal.timeout(5_000),
  })
  const answer = await response.json()
  if (!response.ok) throw failure(response.status, answer.error)
  return answer
}

/** Loopback only, on this port or any free one; the port. */
async function listening(server, port) {
  await once(server.listen(Number(port), '127.0.0.1'), 'listening')
  return server.address().port
}

function init({ state, key }) {
  if (fs.existsSync(state)) throw new Error(`${state} exists already: its key would be lost`)
  const password = randomKey()
  fs.writeFileSync(key, `${password}\n`, { mode: 0o600 })
  writeSettings(state, { Password: password })
}

async function serve({ state, port, pid }) {
  const release = readRelease()
  storedSettings(release, state)
  const server = apiServer(release, state)
  console.log(`rack ${release.version} answers on http://127.0.0.1:${await listening(server, port)}`)
  if (pid) fs.writeFileSync(pid, `${process.pid}\n`)
  const leave = () => {
    if (pid) fs.rmSync(pid, { force: true })
    server.close()
  }
  process.once('SIGTERM', leave).once('SIGINT', leave)
}

/** For a driver's restart hook: returns when the new build answers, or fails with its last words. */
async function restart({ state, port, pid }) {
  await stop({ pid })
  const log = fs.openSync(`${pid}.log`, 'w')
  const args = [thisFile, 'serve', '--state', state, '--port', port, '--pid', pid]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] })
  fs.closeSync(log)
  const { version } = readRelease()
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    await pause(50)
    const health = await ask(port, '/healthz').catch(() => undefined)
    // Something else may hold the port and say the same version: only the child that wrote its id is ours.
    if (health?.version === version && pidIn(pid) === child.pid) return child.unref()
  }
  child.kill('SIGKILL')
  throw new Error(`${version} does not answer on port ${port}: ${fs.readFileSync(`${pid}.log`, 'utf8')}`)
}

async function stop({ pid }) {
  const id = pidIn(pid)
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    if (!isRack(id) || !succeeds(() => process.kill(id, signal))) break
    for (let tries = 0; tries < 60 && isRack(id); tries++) await pause(50)
  }
  fs.rmSync(pid, { force: true })
}

function pidIn(file) {
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0
}

/** A file left by a killed rack may name a process that is not a rack: that one is left alone. Id 0 is nobody's. */
function isRack(id) {
  const isNamedSo = () => fs.readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('rack-program.mjs')
  return id > 0 && succeeds(() => process.kill(id, 0) && (!fs.existsSync('/proc/self') || isNamedSo()))
}

function succeeds(act) {
  try {
    return act()
  } catch {
    return false
  }
}

async function paramsGet({ port, key }) {
  const { parameters } = await ask(port, '/system', ownersKey(key))
  const width = Math.max(...Object.keys(parameters).map((name) => name.length))
  for (const name of Object.keys(parameters)) console.log(`${name.padEnd(width)}  ${parameters[name]}`)
}

async function paramsSet({ port, key }, assignments) {
  const pairs = assignments.map((text) => /^([^=]+)=(.*)$/s.exec(text)?.slice(1))
  if (pairs.length === 0 || pairs.includes(undefined)) throw failure('usage', 'params set wants NAME=VALUE')
  await ask(port, '/params', ownersKey(key), Object.fromEntries(pairs))
  console.log('Updating parameters... OK')
}

/**
 * The rack's own health check: does the owner's key still open the API after somebody has written a setting? It
 * writes for real, through this build's own API, but on a copy of the settings: a bad build is caught here, and the
 * rack's key survives the catching. With --port the running API is asked too, and must be this build.
 */
async function selfCheck({ state, key, port }) {
  const release = readRelease()
  const owner = ownersKey(key)
  if (port !== undefined) {
    const { version } = await ask(port, '/healthz')
    if (version !== release.version) throw new Error(`it is ${version} that answers on port ${port}`)
    await step('the running API refuses the owner', ask(port, '/system', owner))
  }
  const scratch = fs.mkdtempSync(join(tmpdir(), 'rack-self-check-'))
  const copy = join(scratch, 'settings.json')
  fs.copyFileSync(state, copy)
  const server = apiServer(release, copy)
  try {
    const trial = await listening(server, 0)
    const { parameters } = await step('the owner cannot read', ask(trial, '/system', owner))
    const isReadable = ([name, declared]) => !declared.masked && parameters[name] !== undefined
    const [name] = Object.entries(release.parameters).find(isReadable) ?? []
    if (name === undefined) throw new Error('every parameter is masked: there is none to try a write with')
    await step('the owner cannot write', ask(trial, '/params', owner, { [name]: parameters[name] }))
    await step(`${name} was set to what it was, and the owner is locked out`, ask(trial, '/system', owner))
    console.log(`${release.version}: ${name} was written on a copy, and the owner's key still opens the API`)
  } finally {
    server.close()
    fs.rmSync(scratch, { recursive: true, force: true })
  }
}

function step(whatIsWrong, answer) {
  return answer.catch((error) => Promise.reject(new Error(`${whatIsWrong}: ${error.message}`)))
}

/** What owners did by hand in 2016, past the API that refused them: their own copy of the key, into the settings. */
function recover({ state, key }) {
  writeSettings(state, { ...JSON.parse(fs.readFileSync(state, 'utf8')), Password: ownersKey(key) })
}

const commands = {
  init: { run: init, needs: ['state', 'key'] },
  serve: { run: serve, needs: ['state', 'port'] },
  restart: { run: restart, needs: ['state', 'port', 'pid'] },
  stop: { run: stop, needs: ['pid'] },
  'params get': { run: paramsGet, needs: ['port', 'key'] },
  'params set': { run: paramsSet, needs: ['port', 'key'] },
  'self-check': { run: selfCheck, needs: ['state', 'key'] },
  recover: { run: recover, needs: ['state', 'key'] },
}

function run(args) {
  const flag = { type: 'string' }
  const options = { state: flag, port: flag, pid: flag, key: flag }
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const name = positionals.splice(0, positionals[0] === 'params' ? 2 : 1).join(' ')
  if (!Object.hasOwn(commands, name)) throw failure('usage', `there is no command "${name}"`)
  const missing = commands[name].needs.filter((needed) => values[needed] === undefined)
  if (missing.length > 0) throw failure('usage', `${name} wants --${missing.join(' and --')}`)
  return commands[name].run(values, positionals)
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  const isUsage = error.status === 'usage' || error.code?.startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `${error.message}\n\n${usage}` : `rack: ${error.message}`)
  process.exitCode = isUsage ? 2 : error.status === 401 ? 4 : 1
}
