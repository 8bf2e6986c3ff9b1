/** Acts of a mixed crowd on one app: what they try, with staging racks that keep up or do not. Refused acts change nothing. */
import fc from 'fast-check'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import type { GateName } from '../../shared/domain/gates/verdict.ts'
import type { GatePolicy } from '../../shared/domain/policy.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { aRegistry, type RegistryStory } from './builders.ts'

const people = ['token:ada', 'token:bea', 'token:ci', 'token:eve'] as const

const policies: readonly GatePolicy[] = [
  {},
  { soak: { minRacks: 1, soakMinutes: 60, dwell: true } },
  { soak: { minRacks: 2, soakMinutes: 30 }, approvals: { count: 1, role: 'maintainer' } },
  { evidence: [{ name: 'unit', maxAgeHours: 2 }], checklist: [{ item: 'notes', text: 'read' }] },
  { failures: { maxFailed: 0, percent: 0 }, approvals: { count: 2, role: 'maintainer' } },
]

const overridable: readonly GateName[] = ['path', 'soak', 'approvals', 'evidence', 'parameters', 'objections']

/** Minutes that the two staging racks have run each version, and on which they failed. */
export interface World {
  readonly registry: RegistryStory
  readonly soaked: Map<string, [number, number]>
  readonly failed: Set<string>
  published: number
}

export function startOfPath(): World {
  return { registry: aRegistry().withApp('rack'), soaked: new Map(), failed: new Set(), published: 0 }
}

export function shownBy(world: World, version: string): FleetEvidence {
  const minutes = world.soaked.get(version)
  return {
    at: world.registry.now,
    targetPlatforms: [],
    feeder: {
      channel: 'unstable',
      racks: 2,
      running: world.registry.channel('unstable').head === version ? 2 : 0,
      provedPlatforms: minutes ? ['linux/amd64'] : [],
      soakedMinutes: [...(minutes ?? [])].sort((a, b) => b - a),
      failures: world.failed.has(version)
        ? [{ rack: 'staging-1', at: 0, cause: 'settling: #', message: '1', isDataLoss: false }]
        : [],
    },
    isArtifactMissing: () => false,
  }
}

export interface Act {
  readonly who: (typeof people)[number]
  readonly what: keyof typeof acts
  /** Which of the published versions, from the newest. */
  readonly distance: number
  readonly number: number
  readonly flag: boolean
}

const acts = {
  publishes: ({ registry, published }, act) => {
    const masked = act.number % 3 === 0
    registry.publishes(String(10 * (published + 1)), { parameters: { Password: { masked } } })
  },
  runs: (world, act) => {
    const head = world.registry.channel('unstable').head
    world.registry.later(act.number)
    if (head === undefined) return
    const [one, two] = world.soaked.get(head) ?? [0, 0]
    world.soaked.set(head, [one + act.number, two + (act.flag ? act.number : 0)])
  },
  fails: (world, act) => {
    world.failed.add(versionOf(world, act))
  },
  promotes: (world, act) => {
    const version = versionOf(world, act)
    const acknowledge = act.number % 2 === 0 ? ['Password'] : []
    world.registry.promotes(
      version,
      { whenReady: act.flag, acknowledge, note: 'looked at it' },
      shownBy(world, version),
    )
  },
  promotesPlainly: (world, act) => {
    const version = versionOf(world, act)
    world.registry.promotes(version, { whenReady: act.flag }, shownBy(world, version))
  },
  overrides: (world, act) => {
    const version = versionOf(world, act)
    const gate = overridable[act.number % overridable.length] ?? 'soak'
    const override = act.flag ? overridable.filter((one) => one !== gate) : [gate]
    for (const gates of [override, [gate]])
      if (
        tries(() =>
          world.registry.promotes(version, { override: gates, reason: 'now' }, shownBy(world, version)),
        )
      )
        return
  },
  approves: (world) => {
    for (const { id, proposed } of world.registry.app.proposals.values()) {
      const fleet = proposed.kind === 'promote' ? shownBy(world, proposed.version) : undefined
      tries(() => world.registry.approves(id, fleet))
    }
  },
  looks: (world) => {
    for (const { id, proposed } of world.registry.app.proposals.values()) {
      const fleet = proposed.kind === 'promote' ? shownBy(world, proposed.version) : undefined
      world.registry.looksAt(id, fleet)
    }
  },
  shows: (world, act) => {
    world.registry.shows(versionOf(world, act), 'unit', { outcome: act.flag ? 'pass' : 'fail' })
  },
  ticks: (world, act) => {
    world.registry.ticks(versionOf(world, act), 'notes')
  },
  objects: (world, act) => {
    world.registry.objects(versionOf(world, act), `no ${act.number}`)
  },
  answers: ({ registry }) => {
    for (const id of registry.app.objections.values()) void id
    for (let n = 1; n <= registry.app.objections.size; n += 1)
      tries(() => registry.answers(`O-${n}`, `well ${n}`))
  },
  setsPolicy: ({ registry }, act) => {
    registry.withPolicy('stable', policies[act.number % policies.length] ?? {})
  },
  nominates: (world, act) => {
    world.registry.nominates(versionOf(world, act))
  },
  reverts: ({ registry }) => {
    const before = registry.channel().top?.older?.version
    if (before !== undefined) registry.reverts(before, { recall: true })
  },
  yanks: (world, act) => {
    world.registry.yanks(versionOf(world, act), { severity: act.flag ? 'critical' : 'moderate' })
  },
  unyanks: ({ registry }, act) => {
    registry.unyanks(`ADV-${1 + (act.number % Math.max(1, registry.app.yanks.size))}`)
  },
  freezes: ({ registry }, act) => {
    if (act.flag) registry.freezes({ app: 'rack' })
    else registry.unfreezes({ app: 'rack' })
  },
  routes: (world, act) => {
    world.registry.routes(versionOf(world, act), { required: act.flag }, act.flag ? ['stable'] : [])
  },
} satisfies Record<string, (world: World, act: Act) => void>

function versionOf({ published }: World, { distance }: Act): string {
  return String(10 * Math.max(1, published - distance))
}

/** Often what leads on, sometimes what stops. */
const weights: Readonly<Record<keyof typeof acts, number>> = {
  publishes: 5,
  runs: 9,
  fails: 1,
  promotes: 9,
  promotesPlainly: 2,
  overrides: 3,
  approves: 4,
  looks: 4,
  shows: 3,
  ticks: 3,
  objects: 1,
  answers: 2,
  setsPolicy: 1,
  nominates: 1,
  reverts: 1,
  yanks: 1,
  unyanks: 1,
  freezes: 1,
  routes: 1,
}
const names = Object.keys(acts).filter((name): name is keyof typeof acts => name in acts)

export const anAct: fc.Arbitrary<Act> = fc.record({
  who: fc.constantFrom(...people),
  what: fc.oneof(...names.map((name) => ({ weight: weights[name], arbitrary: fc.constant(name) }))),
  distance: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) }),
  number: fc.nat({ max: 90 }),
  flag: fc.boolean(),
})

/** False when it was refused. */
export function perform(world: World, act: Act): boolean {
  world.registry.as(act.who)
  const isDone = tries(() => acts[act.what](world, act))
  if (isDone && act.what === 'publishes') world.published += 1
  return isDone
}

function tries(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}
