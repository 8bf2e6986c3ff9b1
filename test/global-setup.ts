/**
 * The program for tests that run it: built when a source is newer than dist/, and copied, so that a build in another
 * terminal does not take it away from under a test.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
// Below node_modules: there the program finds its dependencies as it does below the root.
const copy = join(root, 'node_modules', '.headgate-test', String(process.pid))

export function setup(): void {
  const built = statSync(join(root, 'dist', 'headgate.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (newestSource() > built) execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: 'inherit' })
  cpSync(join(root, 'dist'), copy, { recursive: true })
  process.env.HEADGATE_TEST_PROGRAM = join(copy, 'headgate.js')
}

export function teardown(): void {
  rmSync(copy, { recursive: true, force: true })
}

function newestSource(): number {
  const files = ['shared', 'server', 'cli', 'demo', 'bench'].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, name, file),
    ),
  )
  return Math.max(...[...files, join(root, 'build.mjs')].map((file) => statSync(file).mtimeMs))
}
