// A copy of the repository as `npm run build` leaves it, in a folder of its own: the demo can be run from it while
// somebody else builds, edits or has never built the checkout.
import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const top = resolve(import.meta.dirname, '../..')
const needed = ['cli', 'server', 'shared', 'demo', 'bench', 'node_modules', 'package.json', 'build.mjs']

/** Gives the path of dist/demo.js in it. */
export async function buildRepository(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const name of needed) await symlink(join(top, name), join(folder, name))
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: folder })
  return join(folder, 'dist', 'demo.js')
}
