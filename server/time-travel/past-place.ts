/**
 * A rack's place in the waves of then: its key, and its labels at any instant, from the lines of its history. Of a rack whose
 * name was taken up again only what its own lines tell is known.
 */
import type { Hex64 } from '../../shared/domain/cohort.ts'
import type { Placed } from '../../shared/domain/rollout-standing.ts'
import { columnIn, type RackHistoryRow } from '../store/rack-history.ts'
import type { RackRow } from '../store/racks.ts'

export type RowToday = Pick<RackRow, 'rackKey' | 'labels'>

/** `lines`: of one enrolment, oldest first; `row`: as it is stored, unless the name has gone to another rack since. */
export function placeIn(lines: readonly RackHistoryRow[], row: RowToday | undefined): Placed | undefined {
  const key: Hex64 | undefined = lines.map((line) => columnIn(line, 'rackKey')).find(isSaid) ?? row?.rackKey
  const labelled = lines.filter((line) => columnIn(line, 'labels') !== undefined)
  const first = labelled[0] ? (labelsBefore(labelled[0]) ?? columnIn(labelled[0], 'labels')) : row?.labels
  if (key === undefined || first === undefined) return undefined
  return {
    key,
    labelsAt: (at) =>
      labelled.map((line) => (line.at <= at ? columnIn(line, 'labels') : undefined)).findLast(isSaid) ??
      first,
  }
}

/** Of an enrolment nothing was before. */
function labelsBefore({ before }: RackHistoryRow): RackRow['labels'] | undefined {
  return before === null ? undefined : columnIn({ after: before }, 'labels')
}

function isSaid<Value>(value: Value | undefined): value is Value {
  return value !== undefined
}
