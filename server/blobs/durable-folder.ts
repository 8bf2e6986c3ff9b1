/** Folders that survive a power loss: the entry of a new file or folder is only safe once its parent was synced too. */
import { mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes the folder and its parents where they are missing, for the owner only, and syncs what it made. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (firstMade === undefined) return
  const top = dirname(resolve(firstMade))
  for (let parent = dirname(resolve(folder)); parent.length >= top.length; parent = dirname(parent)) {
    await syncFolder(parent)
    if (parent === top) return
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
