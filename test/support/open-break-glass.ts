/** Break-glass as `headgate break-glass open` leaves it on a registry's disk, and as the registry then knows it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Of, type TestRegistry } from './test-registry.ts'

export const brokenGlass = 'BG-0a1b2c3d'

export async function openBreakGlass({
  dataDir,
  registry,
  clock,
}: Pick<TestRegistry, 'dataDir' | 'registry' | 'clock'>): Promise<void> {
  const openedAt = clock.now()
  const glass = {
    v: 1,
    id: brokenGlass,
    sha256: sha256Of('a token that nobody has'),
    by: 'root@registry-1',
    reason: 'sign-in is down',
    openedAt,
    expiresAt: openedAt + 3_600_000,
    isRehearsal: false,
  }
  writeFileSync(join(dataDir, 'break-glass', `${brokenGlass}.json`), JSON.stringify(glass))
  await registry.breakGlass.look()
}
