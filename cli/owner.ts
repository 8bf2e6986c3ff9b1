/** Who gives an order on this rack, as the machine knows them. */
import { userInfo } from 'node:os'
import type { Deps } from './deps.ts'

export function ownerOf({ env }: Pick<Deps, 'env'>): string {
  return env.SUDO_USER || env.USER || env.LOGNAME || userInfo().username
}
