/** The moves during which a rack dies in the crash campaign, and the tests that let it. */
import { afterAll, describe, expect, test } from 'vitest'
import { campaign, type Story, type Tally } from './campaign-deaths.ts'
import { aYard, type RackFurniture, type Yard, type YardRack } from './campaign-yard.ts'

type Tell = (furnished: RackFurniture) => Promise<[Yard, Story]>

/** A driver, and the story that is told with it. */
export type Chapter = readonly ['directory' | 'command', keyof typeof stories]

interface Scene {
  readonly yard: Yard
  readonly rack: YardRack
}

/** A rack that has proved these, one after the other. */
async function aRackThatProved(versions: readonly string[], furnished: RackFurniture): Promise<Scene> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', furnished)
  for (const version of versions) {
    await yard.serves(version)
    await rack.does('update', '--yes')
  }
  return { yard, rack }
}

const update = ['update', '--yes']

/** Each kind of move that a rack makes, with what runs before and after it. */
const stories: Readonly<Record<string, Tell>> = {
  async 'a first install'(furnished) {
    const { yard, rack } = await aRackThatProved([], furnished)
    await yard.serves('10')
    return [yard, { before: rack, words: update, exit: 0, from: null, to: '10', ends: ['proved', 'aborted'] }]
  },
  async 'an update'(furnished) {
    const { yard, rack } = await aRackThatProved(['10'], furnished)
    await yard.serves('20')
    return [yard, { before: rack, words: update, exit: 0, from: '10', to: '20', ends: ['proved', 'aborted'] }]
  },
  async 'an update that does not hold'(furnished) {
    const { yard, rack } = await aRackThatProved(['10'], furnished)
    await yard.serves('20', { isHealthy: false })
    rack.write('broken', '20\n')
    return [
      yard,
      { before: rack, words: update, exit: 20, from: '10', to: '20', ends: ['returned', 'aborted'] },
    ]
  },
  async 'a first install that does not hold'(furnished) {
    const { yard, rack } = await aRackThatProved([], furnished)
    await yard.serves('10', { isHealthy: false })
    rack.write('broken', '10\n')
    return [
      yard,
      { before: rack, words: update, exit: 20, from: null, to: '10', ends: ['returned', 'aborted'] },
    ]
  },
  async 'the way back from what was withdrawn'(furnished) {
    const { yard, rack } = await aRackThatProved(['10', '20'], furnished)
    const yank = ['release', 'yank', '20', '--app', 'rack', '--severity', 'critical', '--reason', 'it leaks']
    await yard.does(...yank, '--confirm', 'rack')
    return [yard, { before: rack, words: update, exit: 0, from: '20', to: '10', ends: ['proved', 'aborted'] }]
  },
  async "a person's rollback"(furnished) {
    const { yard, rack } = await aRackThatProved(['10', '20'], furnished)
    const words = ['rollback', '--to', '10', '--pin', '--reason', 'it is slow']
    return [yard, { before: rack, words, exit: 0, from: '20', to: '10', ends: ['proved', 'aborted'] }]
  },
}

// Journal and memory are the same under every driver; the operator's own commands are no calls of ours.
const thoroughness = {
  directory: { cutsEvery: 3, again: [0.5, 0.8] },
  command: { cutsEvery: Infinity, again: [] },
} as const

/** One test for each; the figures of all are printed at the end. */
export function diesDuring(chapters: readonly Chapter[]): void {
  const total: Tally = { tried: 0, survived: 0 }
  afterAll(() => {
    console.log(`faults tried ${total.tried}, survived ${total.survived}`)
  })
  describe('a rack that dies at every call', () => {
    test.each(chapters)('of the %s driver, in %s', { timeout: 300_000 }, async (driver, name) => {
      const tell = stories[name]
      if (!tell) throw new Error(`there is no story of ${name}`)
      const [yard, story] = await tell({ driver })
      const { tried, survived } = await campaign(yard, story, thoroughness[driver])
      total.tried += tried
      total.survived += survived
      expect(tried).toBeGreaterThan(50)
      expect(survived).toBe(tried)
    })
  })
}
