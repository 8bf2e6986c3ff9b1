// Starts the campaign: copies the built program, so that a build in another terminal does not take it away from under
// it, and bundles the campaign beside it. Both lie below node_modules, where their dependencies are found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'node_modules', '.headgate-campaign', String(process.pid))
// Whatever becomes of the processes in between, what they left goes with this one.
const scratch = mkdtempSync(join(tmpdir(), 'headgate-campaign-'))
process.on('exit', () => {
  for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true })
})

cpSync(join(root, 'dist'), folder, { recursive: true })
cpSync(join(root, 'server', 'store', 'migrations'), join(folder, 'campaign', 'migrations'), {
  recursive: true,
})
// What is run by its path, and not bundled.
const beside = [
  join(import.meta.dirname, 'kill-at-call.mjs'),
  join(root, 'test', 'support', 'stand-ins', 'hosts.sh'),
]
for (const file of beside) cpSync(file, join(folder, 'campaign', basename(file)))
await build({
  entryPoints: [join(import.meta.dirname, 'main.ts')],
  outfile: join(folder, 'campaign', 'main.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
})

const env = { ...process.env, TMPDIR: scratch, HEADGATE_TEST_PROGRAM: join(folder, 'headgate.js') }
const words = ['--enable-source-maps', join(folder, 'campaign', 'main.js'), ...process.argv.slice(2)]
const child = spawn(process.execPath, words, { stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
const [code, signal] = await once(child, 'exit')
process.exitCode = code ?? 128 + constants.signals[signal]
