/** The pure rules of a rolling move: one row per rule, and what must hold over any group that anything happens to. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  carriedOver,
  type Goal,
  type HostMark,
  type HostState,
  hostTransitions,
  type Limits,
  type ListedHost,
  type Marks,
  markOf,
  mostBegun,
  nextBatch,
  resolveLimits,
  shortfallOf,
  standsAt,
  untouched,
} from '../../../../cli/agent/drivers/rolling-plan.ts'

const forth: Goal = { to: '20', isReturn: false }
const back: Goal = { to: '10', isReturn: true }
const whole = (version: string | null) => ({ given: { version, isWhole: true } })
const half = (version: string | null) => ({ given: { version, isWhole: false } })

describe('where a host stands', () => {
  it.each<[string, string | null, boolean, Partial<HostMark>, Goal, HostState]>([
    ['serves on the old version', '10', true, {}, forth, 'draining'],
    ['is out of service on the old version', '10', false, {}, forth, 'applying'],
    ['has nothing installed', null, false, {}, forth, 'applying'],
    ['is on it and out of service', '20', false, {}, forth, 'proving'],
    ['is on it and serves, moved by nobody of ours', '20', true, {}, forth, 'proving'],
    ['was moved and serves', '20', true, { state: 'moved', ...whole('20') }, forth, 'moved'],
    ['was moved and was taken out since', '20', false, { state: 'moved', ...whole('20') }, forth, 'proving'],
    ['was moved and slipped back', '10', true, { state: 'moved', ...whole('20') }, forth, 'draining'],
    [
      'was applied in half, whatever list says',
      '20',
      false,
      { state: 'applying', ...half('20') },
      forth,
      'applying',
    ],
    ['was applied in half and serves', '20', true, { state: 'applying', ...half('20') }, forth, 'draining'],
    ['failed and still owes its detaching', '20', true, { state: 'failed' }, forth, 'failed'],
    ['is out', '10', true, { state: 'out' }, forth, 'out'],
    ['was never touched', '10', true, {}, back, 'moved'],
    ['was drained and not changed', '10', false, {}, back, 'proving'],
    ['was given the new version, though list says the old one', '10', false, whole('20'), back, 'applying'],
    [
      'went back and serves, before it was written down',
      '10',
      true,
      { begun: 1, ...whole('10') },
      back,
      'proving',
    ],
    ['appeared on the new version', '20', true, {}, back, 'draining'],
    ['is to be emptied', '20', true, {}, { to: null, isReturn: true }, 'draining'],
    ['is empty', null, false, whole(null), { to: null, isReturn: true }, 'moved'],
    ['never had anything', null, true, {}, { to: null, isReturn: true }, 'moved'],
  ])('that %s', (_, version, attached, mark, goal, expected) => {
    expect(standsAt({ host: 'a', version, attached }, { ...untouched, ...mark }, goal)).toBe(expected)
  })
})

describe('limits', () => {
  it.each<[Limits, number, readonly [number, number, number]]>([
    [limits(2, 1, 3), 5, [2, 1, 3]],
    [{ batch: { percent: 25 }, maxUnhealthy: { percent: 25 }, minAttached: { percent: 75 } }, 10, [2, 2, 8]],
    [{ batch: { percent: 1 }, maxUnhealthy: { percent: 1 }, minAttached: { percent: 1 } }, 3, [1, 0, 1]],
    [{ batch: { count: 1 }, maxUnhealthy: { percent: 100 }, minAttached: { count: 0 } }, 4, [1, 3, 0]],
    [limits(1, 9, 0), 4, [1, 3, 0]],
  ])('%j of %i hosts', (given, total, [batch, maxUnhealthy, minAttached]) => {
    expect(resolveLimits(given, total)).toEqual({ batch, maxUnhealthy, minAttached })
  })

  it('fall short before anything is begun only by hosts that would be taken from service', () => {
    const situation = { marks: {}, goal: forth, limits: limits(2, 0, 1) }
    const hosts = [listed('a', '10', true), listed('b', '10', true)]
    expect(shortfallOf({ ...situation, hosts })).toEqual({ attached: 2, taken: 2, minAttached: 1 })
    const idle = [listed('a', '10', false), listed('b', '10', false)]
    expect(shortfallOf({ ...situation, hosts: idle })).toBeNull()
    expect(shortfallOf({ ...situation, hosts: [...hosts, listed('c', '10', true)] })).toBeNull()
  })
})

test('of another attempt only what was applied in half is known, of this one all that was applied', () => {
  const marks: Marks = {
    a: { ...untouched, state: 'moved', begun: 1, ...whole('20') },
    b: { ...untouched, state: 'out', begun: 1, detail: 'sick', ...half('20') },
    c: { ...untouched, state: 'draining', begun: 1 },
  }
  expect(carriedOver(marks, true)).toEqual({
    a: { ...untouched, ...whole('20') },
    b: { ...untouched, ...half('20') },
  })
  expect(carriedOver(marks, false)).toEqual({ b: { ...untouched, ...half('20') } })
})

test('hosts out of service go first: they cost nothing', () => {
  const hosts = [listed('a', '10', true), listed('b', '10', true), listed('c', '10', false)]
  const next = nextBatch({ hosts, marks: {}, goal: forth, limits: limits(2, 0, 1) })
  expect(next).toEqual({ kind: 'batch', hosts: ['c', 'a'] })
})

// A world with a plan in it: whatever each act does, and whoever dies, comes or goes, the rules below hold.

interface Scene {
  readonly count: number
  readonly limits: Limits
  readonly goal: Goal
  /** Drawn from in order: what becomes of each act. */
  readonly luck: readonly number[]
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  limits: fc.record({ batch: someShare(1), maxUnhealthy: someShare(0), minAttached: someShare(0) }),
  goal: fc.constantFrom(forth, back),
  luck: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 120 }),
})

test('any move ends, keeps its floor and its batch, tolerates no more than it may, and lies about nothing', () => {
  const ends: Record<string, number> = {}
  fc.assert(
    fc.property(scenes, (scene) => {
      const end = play(scene)
      ends[end] = (ends[end] ?? 0) + 1
    }),
    { numRuns: 3_000 },
  )
  // A property that one end never reaches says nothing of it.
  for (const kind of ['done', 'halted', 'short']) expect(ends[kind], kind).toBeGreaterThan(50)
})

function play({ count, limits, goal, luck }: Scene): string {
  const other = goal.to === '20' ? '10' : '20'
  const hosts = new Map<string, ListedHost>()
  for (let index = 0; index < count; index += 1) {
    const isThere = draw(luck, index) % 7 === 0
    hosts.set(`h${index}`, listed(`h${index}`, isThere ? (goal.to ?? '') : other, draw(luck, index) % 5 > 0))
  }
  let marks: Marks = {}
  let turn = count
  const chance = () => draw(luck, turn++)
  const mark = (host: string, state: HostState, change: Partial<HostMark> = {}) => {
    const before = markOf(marks, host)
    expect(hostTransitions[before.state], `${host}: ${before.state} → ${state}`).toContain(state)
    marks = { ...marks, [host]: { ...before, ...change, state } }
  }

  for (let round = 0; round < 200; round += 1) {
    const present = [...hosts.values()]
    const next = nextBatch({ hosts: present, marks, goal, limits })
    if (next.kind !== 'batch') return judge(next.kind, present)
    const resolved = resolveLimits(limits, present.length)
    const attached = present.filter((one) => one.attached).length
    const isFresh = next.hosts.every((host) => ['waiting', 'moved'].includes(markOf(marks, host).state))
    if (isFresh) {
      const taken = next.hosts.filter((host) => hosts.get(host)?.attached).length
      expect(next.hosts.length).toBeLessThanOrEqual(goal.isReturn ? 1 : resolved.batch)
      if (taken > 0) expect(attached - taken).toBeGreaterThanOrEqual(resolved.minAttached)
    }
    for (const host of next.hosts) bring(host)
    happen()
  }
  throw new Error('it never ends')

  function bring(name: string): void {
    const before = markOf(marks, name)
    const found = hosts.get(name)
    const isTakenUp = !['waiting', 'moved'].includes(before.state)
    const begun = before.begun + (isTakenUp ? 0 : 1)
    if (!found && !isTakenUp) return
    if (!found || before.state === 'failed' || begun > mostBegun) {
      if (before.state !== 'failed') mark(name, 'failed')
      endFailed(name)
      return
    }
    const state = standsAt(found, before, goal)
    mark(name, state, { begun, served: isTakenUp ? before.served : found.attached, ...givenAt(state) })
    for (;;) {
      const luckHere = chance()
      // The agent dies here, and the next run takes the batch up again.
      if (luckHere >= 97) return
      const isWell = luckHere < 80
      const host = hosts.get(name)
      const present = markOf(marks, name).state
      if (!host || (!isWell && present !== 'failed')) mark(name, 'failed')
      else if (present === 'draining') {
        hosts.set(name, { ...host, attached: false })
        const after = standsAt({ ...host, attached: false }, markOf(marks, name), goal)
        mark(name, after, givenAt(after))
      } else if (present === 'applying') {
        hosts.set(name, { ...host, version: goal.to })
        mark(name, 'proving', { given: { version: goal.to, isWhole: true } })
      } else if (present === 'proving') {
        // A host is never put into service by anything but `attaching`, on the version that it was proved on.
        mark(name, host.version !== goal.to ? 'failed' : host.attached ? 'moved' : 'attaching')
      } else if (present === 'attaching') {
        hosts.set(name, { ...host, attached: true })
        mark(name, 'moved')
      } else {
        if (present === 'failed') endFailed(name)
        return
      }
    }
  }

  function givenAt(state: HostState): Partial<HostMark> {
    return state === 'applying' ? { given: { version: goal.to, isWhole: false } } : {}
  }

  function endFailed(name: string): void {
    const host = hosts.get(name)
    // Now and then it cannot be detached.
    if (host && chance() < 60) hosts.set(name, { ...host, attached: false })
    mark(name, 'out')
  }

  function happen(): void {
    const what = chance()
    if (what >= 96 && hosts.size > 1) hosts.delete([...hosts.keys()][0] ?? '')
    else if (what >= 93 && hosts.size < 12) {
      const name = `n${turn}`
      hosts.set(name, listed(name, other, true))
    } else if (what >= 90) {
      const [name, host] = [...hosts][0] ?? []
      if (name && host) hosts.set(name, { ...host, version: other })
    }
  }

  function judge(kind: string, present: readonly ListedHost[]): string {
    const out = Object.keys(marks).filter((host) => markOf(marks, host).state === 'out')
    const gone = out.filter((host) => !hosts.has(host)).length
    const { maxUnhealthy } = resolveLimits(limits, present.length + gone)
    if (kind === 'done') {
      for (const one of present) {
        if (out.includes(one.host)) continue
        expect([one.version, one.attached], one.host).toEqual([goal.to, true])
      }
      if (!goal.isReturn) {
        expect(out.length).toBeLessThanOrEqual(maxUnhealthy)
        expect(present.filter((one) => out.includes(one.host) && one.attached)).toEqual([])
      }
    }
    return kind
  }
}

function draw(luck: readonly number[], index: number): number {
  return luck[index] ?? 50
}

function listed(host: string, version: string | null, attached: boolean): ListedHost {
  return { host, version, attached }
}

function limits(batch: number, maxUnhealthy: number, minAttached: number): Limits {
  return {
    batch: { count: batch },
    maxUnhealthy: { count: maxUnhealthy },
    minAttached: { count: minAttached },
  }
}

function someShare(from: number) {
  return fc.oneof(
    fc.integer({ min: from, max: 4 }).map((count) => ({ count })),
    fc.integer({ min: from, max: 100 }).map((percent) => ({ percent })),
  )
}
