/** One chapter: its scene is opened, each of its faults happens to a copy of the rack, is recovered from and judged. */
import { hour } from '../../shared/domain/instants.ts'
import type { AtEnd } from '../support/scratch-directory.ts'
import { type Chapter, idOf } from './chapters.ts'
import type { Fault } from './fault.ts'
import { kinds } from './kinds.ts'
import { isStuckAllowed } from './may-be-stuck.ts'
import { type Case, judge, judgeInBetween, lastOutcome } from './oracle.ts'
import { openScene, type Scene } from './scene.ts'

export interface Verdict {
  readonly id: string
  readonly words: string
  /** `late`: it could not happen before the run was through, however often it was tried. */
  readonly end: 'survived' | 'stuck' | 'not survived' | 'late'
  /** What was wrong; for `stuck`: nothing. */
  readonly complaints: readonly string[]
}

export interface ChapterRun {
  readonly chapter: Chapter
  readonly seed: number
  /** Only faults whose id begins so. */
  readonly only: string
  /** Of these every so-many-th; default all. */
  readonly every?: number
  readonly tell: (verdict: Verdict) => void
}

/** Redrawn so often when a run was through before its fault. */
const draws = 6
const patienceMs = 90_000

export async function runChapter({ chapter, seed, only, every = 1, tell }: ChapterRun): Promise<void> {
  const { driver, story, kind: name, amount } = chapter
  const cleanUps: Parameters<AtEnd>[0][] = []
  try {
    const kind = kinds[name]
    const scene = await openScene({
      driver,
      story,
      isReal: kind.isReal,
      seed,
      atEnd: (cleanUp) => cleanUps.push(cleanUp),
    })
    const faults = await kind.faults(scene, amount)
    for (const [index, fault] of faults.entries()) {
      if (index % every > 0 || !isWithin(idOf(chapter, fault.mark), only)) continue
      tell(await tryFault(chapter, scene, fault, index))
    }
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}

/** Whether an id is what was asked for, or below it. */
export function isWithin(id: string, only: string): boolean {
  return id === only || id.startsWith(only.endsWith('/') || only === '' ? only : `${only}/`)
}

async function tryFault(chapter: Chapter, scene: Scene, fault: Fault, index: number): Promise<Verdict> {
  const id = idOf(chapter, fault.mark)
  const told = { id, words: fault.words }
  for (let draw = 1; draw <= draws; draw += 1) {
    const rack = scene.copy(`${chapter.kind}-${fault.mark}-${draw}`)
    try {
      const happened = await within(
        patienceMs,
        fault.happen(rack, scene.chance(`${chapter.kind}/${fault.mark}/${draw}`)),
      )
      if (!happened) continue
      const mayBeStuck = isStuckAllowed(chapter.kind, chapter.story)
      const hasGoneOn = index % 2 === 1
      const one = { scene, rack, mayEnd: fault.mayEnd ?? [], mayBeStuck, hasGoneOn }
      const complaints = await within(patienceMs, recoverAndJudge(one))
      return complaints === 'stuck'
        ? { ...told, end: 'stuck', complaints: [] }
        : { ...told, end: complaints.length === 0 ? 'survived' : 'not survived', complaints }
    } catch (error) {
      return {
        ...told,
        end: 'not survived',
        complaints: [error instanceof Error ? error.message : String(error)],
      }
    } finally {
      scene.dispose(rack)
    }
  }
  return { ...told, end: 'late', complaints: [] }
}

/** By turns the next command is one that only looks, and the agent's round, which goes on by itself. */
async function recoverAndJudge(one: Case): Promise<readonly string[] | 'stuck'> {
  const { scene, rack, hasGoneOn } = one
  const between = await judgeInBetween(one)
  const next = hasGoneOn ? ['agent', 'once'] : ['check']
  let ran = await scene.run(rack, next)
  // What failed before it changed anything is tried again after an hour at the latest.
  if (hasGoneOn && lastOutcome(rack) === 'failed') {
    scene.yard.clock.skip(hour)
    ran = await scene.run(rack, next)
  }
  const wasStuck = lastOutcome(rack) === 'stuck'
  const allowed = wasStuck ? [0, 21] : [0, 20]
  const ended = allowed.includes(ran.code ?? -1)
    ? []
    : [`headgate ${next.join(' ')} ended with ${ran.code}: ${ran.stderr}`]
  const complaints = [...between, ...ended, ...(await judge(one))]
  if (!wasStuck || complaints.length > 0) return complaints
  const after = await mend(one)
  return after.length > 0 ? after : 'stuck'
}

/** A stuck rack waits for a person: nothing moves it, and when it works again `verify` is enough. */
async function mend({ scene, rack }: Case): Promise<readonly string[]> {
  const moved = await scene.run(rack, ['update', '--yes'])
  scene.driver.mend(rack.dir, scene.story.from)
  const verified = await scene.run(rack, ['verify'])
  const after = await rack.headgate('status', '--json')
  return [
    ...(moved.code === 21 ? [] : [`update on a stuck rack ended with ${moved.code}: ${moved.stderr}`]),
    ...(verified.code === 0 ? [] : [`verify ended with ${verified.code}: ${verified.stderr}`]),
    ...(JSON.parse(after.stdout).stuck === null ? [] : ['verify did not end it']),
  ]
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${ms / 1000} s`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
