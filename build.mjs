// Bundles the CLI (with its lazily loaded verbs as chunks), the server, the demo and the bench, and the program of a
// rack as one file. `node build.mjs agent [FOLDER]` builds that one alone.
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { build } from 'esbuild'
import { create } from 'tar'

const manifest = JSON.parse(await readFile('package.json', 'utf8'))
const bundled = ['commander', 'semver', 'smol-toml']
const requireForBundledCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
const shared = { bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'warning' }

// Each file that is loaded costs most of a millisecond, and esbuild cuts a chunk for every set of verbs that share a
// module. A verb that names what is always loaded before it shares all of it, so that this becomes one chunk: `check`
// loads 12 files instead of 50, and every verb fewer (CHANGELOG 0.2 has the figures).
const start = ['cli/run.ts', 'cli/agent/clock.ts', 'cli/agent/files.ts']
// Small, and shared by verbs of both kinds.
const small = [
  'cli/agent/proxy-settings.ts',
  'cli/live-lines.ts',
  'cli/order-fields.ts',
  'cli/progress.ts',
  'shared/domain/health.ts',
  'shared/domain/rack.ts',
]
const beforeEveryVerb = [...start, ...small]
const beforeRackVerbs = [...beforeEveryVerb, 'cli/commands/check.ts', 'cli/agent/drivers/directory.ts']
const rackVerbs = [...(await readFile('cli/rack-verbs.ts', 'utf8')).matchAll(/import\('\.\/(.+?)'\)/g)].map(
  ([, file]) => `cli/${file}`,
)
// Not verbs of a rack, but made of the same parts.
const likeRackVerbs = [
  'cli/rack-identity.ts',
  'cli/commands/synthetic/install.ts',
  'cli/commands/synthetic/run.ts',
]
const fewFiles = {
  name: 'few-files',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, resolveDir }) => {
      const file = relative('.', resolve(resolveDir, path))
      if (kind !== 'dynamic-import' || !file.startsWith('cli/')) return undefined
      return { path: start.includes(file) ? 'start' : file, namespace: 'lazy' }
    })
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const isOfRack = path.startsWith('cli/agent/') || [...rackVerbs, ...likeRackVerbs].includes(path)
      const before = path === 'start' ? small : isOfRack ? beforeRackVerbs : beforeEveryVerb
      const wanted = path === 'start' ? start : [path]
      const lines = [
        ...before.map((file) => `import './${file}'`),
        ...wanted.map((file) => `export * from './${file}'`),
      ]
      return { contents: lines.join('\n'), resolveDir: process.cwd(), loader: 'ts' }
    })
  },
}

const [, , what, folder = 'dist'] = process.argv
if (what !== 'agent') {
  await rm('dist', { recursive: true, force: true })
  // The server throws what the CLI catches, so they share; what the others cut besides would be more files to load.
  await buildInChunks({ headgate: 'cli/main.ts', server: 'server/main.ts' })
  await buildInChunks({
    demo: 'demo/main.ts',
    replay: 'demo/replay/main.ts',
    bench: 'bench/main.ts',
  })
  await cp('server/store/migrations', 'dist/migrations', { recursive: true })
}
await buildOneFile(folder)

async function buildInChunks(entryPoints) {
  await build({
    ...shared,
    entryPoints,
    outdir: 'dist',
    splitting: true,
    // What every short command loads is bundled: a file less is a millisecond less. The rest stays in node_modules.
    external: Object.keys(manifest.dependencies).filter((name) => !bundled.includes(name)),
    banner: { js: requireForBundledCommonJs },
    plugins: [fewFiles],
    sourcemap: 'linked',
  })
}

// For a rack that has Node and nothing else: every verb but the server's, no native module, the same bytes each time.
async function buildOneFile(into) {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: ['cli/main.ts'],
    write: false,
    metafile: true,
    define: { HEADGATE_IS_ONE_FILE: 'true' },
    banner: { js: requireForBundledCommonJs },
    legalComments: 'eof',
    // Half the bytes to read at each start; names stay, for the stack trace of a bug.
    minifyWhitespace: true,
    minifySyntax: true,
  })
  const native = Object.keys(metafile.inputs).filter((input) => /better-sqlite3|\.node$/.test(input))
  if (native.length > 0) throw new Error(`the one file would need ${native.join(', ')}`)
  await mkdir(into, { recursive: true })
  // Packed as a release of the app that agents update themselves from: the directory driver unpacks it.
  await writeFile(`${into}/headgate.mjs`, outputFiles[0].contents)
  await chmod(`${into}/headgate.mjs`, 0o755)
  const packing = { gzip: { level: 9 }, portable: true, mtime: new Date(0), strict: true }
  await create({ ...packing, cwd: into, file: `${into}/headgate-agent.tgz` }, ['headgate.mjs'])
  await rename(`${into}/headgate.mjs`, `${into}/headgate-agent.mjs`)
}
