/** What people, racks and time do in the world of rollouts, often what leads on and sometimes what stops. */
import fc from 'fast-check'
import { minute } from '../../shared/domain/instants.ts'
import { isActive, type Rollout } from '../../shared/domain/rollout.ts'
import { countsOf, look } from './rollout-look.ts'
import { ask, finish, join, type ModelRack, run, setPolicy, tries, type World } from './rollout-world.ts'

export interface RolloutAct {
  readonly what: keyof typeof acts
  /** Which rack, release or rollout, from the newest. */
  readonly number: number
  readonly minutes: number
  readonly flag: boolean
}

const people = ['token:ada', 'token:bea'] as const

/** So many racks in a row, from one that the number names. */
function some({ racks }: World, { number, minutes }: RolloutAct): ModelRack[] {
  const count = 1 + (minutes % racks.length)
  return Array.from({ length: count }, (_, n) => racks[(number + n) % racks.length]).flatMap(
    (rack) => rack ?? [],
  )
}

function one({ racks }: World, { number }: RolloutAct): ModelRack {
  const rack = racks[number % racks.length]
  if (!rack) throw new Error('a world without racks')
  return rack
}

function aRollout({ registry }: World, { number }: RolloutAct): Rollout {
  const all = [...registry.app.rollouts.values()]
  const active = all.filter(isActive)
  const among = active.length > 0 ? active : all
  const found = among[among.length - 1 - (number % Math.max(1, among.length))]
  if (!found) throw new Error('asked without rollouts')
  return found
}

const withRollout =
  (act: (world: World, told: RolloutAct, rollout: Rollout) => void) =>
  (world: World, told: RolloutAct): void => {
    if (world.registry.app.rollouts.size > 0) act(world, told, aRollout(world, told))
  }

function timePasses(world: World, minutes: number): void {
  world.registry.later(minutes)
  for (const rack of world.racks) if (!rack.isSilent) rack.seenAt = world.registry.now
}

const acts = {
  timePasses: (world, { minutes }) => timePasses(world, minutes),
  /** What happens where nobody interferes. */
  lifeGoesOn(world, { minutes }) {
    for (const rack of world.racks) ask(world, rack)
    for (const rack of world.racks) if (!rack.isSilent) finish(world, rack, 'proved')
    timePasses(world, minutes + 5)
    look(world)
  },
  racksAsk(world, told) {
    for (const rack of some(world, told)) ask(world, rack)
  },
  attemptsEnd(world, told) {
    for (const rack of some(world, told)) if (!rack.isSilent) finish(world, rack, 'proved')
  },
  attemptFails(world, told) {
    for (const rack of some(world, told)) ask(world, rack)
    const rack = world.racks.find(({ attempt, isSilent }) => attempt && !isSilent)
    if (rack) finish(world, rack, 'returned')
  },
  registryLooks: (world) => look(world),
  fallsSilent(world, told) {
    one(world, told).isSilent = true
  },
  speaksAgain(world, told) {
    for (const rack of some(world, told)) {
      rack.isSilent = false
      rack.seenAt = world.registry.now
    }
  },
  fallsIll(world, told) {
    one(world, told).isUnhealthy = told.flag
  },
  goesBackByItself(world, told) {
    const rack = one(world, told)
    const before = rack.proved.at(-2)?.version
    if (before !== undefined && !rack.attempt) run(rack, before, world.registry.now)
  },
  isPinned(world, told) {
    const rack = one(world, told)
    rack.pinned = told.flag ? rack.current : undefined
  },
  isHeld(world, told) {
    one(world, told).heldUntil = world.registry.now + told.minutes * minute
  },
  windowCloses(world, told) {
    one(world, told).windowOpensAt = world.registry.now + told.minutes * minute
  },
  isLabelled(world, told) {
    const tier = ['canary', 'gold', 'plain'][told.minutes % 3] ?? 'plain'
    one(world, told).labels.push({ at: world.registry.now, labels: { tier } })
  },
  joins(world, told) {
    if (world.racks.length < 20) join(world, told.number, told.flag ? '10' : undefined)
  },
  leaves(world, told) {
    if (world.racks.length > 2) world.racks.splice(told.number % world.racks.length, 1)
  },
  promotes(world, { flag }) {
    const { registry } = world
    world.published += 1
    registry.publishes(String(10 * world.published))
    registry.promotes(String(10 * world.published))
    if (flag) look(world)
  },
  promotesAgain(world, { number }) {
    world.registry.promotes(String(10 * Math.max(1, world.published - (number % 3))))
  },
  pauses: withRollout(({ registry }, _told, { id }) => {
    registry.pauses(id)
  }),
  resumes: withRollout((world, { flag }, rollout) => {
    const counts = rollout.plan && countsOf(world, rollout)
    const failures = counts?.waves.flatMap((wave) => wave.failures) ?? []
    const isNew = failures.filter(({ rack, cause }) =>
      rollout.acknowledged.every((known) => known.rack !== rack || known.cause !== cause),
    )
    const causes = flag ? new Set(isNew.map(({ cause }) => cause)) : []
    world.registry.resumes(rollout.id, [...causes], counts)
  }),
  halts: withRollout(({ registry }, _told, { id }) => {
    registry.halts(id)
  }),
  retries: withRollout(({ registry }, _told, { id }) => {
    registry.retries(id)
  }),
  opensAll: withRollout(({ registry }, _told, { id }) => {
    registry.opens(id)
  }),
  yanks({ registry, published }, { number, minutes, flag }) {
    const from = 10 * Math.max(1, published - (number % 4))
    const to = minutes % 4 === 0 ? 10 * published : from
    const remedy = minutes % 3 === 0 ? 'forward' : 'rollback'
    registry.yanks(from === to ? String(from) : `${from}..${to}`, {
      severity: flag ? 'critical' : 'moderate',
      remedy,
    })
  },
  unyanks({ registry }, { number }) {
    registry.unyanks(`ADV-${1 + (number % Math.max(1, registry.app.yanks.size))}`)
  },
  reverts({ registry }, { flag }) {
    const { base, head, top } = registry.channel()
    const to = base !== head ? base : top?.older?.version
    if (to !== undefined) registry.reverts(to, { recall: flag })
  },
  freezes({ registry }, { flag }) {
    if (flag) registry.freezes({ app: 'rack' })
    else registry.unfreezes({ app: 'rack' })
  },
  setsPolicy: (world, { number }) => setPolicy(world, number),
} satisfies Record<string, (world: World, act: RolloutAct) => void>

const weights: Readonly<Record<keyof typeof acts, number>> = {
  timePasses: 8,
  lifeGoesOn: 24,
  racksAsk: 14,
  attemptsEnd: 8,
  attemptFails: 5,
  registryLooks: 10,
  fallsSilent: 2,
  speaksAgain: 5,
  fallsIll: 2,
  goesBackByItself: 1,
  isPinned: 1,
  isHeld: 1,
  windowCloses: 1,
  isLabelled: 2,
  joins: 2,
  leaves: 1,
  promotes: 4,
  promotesAgain: 1,
  pauses: 1,
  resumes: 5,
  halts: 1,
  retries: 1,
  opensAll: 1,
  yanks: 2,
  unyanks: 1,
  reverts: 2,
  freezes: 1,
  setsPolicy: 1,
}
const names = Object.keys(acts).filter((name): name is keyof typeof acts => name in acts)

export const aRolloutAct: fc.Arbitrary<RolloutAct> = fc.record({
  what: fc.oneof(...names.map((name) => ({ weight: weights[name], arbitrary: fc.constant(name) }))),
  number: fc.nat({ max: 40 }),
  minutes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 60 })),
  flag: fc.boolean(),
})

/** False when it was refused. */
export function performRolloutAct(world: World, act: RolloutAct): boolean {
  world.registry.as(people[act.number % people.length] ?? 'token:ada')
  return tries(() => acts[act.what](world, act))
}
