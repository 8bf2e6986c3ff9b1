/** The crash campaign: a rack dies at every mutating call of every kind of move, and always ends where it is allowed to. */
import { afterAll, describe, expect, test } from 'vitest'
import { campaign, type Story, type Tally } from '../../support/campaign-deaths.ts'
import { aYard, type RackFurniture, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const total: Tally = { tried: 0, survived: 0 }

afterAll(() => {
  console.log(`faults tried ${total.tried}, survived ${total.survived}`)
})

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

const stories: Readonly<Record<string, (furnished: RackFurniture) => Promise<[Yard, Story]>>> = {
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

type Chapter = readonly [RackFurniture['driver'], keyof typeof stories]

// The files and their order are the same under every driver: what the operator's commands bring is their own way.
const chapters: readonly Chapter[] = [
  ...Object.keys(stories).map((name): Chapter => ['directory', name]),
  ['command', 'an update that does not hold'],
  ['command', "a person's rollback"],
]

describe('a rack that dies at every call', () => {
  test.each(chapters)(
    'of the %s driver, in %s',
    { timeout: 120_000 },
    async (driver = 'directory', name = '') => {
      const [yard, story] = (await stories[name]?.({ driver })) ?? []
      if (!yard || !story) throw new Error(`no story ${name}`)
      const { tried, survived } = await campaign(yard, story, driver === 'directory' ? [0.5, 0.8] : [0.6])
      total.tried += tried
      total.survived += survived
      expect(tried).toBeGreaterThan(50)
      expect(survived).toBe(tried)
    },
  )
})
