// Starts the drill: bundles it and the registry that it drills, side by side below node_modules, where their dependencies
// are found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'node_modules', '.headgate-drill', String(process.pid))
// Whatever becomes of the processes in between, what they left goes with this one.
const scratch = mkdtempSync(join(tmpdir(), 'headgate-drill-'))
process.on('exit', () => {
  for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true })
})

mkdirSync(folder, { recursive: true })
cpSync(join(root, 'server', 'store', 'migrations'), join(folder, 'migrations'), { recursive: true })
await build({
  entryPoints: ['main.ts', 'registry.ts'].map((file) => join(import.meta.dirname, file)),
  outdir: folder,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
})

const words = ['--enable-source-maps', join(folder, 'main.js'), ...process.argv.slice(2)]
const child = spawn(process.execPath, words, { stdio: 'inherit', env: { ...process.env, TMPDIR: scratch } })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
const [code, signal] = await once(child, 'exit')
process.exitCode = code ?? 128 + constants.signals[signal]
