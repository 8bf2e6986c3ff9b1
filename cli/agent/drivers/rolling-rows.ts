/** What a group of hosts is, as a whole and host by host: the rack's version, and the table that a person looks at. */

import { Problem } from '../../../shared/domain/problem.ts'
import type { HostRow } from './host-row.ts'
import { type ListedHost, type Marks, markOf } from './rolling-plan.ts'
import type { readProgress } from './rolling-progress.ts'

type Found = ReturnType<typeof readProgress>

/**
 * The version of a group is the one that all attached hosts run; a detached host counts only when none is attached.
 * Raises `preflight_failed` for several: no single version would be true, and nothing may be planned from one.
 */
export function versionOf(hosts: readonly ListedHost[], found: Found, dir: string): string | null {
  const attached = hosts.filter((one) => one.attached)
  const counting = attached.length > 0 ? attached : hosts
  const versions = [...new Set(counting.map(({ version }) => version))]
  const [only = null] = versions
  if (versions.length <= 1) return only
  const groups = versions.map((version) => {
    const names = counting.filter((one) => one.version === version).map(({ host }) => host)
    return `${version ?? 'nothing'} (${names.join(', ')})`
  })
  const why =
    found === null || found.isOver
      ? 'bring them to one version by hand'
      : `the move to ${found.to ?? 'nothing'} of attempt ${found.attempt} is not over`
  const which = attached.length > 0 ? 'attached hosts' : 'hosts, of which none is attached,'
  throw new Problem('preflight_failed', `The ${which} run ${groups.join(' and ')}: ${why}.`, {
    hint:
      found === null || found.isOver
        ? `move or detach the odd ones, then: headgate verify --dir ${dir}`
        : `any command on this rack takes it up again: headgate check --dir ${dir}`,
    numbers: { hosts: counting },
  })
}

/** While a move runs: how far each host has come. */
export function rowsDuring(hosts: readonly ListedHost[], marks: Marks): readonly HostRow[] {
  return hosts.map(({ host, version, attached }) => {
    const { state, detail } = markOf(marks, host)
    return { host, version, attached, state, detail }
  })
}

/** At any time: what `list` says, and of an unfinished move how far it has come. */
export function rowsOf(hosts: readonly ListedHost[], found: Found): readonly HostRow[] {
  if (found !== null && !found.isOver) return rowsDuring(hosts, found.hosts)
  return hosts.map(({ host, version, attached }) => ({
    host,
    version,
    attached,
    state: attached ? 'attached' : 'detached',
    detail: attached || found === null ? '' : markOf(found.hosts, host).detail,
  }))
}
