/** Convox, August 2016: told without a guard, and with each of those that would have stopped it (convox.ts has the story). */
import { expect, test } from 'vitest'
import { bad, mended, password, v0 } from '../support/stand-ins/a-convox-rack.ts'
import { convox, type Told, thoughtlessWayBack } from './convox.ts'

const patience = { timeout: 120_000 }

async function figures(name: string, told: Told): Promise<void> {
  const { onStaging, promoted, onProduction, production } = told
  const acts = { staging: onStaging, promote: promoted, production: onProduction }
  const exits = Object.entries(acts).map(([act, ended]) => `${act} ${ended ? `exit ${ended.code}` : 'never'}`)
  const stored = production.password() === password ? 'intact' : production.password()
  const owner = (await production.ownersConvox('api', 'get', '/system')) ? 'in' : 'locked out'
  console.log(`Convox ${name}: ${exits.join(', ')}; password ${stored}, owner ${owner}`)
}

test('without a guard production takes the build, **** is stored, and nobody gets in', patience, async () => {
  const told = await convox([])
  const { production, onProduction, owner } = told
  expect(onProduction?.code, onProduction?.stderr).toBe(0)
  expect(onProduction?.stdout).toContain(`${bad} runs and is proved`)
  // The change itself is the last thing that works.
  expect(owner).toEqual({ writes: true, getsIn: false })
  expect(production.password()).toBe('****')
  await figures('without a guard', told)

  // Going back leads through the API that lets nobody in; nothing is begun, and the refusal names the way past it.
  const back = await production.runs('rollback', '--reason', 'locked out', '--yes')
  expect([back.code, back.stderr]).toEqual([3, expect.stringContaining('invalid authentication')])
  expect(production.standIn.now().template).toBe(bad)
  // By hand, past it, with what the stack shows: the earlier build, and the mask as its password.
  await thoughtlessWayBack(production, v0)
  expect(production.standIn.now()).toMatchObject({ template: v0, parameters: { Password: '****' } })
  expect(await production.ownersConvox('api', 'get', '/system')).toBe(false)
})

test(
  'a way back past the API takes the locked rack back, with the password that its owner knows',
  patience,
  async () => {
    const told = await convox(['stack'])
    const { production, owner } = told
    expect(owner.getsIn).toBe(false)
    const back = await production.runs('rollback', '--reason', 'locked out', '--yes')
    expect(back.code, back.stderr).toBe(0)
    expect(production.standIn.now()).toMatchObject({ template: v0, parameters: { InstanceCount: '4' } })
    expect(production.password()).toBe(password)
    const written = production.standIn.calls('aws').flatMap(({ input }) => input ?? [])
    expect(written).toContainEqual({ ParameterKey: 'Password', ParameterValue: password })
    expect(JSON.stringify(written)).not.toContain('****')
    expect(await production.ownersConvox('api', 'get', '/system')).toBe(true)
    await figures('after a way back past the API', told)
  },
)

test('a check that writes returns it on staging, and production is not offered it', patience, async () => {
  const told = await convox(['staging', 'write canary', 'stack'])
  const { production, staging, onStaging, onProduction, owner } = told
  expect(onStaging?.code, onStaging?.stderr).toBe(20)
  expect([staging?.standIn.now().template, staging?.password()]).toEqual([v0, password])
  expect([onProduction, owner]).toEqual([null, { writes: true, getsIn: true }])
  await figures('with staging and a check that writes', told)

  await told.mends()
  for (const rack of [staging, production]) {
    expect(await rack?.ownersConvox('rack', 'params', 'set', 'InstanceCount=5', '--wait')).toBe(true)
    expect([rack?.standIn.now().template, rack?.password()]).toEqual([mended, password])
  }
})

test('the contract stops the promotion, although nobody wrote anything on staging', patience, async () => {
  const told = await convox(['staging', 'contract'])
  const { production, onStaging, promoted, onProduction, owner } = told
  expect([onStaging?.code, promoted?.code, onProduction]).toEqual([0, 3, null])
  expect(promoted?.stderr).toMatch(/becameMasked +Password/)
  expect(owner).toEqual({ writes: true, getsIn: true })
  await figures('with staging and the contract', told)

  // The release that mended it masks the password as well: only a person can say that it does not write it back.
  await told.mends('--acknowledge', 'Password', '--note', 'params set keeps the previous value')
  expect(await production.ownersConvox('rack', 'params', 'set', 'InstanceCount=5', '--wait')).toBe(true)
  expect([production.standIn.now().template, production.password()]).toEqual([mended, password])
})
