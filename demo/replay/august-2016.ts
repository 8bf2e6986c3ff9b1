/** What has to be true of August 2016 when its releases pass our gates: the incident as statements that can fail. */
import { describeDuration, hour, minute, toIso } from '../../shared/domain/instants.ts'
import type { RackHistory } from '../convert-convox.ts'
import type { Replay } from './history.ts'

export interface Finding {
  readonly holds: boolean
  readonly words: string
}

const dayOfSoak = 24 * 60

export function judgeAugust2016(replay: Replay, incident: RackHistory['incident']): Finding[] {
  const { introducedIn, alsoIn, fixedIn } = incident
  const { promoted, alarms, acknowledgedAt } = replay
  const bad = [introducedIn, ...alsoIn]
  const alarm = alarms.find(({ version }) => version === introducedIn)
  const fix = promoted.find(({ version }) => version === fixedIn)
  const between = promoted.filter(
    ({ version, at }) => version >= introducedIn && acknowledgedAt !== undefined && at < acknowledgedAt,
  )
  const later = fix ? alarms.filter(({ at }) => at > fix.at) : alarms
  const [best = 0] = replay.soakOf(fixedIn)
  const headFor = replay.headFor(fixedIn)
  return [
    {
      holds:
        alarm?.detail.includes('Password') === true &&
        !promoted.some(({ version }) => version === introducedIn),
      words: `${introducedIn} was stopped by the parameter gate: ${alarm?.detail ?? 'it was not'}`,
    },
    {
      holds: !promoted.some(({ version }) => bad.includes(version)),
      words: `none of the ${bad.length} builds with the defect reached stable`,
    },
    {
      holds: acknowledgedAt !== undefined && between.length === 0,
      words: `nothing was promoted from ${introducedIn} on until a person acknowledged Password for ${fixedIn}`,
    },
    {
      holds: fix !== undefined && acknowledgedAt !== undefined && fix.at - acknowledgedAt >= 24 * hour,
      words: `${fixedIn} reached stable ${fix ? `at ${toIso(fix.at)}` : 'never'}, after its day of soak`,
    },
    {
      holds: headFor > 0 && headFor < 14 * hour && best >= dayOfSoak,
      words: `it soaked ${describeDuration(best * minute)} by dwell, although it was head of unstable for ${describeDuration(headFor)} only`,
    },
    {
      holds: later.length === 0,
      words: `no parameter alarm afterwards${later.length === 0 ? '' : `, but ${later.length}: ${later[0]?.version} ${later[0]?.detail}`}`,
    },
  ]
}
