// Starts the campaign: copies the built program, so that a build in another terminal does not take it away from under
// it, and bundles the campaign beside it. Both lie below node_modules, where their dependencies are found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'node_modules', '.headgate-campaign', String(process.pid))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

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

const child = spawn(
  process.execPath,
  ['--enable-source-maps', join(folder, 'campaign', 'main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, HEADGATE_TEST_PROGRAM: join(folder, 'headgate.js') } },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
const [code, signal] = await once(child, 'exit')
process.exitCode = code ?? 128 + constants.signals[signal]
