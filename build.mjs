// Bundles the CLI (with its lazily loaded verbs as chunks) and the server; dependencies stay in node_modules.
import { cp, rm } from 'node:fs/promises'
import { build } from 'esbuild'

await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: {
    headgate: 'cli/main.ts',
    server: 'server/main.ts',
    demo: 'demo/main.ts',
    bench: 'bench/main.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
})
await cp('server/store/migrations', 'dist/migrations', { recursive: true })
