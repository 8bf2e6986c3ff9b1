/** What Convox itself refuses on v3 racks, told before anything is begun (convox/convox: pkg/cli/rack.go, pkg/rack). */

import { Problem } from '../../../shared/domain/problem.ts'

function minorOf(version: string): number | null {
  const [major, minor = ''] = version.split('.')
  return major === '3' && /^\d+$/.test(minor) ? Number(minor) : null
}

/** Raises `preflight_failed` for a move over more than one minor, and for one to an earlier minor. */
export function refuseMinors(from: string, to: string, rack: string): void {
  const [was, wants] = [minorOf(from), minorOf(to)]
  if (was === null || wants === null) return
  if (wants > was + 1) {
    throw new Problem(
      'preflight_failed',
      `Convox lets a v3 rack skip no minor version: from ${from} it goes to the latest 3.${was + 1} first, not to ${to}.`,
      {
        hint: `headgate release route 3.${was + 1}.X --app APP --required --reason "…"   # a stepping stone for every rack`,
        numbers: { from, to, next: `3.${was + 1}` },
      },
    )
  }
  const isCandidate = from.includes('rc') || to.includes('rc')
  if (wants < was && !isCandidate) {
    throw new Problem(
      'preflight_failed',
      `Convox takes no v3 rack back to an earlier minor version: ${from} cannot become ${to}.`,
      {
        hint: `publish a mended 3.${was}.X and go forward to it; the rack itself: convox rack -r ${rack}`,
        numbers: { from, to },
      },
    )
  }
}

/** Whether Convox would refuse the way back of this move. */
export function isOneWay(from: string, to: string): boolean {
  const [was, wants] = [minorOf(from), minorOf(to)]
  return was !== null && wants !== null && wants > was && !from.includes('rc') && !to.includes('rc')
}
