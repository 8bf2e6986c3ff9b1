// The fold under any sequence of commands: however it is cut, whatever lies under it, and against what the
// specification says of heads, yanks and stones, told a second time without the implementation's pointers.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChannelState, servedEntry } from '../../shared/domain/channel.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { contains } from '../../shared/domain/range.ts'
import { type AppState, emptyState, forkState, type State } from '../../shared/domain/state.ts'
import { compareKeys } from '../../shared/domain/version.ts'
import { plainState } from './plain-state.ts'
import { someCommands, someMoves, tell } from './random-story.ts'

test('a ledger folds to one state, however it is cut by forks, and a fork never changes what lies under it', () => {
  const cut = fc.array(fc.nat(8), { maxLength: 12 })
  fc.assert(
    fc.property(someCommands(40), cut, (commands, lengths) => {
      const { state, steps } = tell(commands)
      const expected = plainState(state)
      const events = steps.flat()
      expect(plainState(foldEvents(emptyState(), events))).toEqual(expected)
      let folded = emptyState()
      let rest: readonly LedgerEvent[] = events
      for (const length of [...lengths, events.length]) {
        const before = plainState(folded)
        const fork = foldEvents(forkState(folded), rest.slice(0, length))
        expect(plainState(folded)).toEqual(before)
        rest = rest.slice(length)
        folded = fork
      }
      expect(plainState(folded)).toEqual(expected)
    }),
    { numRuns: 150 },
  )
})

test('what was stored as text folds to the same state', () => {
  fc.assert(
    fc.property(someCommands(40), (commands) => {
      const { state, steps } = tell(commands)
      const stored: LedgerEvent[] = JSON.parse(JSON.stringify(steps.flat()))
      expect(plainState(foldEvents(emptyState(), stored))).toEqual(plainState(state))
    }),
    { numRuns: 60 },
  )
})

test('a command reads the state and changes nothing, whether it is refused or not', () => {
  fc.assert(
    fc.property(someCommands(25), (commands) => {
      const { steps } = tell(commands)
      const state = emptyState()
      for (const [i, { command }] of commands.entries()) {
        const before = plainState(state)
        try {
          command(state, { now: i, actor: 'token:ada' })
        } catch {
          // A refusal is a Problem, which `tell` has seen to already.
        }
        expect(plainState(state)).toEqual(before)
        foldEvents(state, steps[i] ?? [])
      }
    }),
    { numRuns: 40 },
  )
})

/** A channel's history as the specification tells it: entries in time, each left by a revert or not. */
interface Entry {
  readonly version: number
  isLeft: boolean
}

/** What may be served, newest in time first: the head, then what it would fall back to, and so on. */
function servableInTime(entries: readonly Entry[], app: AppState): string[] {
  const standing = entries.filter(({ isLeft }) => !isLeft).map(({ version }) => String(version))
  return [...new Set(standing.reverse())].filter((version) => app.releases.get(version)?.yank === undefined)
}

function servableByPointers(channel: ChannelState, app: AppState): string[] {
  const found = new Set<string>()
  for (let entry = servedEntry(app, channel.top); entry; entry = servedEntry(app, entry.older))
    found.add(entry.version ?? '')
  return [...found]
}

function follow(histories: Map<string, Entry[]>, event: LedgerEvent): void {
  if (event.type !== 'channel.promoted' && event.type !== 'channel.reverted') return
  const id = `${event.app}/${event.channel}`
  const entries = histories.get(id) ?? []
  const version = Number(event.version)
  if (event.type === 'channel.reverted')
    for (const entry of entries) if (entry.version > version) entry.isLeft = true
  histories.set(id, [...entries, { version, isLeft: false }])
}

test('a head is the newest in time that is neither yanked nor left by a revert; every fall is on the record', () => {
  fc.assert(
    fc.property(fc.oneof(someCommands(60), { weight: 3, arbitrary: someMoves(30) }), (commands) => {
      const histories = new Map<string, Entry[]>()
      tell(commands, ({ state, events }) => {
        for (const event of events) follow(histories, event)
        for (const { app, channel } of channelsOf(state)) {
          const servable = servableInTime(histories.get(`${app.name}/${channel.name}`) ?? [], app)
          expect(servableByPointers(channel, app)).toEqual(servable)
          const [head] = servable
          expect(channel.head).toBe(head)
          expect(channel.base).toBe(head)
          expect(channel.top?.version).toBe(head)
          expect(channel.top?.revision ?? 0).toBe(channel.revision)
        }
      })
    }),
    { numRuns: 800 },
  )
})

test('a release is withdrawn by the worst yank over it; stones and floors are in version order and complete', () => {
  fc.assert(
    fc.property(someCommands(50), (commands) => {
      tell(commands, ({ state }) => {
        for (const app of state.apps.values()) {
          const releases = [...app.releases.values()].sort((a, b) => compareKeys(a.key, b.key))
          for (const release of releases) {
            const over = [...app.yanks.values()].filter(({ range }) => contains(range, release.key))
            const worst = over.findLast(({ severity }) => severity === 'critical') ?? over.at(-1)
            if (release.fixes === undefined) expect(release.yank).toBe(worst?.id)
          }
          expect(app.stones).toEqual(releases.filter(({ routing }) => routing.required))
          expect(app.floors).toEqual(releases.filter(({ routing }) => routing.floor !== undefined))
        }
      })
    }),
    { numRuns: 150 },
  )
})

test('a channel only serves what its feeder served, moves on only by events, and forward only by promotion', () => {
  fc.assert(
    fc.property(someCommands(60), (commands) => {
      const heads = new Map<string, string | undefined>()
      tell(commands, ({ state, events }) => {
        for (const { app, channel } of channelsOf(state)) {
          const id = `${app.name}/${channel.name}`
          const before = heads.get(id)
          heads.set(id, channel.head)
          if (channel.head === before) continue
          const event = events.findLast(
            (one) => 'channel' in one && one.app === app.name && one.channel === channel.name,
          )
          const isForward = before === undefined || Number(channel.head) > Number(before)
          expect(event?.type).toMatch(isForward ? /^channel\.promoted$/ : /^channel\.(reverted|fell_back)$/)
          if (event?.type === 'channel.promoted' && event.via === 'promote' && channel.from !== undefined) {
            expect(app.releases.get(event.version)?.servedOn[channel.from]).toBeDefined()
          }
        }
      })
    }),
    { numRuns: 150 },
  )
})

function channelsOf(state: State): { app: AppState; channel: ChannelState }[] {
  return [...state.apps.values()].flatMap((app) =>
    [...app.channels.values()].map((channel) => ({ app, channel })),
  )
}
