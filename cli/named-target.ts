/** A version that is named with `update` is a condition and no order: to go elsewhere, and to stay, is a pin. */
import { Problem } from '../shared/domain/problem.ts'
import type { Asked } from './agent/ask.ts'

/** Raises `not_offered` when the decision leads elsewhere (museum: 30-pinned-until-the-next-refresh). */
export function requireNamed(named: string | undefined, { decision }: Asked, dir: string): void {
  const { action, reason, target, current } = decision
  if (named === undefined) return
  const isMove = action === 'update' || action === 'rollback'
  if (isMove ? target?.version === named : current === named) return
  const told = isMove && target ? `${action} to ${target.version}` : `${action}: ${reason}`
  throw new Problem('not_offered', `${named} is not what this rack is to run now (${told}).`, {
    hint: `headgate pin ${named} --dir ${dir} --reason "…" && headgate update --dir ${dir}   # goes there and stays`,
  })
}

/** What somebody who named it may take for granted. */
export function notPinned(named: string, dir: string): string {
  return `${named} is not pinned: the next check takes what the channel serves then. To stay: headgate pin --dir ${dir} --reason "…"`
}
