/**
 * What an independent auditor of rollouts asks of every plan, every proof and every move. Written from the text of the rules
 * (3-domain, "Channel", "Yank", "Rollout"), not from the code that enforces them.
 */
import { expect } from 'vitest'
import type { RolloutPlan } from '../../shared/domain/rollout.ts'
import type { PlanningRack } from '../../shared/domain/rollout-plan.ts'
import {
  baseIn,
  count,
  has,
  hashOf,
  headIn,
  isThere,
  type Page,
  type RolloutBooks,
  waveIn,
  yankOf,
} from './rollout-pages.ts'
import { type Grant, type ModelRack, soakedMinutesOf, underWay, type World } from './rollout-world.ts'

/** Every cutoff is the hash of the wave's last rack, every count exact, and the last wave is open to everybody. */
export function auditPlan(
  books: RolloutBooks,
  id: string,
  plan: RolloutPlan,
  racks: readonly PlanningRack[],
): void {
  const page = books.pages.get(id)
  if (!page) throw new Error(`${id} was planned and never ordered`)
  let left = racks
    .filter(({ leftOut }) => leftOut === undefined)
    .map(({ key, labels }) => ({ hash: hashOf(key, page.order.key), labels }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
  for (const [index, { share, selector }] of page.order.policy.waves.entries()) {
    const wave = plan.waves[index]
    const fitting = left.filter(({ labels }) => has(labels, selector))
    const wanted =
      share === 'rest'
        ? fitting.length
        : typeof share === 'number'
          ? share
          : Math.ceil((fitting.length * Number.parseFloat(share)) / 100)
    const taken = fitting.slice(0, wanted)
    expect(wave?.racks, `${id} wave ${index} is exact`).toBe(taken.length)
    if (share === 'rest') expect(wave?.cutoff, `${id} wave ${index} is open`).toBeUndefined()
    else if (taken.length > 0)
      expect(wave?.cutoff, `${id} wave ${index} closes behind its last rack`).toBe(taken.at(-1)?.hash)
    left = left.filter((one) => !taken.includes(one))
  }
  expect(left, `${id} forgets nobody`).toEqual([])
  count(books, 'plans')
}

/** Whoever it is not about any more has failed at nothing; neither has who was moved by something else. */
function isMember(books: RolloutBooks, page: Page, rack: ModelRack): boolean {
  return page.purpose === 'head' || page.granted.has(rack.name) || !isThere(books, page, rack)
}

function hasFailed(books: RolloutBooks, page: Page, rack: ModelRack, now: number): boolean {
  const isHere = isThere(books, page, rack)
  const attempt = page.granted.has(rack.name) ? rack.tries.get(page.id) : undefined
  if (!isHere && attempt?.outcome === 'returned') return true
  if (isHere && rack.isUnhealthy) return hasCome(page, rack)
  if (!isHere && attempt?.outcome === 'proved' && wentBackByItself(books, page, rack, now)) return true
  const isOver = attempt?.outcome === 'aborted'
  return attempt !== undefined && !isOver && now - rack.seenAt > page.order.policy.silentMinutes * 60_000
}

/** Under it, or since it was planned: whoever ran it before shows nothing. */
function hasCome({ granted, plan }: Page, rack: ModelRack): boolean {
  return granted.has(rack.name) || rack.since > (plan?.plannedAt ?? 0)
}

/** Nobody ordered it, and nobody keeps it there. */
function wentBackByItself(books: RolloutBooks, page: Page, rack: ModelRack, now: number): boolean {
  const isKept =
    rack.pinned !== undefined || rack.heldUntil > now || yankOf(books, rack.current) !== undefined
  const newest = rack.proved.at(-1)
  const wasMoved = newest?.version === rack.current && newest?.at === rack.since
  return page.purpose === 'head' && !isKept && !wasMoved && rack.attempt === undefined
}

/** Failed racks that nobody has acknowledged, of one wave or of all. */
export function failedIn(books: RolloutBooks, world: World, page: Page, wave?: number): string[] {
  const { plan, acknowledged, order } = page
  const failed = world.racks.filter(
    (rack) =>
      plan !== undefined &&
      (wave === undefined || waveIn(plan, order.key, rack) === wave) &&
      isMember(books, page, rack) &&
      hasFailed(books, page, rack, world.registry.now) &&
      !acknowledged.has(rack.name),
  )
  return failed.map(({ name }) => name)
}

/** What a wave has to have shown before the next opens. */
export function auditProof(books: RolloutBooks, world: World, page: Page, wave: number): void {
  const { plan, id } = page
  const planned = plan?.waves[wave]
  if (!planned) throw new Error(`${id} opened without a plan`)
  const inWave = world.racks.filter(
    (rack) => waveIn(plan, page.order.key, rack) === wave && isMember(books, page, rack),
  )
  const isFailed = (rack: ModelRack): boolean => hasFailed(books, page, rack, world.registry.now)
  const soaked = inWave.filter(
    (rack) =>
      isThere(books, page, rack) &&
      hasCome(page, rack) &&
      !isFailed(rack) &&
      soakedMinutesOf(rack) >= planned.soakMinutes,
  )
  const sure = inWave.filter(
    (rack) =>
      ((isThere(books, page, rack) && hasCome(page, rack)) || isFailed(rack)) &&
      !page.acknowledged.has(rack.name),
  )
  const failed = failedIn(books, world, page, wave)
  const { maxFailed, percent } = planned.failures
  const tolerated = Math.max(maxFailed, Math.floor((planned.racks * percent) / 100))
  const past = `${id} goes on past ${failed.length} failures in wave ${wave}`
  expect(failed.length, past).toBeLessThanOrEqual(tolerated)
  const asked =
    planned.racks === 0 || mayBeSkipped(books, page, inWave, world.registry.now)
      ? 0
      : Math.min(planned.minHealthy, Math.max(1, sure.length))
  const by = `${id} goes on from wave ${wave} by ${soaked.length} of ${asked} soaked`
  expect(soaked.length, by).toBeGreaterThanOrEqual(asked)
  count(books, 'proofs')
}

/** Nobody of it can go, and it leads off what is bad; or a person has looked at all that failed, and nobody else can. */
function mayBeSkipped(books: RolloutBooks, page: Page, inWave: readonly ModelRack[], now: number): boolean {
  const { purpose, acknowledged } = page
  const isSeen = (rack: ModelRack): boolean => acknowledged.has(rack.name)
  /** By what withdraws its version, or for a way back by a head that is no older. */
  const isLedOtherwise = ({ current }: ModelRack): boolean => {
    const isForward = purpose !== 'head' && Number(headIn(books) ?? 0) >= Number(current)
    return isForward || yankOf(books, current) !== page.yank
  }
  const canGo = (rack: ModelRack): boolean =>
    rack.current !== undefined &&
    rack.pinned === undefined &&
    rack.heldUntil <= now &&
    !rack.isSilent &&
    rack.failures.length === 0 &&
    (!isThere(books, page, rack) || hasCome(page, rack)) &&
    !isLedOtherwise(rack)
  const isNobody = !inWave.some((rack) => canGo(rack) && !isSeen(rack))
  return isNobody && (purpose !== 'head' || inWave.some(isSeen))
}

/** May this rack begin this move now? */
export function auditGrant(books: RolloutBooks, world: World, grant: Grant): void {
  const { rack, decision, rollout, hadUnderWay } = grant
  const target = decision.target?.version ?? ''
  const told = `${rack.name} ${rack.current} → ${target} by ${decision.motive} (${rollout})`
  expect(hadUnderWay, `${told}: two targets at once`).toBe(false)
  expect(yankOf(books, target), `${told}: it is withdrawn`).toBeUndefined()
  if (books.buried.has(target))
    expect(rack.ran.has(target), `${told}: it was halted and overtaken`).toBe(true)
  const page = rollout === undefined ? undefined : books.pages.get(rollout)
  count(books, `grants by ${page?.purpose ?? 'no rollout'}`)
  if (!page) {
    // Outside of the waves there is the base, a pinned version, or nothing.
    const isAllowed = target === baseIn(books) || target === rack.pinned
    expect(isAllowed, `${told}: neither the base ${baseIn(books)} nor a rollout`).toBe(true)
    return
  }
  const wave = page.plan ? waveIn(page.plan, page.order.key, rack) : -1
  const isOpen = page.state === 'running' && wave <= page.wave
  const isLate = page.purpose !== 'head' && page.state === 'completed'
  expect(wave, `${told}: it is in a wave`).toBeGreaterThanOrEqual(0)
  expect(isOpen || isLate, `${told}: ${page.state}, wave ${wave} while ${page.wave} is open`).toBe(true)
  if (page.purpose === 'head') expect(target, told).toBe(headIn(books))
  else expect(isThere(books, page, rack), `${told}: it is where it should be`).toBe(false)
  if (page.purpose === 'recall') expect(target, told).toBe(baseIn(books))
  if (page.purpose === 'remedy' && target === headIn(books) && target !== baseIn(books)) {
    const head = books.pages.get(books.chain.at(-1)?.rollout ?? '')
    const inHead = head?.plan ? waveIn(head.plan, head.order.key, rack) : -1
    expect(head?.state, `${told}: a head on its way`).toBe('running')
    expect(inHead, `${told}: a head on its way`).toBeLessThanOrEqual(head?.wave ?? -1)
  }
  if (books.isFrozen) expect(page.purpose, `${told}: in a freeze`).not.toBe('head')
  const most = page.plan?.maxInFlight
  if (most !== undefined && !page.isAllAtOnce)
    expect(underWay(world, page.id), `${told}: slots`).toBeLessThan(most)
  page.granted.set(rack.name, world.registry.now)
}

/** Late joiners, too; and what the channel serves. */
export function auditState(books: RolloutBooks, world: World): void {
  const { head, base } = world.registry.channel()
  expect([head, base], 'head and base').toEqual([headIn(books), baseIn(books)])
  for (const page of books.pages.values()) {
    const { plan } = page
    expect(world.registry.rollout(page.id).state, page.id).toBe(page.state)
    if (!plan) continue
    const outside = world.racks.filter((rack) => waveIn(plan, page.order.key, rack) < 0)
    expect(
      outside.map(({ name }) => name),
      `${page.id}: in no wave`,
    ).toEqual([])
  }
}
