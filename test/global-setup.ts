/** Builds dist/ once before the tests that run the real program, and only when a source is newer than it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const sources = ['shared', 'server', 'cli', 'demo', 'bench']

export function setup(): void {
  const built = statSync(join(root, 'dist', 'headgate.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (newestSource() <= built) return
  execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: 'inherit' })
}

function newestSource(): number {
  const files = sources.flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, name, file),
    ),
  )
  return Math.max(...[...files, join(root, 'build.mjs')].map((file) => statSync(file).mtimeMs))
}
