// Starts the museum: its exhibits are bundled below node_modules, where their dependencies are found, and played there.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'node_modules', '.headgate-museum', String(process.pid))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
await build({
  entryPoints: [join(import.meta.dirname, 'main.ts')],
  outfile: join(folder, 'main.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
})
await import(join(folder, 'main.js'))
