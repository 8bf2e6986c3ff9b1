// Bundles the CLI (with its lazily loaded verbs as chunks), the server, the demo and the bench.
import { cp, readFile, rm } from 'node:fs/promises'
import { build } from 'esbuild'

const manifest = JSON.parse(await readFile('package.json', 'utf8'))
const bundled = ['commander', 'semver', 'smol-toml']
const requireForBundledCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

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
  // What every short command loads is bundled: a file less is a millisecond less. The rest stays in node_modules.
  external: Object.keys(manifest.dependencies).filter((name) => !bundled.includes(name)),
  banner: { js: requireForBundledCommonJs },
  sourcemap: 'linked',
  logLevel: 'warning',
})
await cp('server/store/migrations', 'dist/migrations', { recursive: true })
