/** Folders that survive a power loss: the entry of a new file or folder is only safe once its parent was synced too. */
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes the folder and its parents where they are missing, for the owner only, and syncs what it made. One by one: Node's
 * recursive mkdir never ends where the system answers ENOENT below a folder that exists (as in /proc).
 */
export async function makeDurableFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = resolve(folder); !(await isThere(at)); at = dirname(at)) missing.unshift(at)
  for (const at of missing) {
    await mkdir(at, { mode: 0o700 }).catch((error: unknown) => {
      // Another process may have made it meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
    await syncFolder(dirname(at))
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
