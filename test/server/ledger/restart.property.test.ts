// Whatever was asked in whatever order: after a restart the registry knows the same, says the same and goes on the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainState } from '../../domain/plain-state.ts'
import { openTestRegistry, pictureOf } from '../../support/test-registry.ts'
import { aRequest, askFor, prepare, type Request, saidBy } from './requests.ts'

const story = fc.array(aRequest, { minLength: 15, maxLength: 60 })

/** Asks everything, restarting where told, and gives each answer. */
async function tell(requests: readonly Request[], restartsAfter: ReadonlySet<number>) {
  const registry = await openTestRegistry()
  try {
    const rack = await prepare(registry)
    const answers: unknown[] = []
    for (const [index, request] of requests.entries()) {
      const { status, json } = await askFor(registry, rack, request)
      expect(status, JSON.stringify(json)).toBeLessThan(500)
      const { requestId: _, ...body } = json
      answers.push({ status, body })
      if (!restartsAfter.has(index)) continue
      const before = { state: plainState(registry.registry.ledger.state), picture: await pictureOf(registry) }
      const said = await saidBy(registry)
      await registry.restart()
      expect(plainState(registry.registry.ledger.state)).toEqual(before.state)
      expect(await pictureOf(registry)).toBe(before.picture)
      expect(await saidBy(registry)).toEqual(said)
    }
    return { answers, said: await saidBy(registry), picture: await pictureOf(registry) }
  } finally {
    await registry.dispose()
  }
}

test('a registry that was restarted at any place and one that never was give the same answers', {
  timeout: 120_000,
}, async () => {
  let asked = 0
  let done = 0
  const same = fc.asyncProperty(
    story,
    fc.array(fc.nat({ max: 59 }), { minLength: 1, maxLength: 4 }),
    async (requests, cuts) => {
      const whole = await tell(requests, new Set())
      const cut = await tell(requests, new Set(cuts))
      expect(cut).toEqual(whole)
      asked += requests.length
      done += whole.answers.filter((answer) => JSON.stringify(answer).startsWith('{"status":200')).length
    },
  )
  await fc.assert(same, { numRuns: 25, seed: 20160816, interruptAfterTimeLimit: 60_000 })
  console.log(`random requests ${asked}, done ${done}, the rest refused`)
  expect(done).toBeGreaterThan(asked / 4)
})
