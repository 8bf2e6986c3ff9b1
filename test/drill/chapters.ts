/** The chapters of the drill: what is done to a fleet, and what had to become of it by the word of the oracle. */
import { minute } from '../../shared/domain/instants.ts'
import { app, type Shares, stepMinutes } from './drill-fleet.ts'
import type { Oracle, OracleRack, OracleWave } from './oracle.ts'
import { bad, base, describe, describeRollout, fix, type Stage, waves } from './stage.ts'

export interface Told {
  readonly sizes: readonly number[]
  readonly happened: string
  readonly foretold: string
  /** Racks that were granted what they had not to be, or twice. */
  readonly outside: number
}

export interface Chapter {
  readonly name: string
  readonly shares: Shares
  play(stage: Stage): Promise<Told>
}

export const chapters: readonly Chapter[] = [
  { name: 'plain', shares: { returns: 0.04 }, play: plain },
  { name: 'latent', shares: { sickens: 0.04 }, play: plain },
  { name: 'silent', shares: { 'was silent': 0.33, 'falls silent': 0.02, returns: 0.01 }, play: silent },
  { name: 'killed', shares: { returns: 0.002 }, play: killed },
  { name: 'killed, halts', shares: { returns: 0.04 }, play: killed },
  { name: 'yanked', shares: {}, play: yanked },
  { name: 'superseded', shares: { returns: 0.04 }, play: superseded },
  { name: 'clean', shares: {}, play: clean },
]

async function plain(stage: Stage): Promise<Told> {
  await stage.promote(bad)
  const ordered = await stage.rollout()
  const oracle = stage.oracleOf(ordered, waves)
  const playing = { id: ordered.id, oracle }
  const ended = await stage.play(playing)
  // They all ask once more: of what was halted nobody gets any more.
  await stage.step(playing)
  return told(stage, oracle, describeRollout(ended))
}

/** A third says nothing any more before the promotion; everybody else is heard. */
async function silent(stage: Stage): Promise<Told> {
  const { registry, fleet } = stage
  for (let steps = 0; steps <= 5; steps += 1) {
    await registry.moveClock(stepMinutes * minute)
    await fleet.ask(fleet.racks)
  }
  return plain(stage)
}

async function killed(stage: Stage): Promise<Told> {
  await stage.promote(bad)
  const ordered = await stage.rollout()
  const oracle = stage.oracleOf(ordered, waves)
  const killedIn = new Set<number>()
  const amid = async (batch: readonly OracleRack[]): Promise<void> => {
    // In each wave once, while racks of it have grants and have not reported.
    if (killedIn.has(oracle.open) || !batch.some(({ name }) => oracle.waveOf(name) === oracle.open)) return
    killedIn.add(oracle.open)
    await new Promise((resolve) => setTimeout(resolve, 15))
    await stage.registry.killAndRestart()
  }
  const ended = await stage.play({ id: ordered.id, oracle, amid, mayBeLate: true })
  if (killedIn.size <= oracle.open)
    stage.complaints.push(`killed in ${killedIn.size} waves of ${oracle.open + 1}`)
  return told(stage, oracle, `${describeRollout(ended)}`)
}

const remedyWaves: readonly OracleWave[] = [
  { share: 1, soakMinutes: 5, toleratedPercent: 0 },
  { share: '10%', soakMinutes: 5, toleratedPercent: 0 },
  { share: 'rest', soakMinutes: 5, toleratedPercent: 0 },
]

async function yanked(stage: Stage): Promise<Told> {
  const { registry, fleet, complaints } = stage
  await stage.promote(bad)
  const ordered = await stage.rollout()
  const oracle = stage.oracleOf(ordered, waves)
  await stage.play(
    { id: ordered.id, oracle },
    () => oracle.open === 2 && oracle.touched.size > (oracle.sizes[1] ?? 0) + 1,
  )
  const onIt = fleet.racks.filter(({ light }) => light.current === bad)
  // A registry plans for the racks that it has seen on it.
  await fleet.ask(onIt)
  const yank = { range: bad, severity: 'critical', remedy: 'rollback', reason: 'it loses data' }
  await registry.call('POST', `/v1/apps/${app}/yanks`, yank)
  const remedy = await stage.rollout()
  const back = stage.oracleOf(remedy, remedyWaves, onIt)
  for (const { name, key, fate } of fleet.racks)
    if (!onIt.some((one) => one.name === name)) back.passesBy({ name, key, fate })
  const ended = await stage.play({ id: remedy.id, oracle: back })
  const pool = remedy.plan?.maxInFlight ?? 0
  const most = fleet.mostUnderWay(base)
  if (most > pool) complaints.push(`${most} racks went back at a time, of ${pool} slots`)
  if ((await stage.rollout(ordered.id)).state !== 'superseded') complaints.push(`${ordered.id} goes on`)
  const left = fleet.racks.filter(({ light }) => light.current !== base)
  if (left.length > 0) complaints.push(`${left.length} racks are not back`)
  return told(stage, oracle, describeRollout(ended), { id: remedy.id, oracle: back })
}

async function superseded(stage: Stage): Promise<Told> {
  const { fleet, complaints } = stage
  await stage.promote(bad)
  const ordered = await stage.rollout()
  const oracle = stage.oracleOf(ordered, waves)
  await stage.play({ id: ordered.id, oracle })
  await stage.promote(fix)
  const next = await stage.rollout()
  const well = fleet.racks.map(({ name, key }) => ({ name, key, fate: 'well' as const }))
  const fixed = stage.oracleOf(next, waves, well)
  const ended = await stage.play({ id: next.id, oracle: fixed })
  const left = fleet.racks.filter(({ light }) => light.current !== fix)
  if (left.length > 0) complaints.push(`${left.length} racks do not run the fix`)
  return told(stage, oracle, `${describe(oracle)}; ${describeRollout(ended)}`, { id: next.id, oracle: fixed })
}

async function clean(stage: Stage): Promise<Told> {
  const { registry, fleet, complaints } = stage
  await stage.promote(bad)
  const ordered = await stage.rollout()
  const oracle = stage.oracleOf(ordered, waves)
  const playing = { id: ordered.id, oracle }
  await stage.play(playing, () => oracle.open === 1)
  const late = Math.ceil(fleet.racks.length / 10)
  for (let number = 1; number <= late; number += 1) await fleet.join(`late-${number}`, 'well')
  for (const rack of fleet.racks.slice(-late)) oracle.joins(rack)
  const ended = await stage.play(playing)
  const left = fleet.racks.filter(({ light }) => light.current !== bad)
  if (left.length > 0) complaints.push(`${left.length} racks did not get it`)
  const pointer = JSON.stringify(await registry.call('GET', `/v1/apps/${app}/channels/stable`))
  if (JSON.parse(pointer).version !== bad) complaints.push(`the base is not what completed: ${pointer}`)
  return told(stage, oracle, describeRollout(ended))
}

/** What is in the database against what the oracle had touched; each rack once. */
async function told(
  stage: Stage,
  oracle: Oracle,
  happened: string,
  next?: { readonly id: string; readonly oracle: Oracle },
): Promise<Told> {
  const { fleet, complaints } = stage
  const stored = await stage.attempts()
  const ids = new Set(stored.map(({ id }) => id))
  const lost = fleet.racks.flatMap(({ grants }) => grants.filter(({ attempt }) => !ids.has(attempt)))
  if (lost.length > 0) complaints.push(`${lost.length} acknowledged grants are lost`)
  let outside = strayed(stored, 'R-1', oracle)
  if (next) outside += strayed(stored, next.id, next.oracle)
  outside += stored.filter(({ rollout }) => rollout !== 'R-1' && rollout !== next?.id).length
  const foretold = next
    ? `${happened.includes(';') ? `${describe(oracle)}; ` : ''}${describe(next.oracle)}`
    : describe(oracle)
  return { sizes: (next?.oracle ?? oracle).sizes, happened, foretold, outside }
}

function strayed(
  stored: readonly { rack: string; rollout: string | null }[],
  id: string,
  { touched }: Oracle,
): number {
  const granted = stored.filter(({ rollout }) => rollout === id).map(({ rack }) => rack)
  const once = new Set(granted)
  const twice = granted.length - once.size
  const unexpected = [...once].filter((rack) => !touched.has(rack)).length
  const missing = [...touched].filter((rack) => !once.has(rack)).length
  return twice + unexpected + missing
}
