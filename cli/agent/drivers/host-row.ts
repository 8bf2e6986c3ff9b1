/** One host of a rack that is a group of hosts, as a person sees it: in the table while a move runs, and in `status`. */

import { Problem } from '../../../shared/domain/problem.ts'

export interface HostRow {
  readonly host: string
  /** Null: nothing is installed on it. */
  readonly version: string | null
  /** Whether it serves. */
  readonly attached: boolean
  /** During a move what is done to it, in the words of `hostTransitions`; otherwise "attached" or "detached". */
  readonly state: string
  /** Why it is out of service, if that is known; otherwise empty. */
  readonly detail: string
}

/** Those that do not serve, by name and reason, for one line; null when all do. */
export function outOfService(rows: readonly HostRow[]): string | null {
  const out = rows.filter(({ attached }) => !attached)
  if (out.length === 0) return null
  const named = out.map(({ host, version, detail }) => {
    const runs = `${host} on ${version ?? 'nothing'}`
    return detail === '' ? runs : `${runs} (${detail})`
  })
  return `${out.length} of ${rows.length} hosts out of service: ${named.join(', ')}`
}

/** What a proved version leaves to say. It is proved: hosts that cannot be listed now are no reason to doubt it. */
export async function remarkOn(driver: { hosts?(): Promise<readonly HostRow[]> }): Promise<string | null> {
  try {
    return outOfService((await driver.hosts?.()) ?? [])
  } catch (error) {
    if (error instanceof Problem) return null
    throw error
  }
}
