// A child process of the tests, bundled as `npm run build` bundles the server: the migrations lie beside the bundle.
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const top = resolve(import.meta.dirname, '../../..')

/** Gives the path of a program that plain node runs; `entry` is a path from the top of the repository. */
export async function bundleInto(folder: string, entry: string): Promise<string> {
  const outfile = join(folder, 'dist', 'program.js')
  await mkdir(join(folder, 'dist'), { recursive: true })
  await cp(join(top, 'server/store/migrations'), join(folder, 'dist/migrations'), { recursive: true })
  await symlink(join(top, 'node_modules'), join(folder, 'node_modules'))
  const shape = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const
  await build({ ...shape, entryPoints: [join(top, entry)], outfile, logLevel: 'error' })
  return outfile
}
