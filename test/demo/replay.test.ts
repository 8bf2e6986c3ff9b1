// Ten years of releases through the gates: what is printed is what happened, and what must hold of 2016 can fail.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { convertRackHistory, parseRackHistory } from '../../demo/convert-convox.ts'
import { judgeAugust2016 } from '../../demo/replay/august-2016.ts'
import { replayHistory } from '../../demo/replay/history.ts'

const source = new URL('../../demo/data/convox-rack-releases.json', import.meta.url)
const history = parseRackHistory(readFileSync(source, 'utf8'))
const { fixedIn } = history.incident
const lines = convertRackHistory(history)
const aroundTheIncident = lines.filter(({ version }) => version >= '201607' && version < '201610')
const fix = { version: fixedIn, parameter: 'Password', note: 'nothing writes back what it reads any more' }

test('the summer of 2016, with the fix acknowledged: every statement holds', { timeout: 60_000 }, () => {
  const replay = replayHistory(aroundTheIncident, 1, { acknowledges: fix })
  const failed = judgeAugust2016(replay, history.incident).filter(({ holds }) => !holds)
  expect(failed).toEqual([])
  expect(replay.gates.find(({ gate }) => gate === 'parameters')).toMatchObject({
    asked: aroundTheIncident.length,
  })
})

test('with the bad build acknowledged instead, they fail: it reaches stable', { timeout: 60_000 }, () => {
  const { introducedIn } = history.incident
  const replay = replayHistory(aroundTheIncident, 1, { acknowledges: { ...fix, version: introducedIn } })
  const failed = judgeAugust2016(replay, history.incident).filter(({ holds }) => !holds)
  expect(failed.length).toBeGreaterThan(1)
  expect(replay.promoted.map(({ version }) => version)).toContain(introducedIn)
})

test('told twice it is told alike', { timeout: 60_000 }, () => {
  const some = aroundTheIncident.slice(0, 20)
  const told = (seed: number) => {
    const { promoted, gates, stagingUpdates } = replayHistory(some, seed, { acknowledges: fix })
    return { promoted, gates, stagingUpdates }
  }
  expect(told(7)).toEqual(told(7))
  expect(told(7)).not.toEqual(told(8))
})
