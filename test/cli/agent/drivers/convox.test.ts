/** The convox driver on v2 racks: what is believed of what Convox says, who is waited for, and for how long. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../shared/domain/problem.ts'
import {
  aConvoxDriver,
  aStack,
  back,
  forward,
  logOf,
  problemOf,
} from '../../../support/stand-ins/a-convox-driver.ts'
import { aConvoxRack, mended, password, v0 } from '../../../support/stand-ins/a-convox-rack.ts'

const rollsBack = '20160901000000'
const sticks = '20160902000000'

describe('what it reads', () => {
  it('is the version and the status of the API, as JSON', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack())
    expect([await driver.current(), await driver.status()]).toEqual([v0, 'settled'])
    expect([driver.offlineRollback, driver.needsArtifact, await driver.keeps(v0)]).toEqual([
      false,
      false,
      false,
    ])
    expect(await driver.prune([])).toEqual([])
  })

  it.each(['converging', 'updating', 'rollback', 'creating', 'installing'])(
    '"%s" is busy',
    async (statusWord) => {
      const { driver } = aConvoxDriver(await aConvoxRack('v2', { statusWord }))
      expect(await driver.status()).toBe('busy')
    },
  )

  it.each(['unknown', 'new', 'melting', 'Running', '', 'toString'])('"%s" is unknown', async (statusWord) => {
    const { driver } = aConvoxDriver(await aConvoxRack('v2', { statusWord }))
    expect(await driver.status()).toBe('unknown')
    await expect(driver.current()).rejects.toThrow('Cannot tell which version is installed')
  })

  it('is no version while the rack is on its way to another one', async () => {
    const standIn = await aConvoxRack('v2', { updateMs: 60_000, other: { version: mended } })
    const { driver } = aConvoxDriver(standIn, { lastSeen: v0, timeoutMinutes: 0.01, waitMinutes: 0 })
    await problemOf(driver.apply(forward(v0, rollsBack)))
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_IN_PROGRESS', template: mended })
    const problem = await problemOf(driver.current())
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toContain(`the rack prod is "updating", on ${mended} or on its way there`)
  })

  it('is the version that it was anyway while only instances come and go', async () => {
    const standIn = await aConvoxRack('v2', { statusWord: 'updating' })
    expect(await aConvoxDriver(standIn, { lastSeen: v0 }).driver.current()).toBe(v0)
    await expect(aConvoxDriver(standIn).driver.current()).rejects.toThrow(Problem)
    standIn.change({ statusWord: 'converging' })
    expect(await aConvoxDriver(standIn).driver.current()).toBe(v0)
  })

  it.each([
    ['another password', { CONVOX_PASSWORD: 'wrong' }, {}, 'exited 1: ERROR: invalid authentication'],
    ['an API that is down', {}, { isApiDown: true }, 'connection refused'],
    ['a rack of another name', {}, { name: 'staging' }, 'could not find rack: prod'],
  ])('is a problem with %s', async (_what, env, change, words) => {
    const { driver } = aConvoxDriver(await aConvoxRack('v2', change), { env })
    const problem = await problemOf(driver.current())
    expect(problem).toMatchObject({ code: 'preflight_failed' })
    expect(problem.message).toContain(words)
    expect(problem.hint).toContain('convox api get /system -r prod')
    expect(await driver.status()).toBe('unknown')
  })

  it.each([
    ['a program that is not there', ['./no-such-convox'], 'exited 127'],
    ['a page for people', ['echo', 'Name  prod\nStatus  running\n#'], 'printed no JSON'],
    ['JSON without a status', ['echo', '{"version":"20160816140022"} #'], 'printed no JSON'],
    ['a version that is no name', ['printf', '{"version":"../x","status":"running"}'], 'printed no JSON'],
    ['a version of no known form', ['printf', '{"version":"dev","status":"running"}'], 'set generation ='],
  ])('is a problem with %s', async (_what, command, words) => {
    const { driver } = aConvoxDriver(await aConvoxRack(), { command })
    expect((await problemOf(driver.current())).message).toContain(words)
  })

  it('are parameters, and those that cannot be known are opaque', async () => {
    const standIn = await aConvoxRack()
    const { driver } = aConvoxDriver(standIn)
    const shown = await driver.parameters?.()
    // Before NoEcho the platform shows the password to everybody; it is none of ours to keep.
    expect(shown?.Password).toEqual({ value: null, masked: true })
    expect(shown?.InstanceCount).toEqual({ value: '5', masked: false })
    await driver.apply(forward(v0, mended))
    expect((await driver.parameters?.())?.Password).toEqual({ value: null, masked: true })
  })
})

describe('an update', () => {
  it('is done when the rack says so', async () => {
    const standIn = await aConvoxRack()
    const { dir, driver } = aConvoxDriver(standIn)
    const move = forward(v0, mended)
    await driver.apply(move)
    expect(await driver.current()).toBe(mended)
    expect(standIn.acts()).toEqual([`convox rack update ${mended} -r prod --wait`])
    expect(standIn.now().parameters).toMatchObject({ Password: password, InstanceCount: '5' })
    expect(move.groups).toHaveLength(1)
    expect(readFileSync(logOf(dir, 'convox', 'forward'), 'utf8')).toContain(`Updating to ${mended}... `)
  })

  it('to what runs already asks for nothing', async () => {
    const standIn = await aConvoxRack()
    await aConvoxDriver(standIn).driver.apply(forward('20160801000000', v0))
    expect(standIn.acts()).toEqual([])
  })

  it('that CloudFormation rolled back failed, although Convox printed OK', async () => {
    const { dir, driver } = aConvoxDriver(await aConvoxRack())
    const problem = await problemOf(driver.apply(forward(v0, rollsBack)))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toBe(
      `prod did not get to ${rollsBack}: it was rolled back by CloudFormation, although convox printed OK. ${v0} runs.`,
    )
    expect(problem.numbers?.lastLines).toContain('system/aws/component Stack UPDATE_ROLLBACK_IN_PROGRESS')
    expect(readFileSync(logOf(dir, 'convox', 'forward'), 'utf8')).toMatch(/OK\n$/)
    expect(await driver.current()).toBe(v0)
  })

  it('that got stuck names the command for a person, and so does the way back', async () => {
    const startedAt = performance.now()
    const { driver } = aConvoxDriver(await aConvoxRack())
    for (const move of [() => driver.apply(forward(v0, sticks)), () => driver.goBack(back(sticks, v0))]) {
      const problem = await problemOf(move())
      expect(problem.code).toBe('stuck')
      expect(problem.message).toContain('The rack prod is "failed"')
      expect(problem.hint).toContain('aws cloudformation continue-update-rollback --stack-name prod')
    }
    // Convox's own --wait would have gone on for half an hour.
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    // What a failed stack shows as its version is no proof of anything.
    await expect(driver.current()).rejects.toThrow('which version runs is not sure')
    expect(await driver.status()).toBe('unknown')
  })

  it('to a version that Convox does not have is told in its words', async () => {
    const problem = await problemOf(
      aConvoxDriver(await aConvoxRack()).driver.apply(forward(v0, '20990101000000')),
    )
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain(
      "convox exited 1 on the way to 20990101000000: Updating to 20990101000000... ERROR: invalid character '<'",
    )
  })

  it('is waited for while instances come and go', async () => {
    const standIn = await aConvoxRack('v2', { convergeMs: 400 })
    const { driver } = aConvoxDriver(standIn)
    const move = forward(v0, mended)
    await driver.apply(move)
    expect(standIn.now()).toMatchObject({ template: mended, isConverging: false })
    expect(await driver.status()).toBe('settled')
  })

  it('beside one of somebody else waits for that, and goes then', async () => {
    const standIn = await aConvoxRack('v2', { other: {}, updateMs: 400 })
    const { driver } = aConvoxDriver(standIn)
    const move = forward(v0, mended)
    await driver.apply(move)
    expect(await driver.current()).toBe(mended)
    expect(standIn.acts().length).toBeGreaterThanOrEqual(2)
    expect(move.notes).toContain('somebody else is updating prod: waiting for that')
  })

  it('beside one that does not end is given up, with what to look at', async () => {
    // A rack from before 2016-11: it says "running", and its stack has failed.
    const standIn = await aConvoxRack('v2', { hidesFailure: true })
    const { driver } = aConvoxDriver(standIn, { waitMinutes: 0.01 })
    await problemOf(driver.apply(forward(v0, sticks)))
    expect(await driver.current()).toBe(v0)
    const problem = await problemOf(driver.apply(forward(v0, mended)))
    expect(problem.message).toContain('is "running", yet for 0.01 min it has taken no update')
    expect(problem.message).toContain('system is already updating')
    expect(problem.hint).toContain('aws cloudformation describe-stacks --stack-name prod')
    // Where its stack can be asked, the truth comes out before anything is begun.
    const withStack = aConvoxDriver(standIn, { stack: aStack(standIn) })
    const early = await problemOf(withStack.driver.prepare?.(forward(v0, mended)))
    expect(early.message).toContain('The stack prod is "UPDATE_ROLLBACK_FAILED"')
  })

  it.each([
    ['before it', { other: { version: mended }, updateMs: 100 }],
    ['after it', { next: mended }],
  ])('is not pushed through against somebody who goes elsewhere %s', async (_when, change) => {
    const standIn = await aConvoxRack('v2', change)
    const { driver } = aConvoxDriver(standIn)
    const to = '20160903000000'
    standIn.change({
      templates: {
        ...standIn.world().templates,
        [to]: standIn.world().templates[mended] ?? { parameters: {} },
      },
    })
    const problem = await problemOf(driver.apply(forward(v0, to)))
    expect(problem.code).toBe('stuck')
    expect(problem.message).toContain(`The rack prod runs ${mended}, neither ${v0} nor ${to}`)
    // Nor is it undone on the way back.
    expect((await problemOf(driver.goBack(back(to, v0)))).code).toBe('stuck')
    expect(await driver.current()).toBe(mended)
  })

  it('that takes longer than it may leaves nothing running, and says how far it came', async () => {
    const standIn = await aConvoxRack('v2', { updateMs: 60_000 })
    const { driver } = aConvoxDriver(standIn, { timeoutMinutes: 0.02 })
    const problem = await problemOf(driver.apply(forward(v0, mended)))
    expect(problem.message).toContain(`The rack prod is still "updating" (${mended})`)
  })
})

describe('called again after a crash', () => {
  it('it waits for the update that is still going on, and begins no second one', async () => {
    const standIn = await aConvoxRack('v2', { updateMs: 2_500 })
    const { driver } = aConvoxDriver(standIn, { timeoutMinutes: 0.003 })
    await problemOf(driver.apply(forward(v0, mended)))
    expect(standIn.now().status).toBe('UPDATE_IN_PROGRESS')
    await aConvoxDriver(standIn).driver.apply(forward(v0, mended))
    expect(standIn.acts()).toHaveLength(1)
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: mended })
  })

  it('the way back waits for it as well', async () => {
    const standIn = await aConvoxRack('v2', { updateMs: 2_500 })
    const { driver } = aConvoxDriver(standIn, { timeoutMinutes: 0.003 })
    await problemOf(driver.apply(forward(v0, mended)))
    await aConvoxDriver(standIn).driver.goBack(back(mended, v0))
    expect(standIn.acts()).toEqual([
      `convox rack update ${mended} -r prod --wait`,
      `convox rack update ${v0} -r prod --wait`,
    ])
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: v0 })
  })
})

describe('before a move', () => {
  it('an unknown word is refused by name', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack('v2', { statusWord: 'melting' }))
    const problem = await problemOf(driver.prepare?.(forward(v0, mended)))
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toBe(
      'The rack prod is "melting", which is none of the states that are known to be good.',
    )
  })

  it('a broken rack is refused, and nothing is stuck by that', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack('v2', { statusWord: 'failed' }))
    expect((await problemOf(driver.prepare?.(forward(v0, mended)))).code).toBe('preflight_failed')
  })

  it('a busy rack is waited for, but not for ever', async () => {
    const standIn = await aConvoxRack('v2', { statusWord: 'converging' })
    const { driver } = aConvoxDriver(standIn, { waitMinutes: 0.005 })
    const problem = await problemOf(driver.prepare?.(forward(v0, mended)))
    expect(problem).toMatchObject({ code: 'preflight_failed', numbers: { status: 'converging' } })
    setTimeout(() => standIn.change({ statusWord: 'running' }), 300)
    await aConvoxDriver(standIn).driver.prepare?.(forward(v0, mended))
  })

  it('an API that lets nobody in is refused on the way forward, also where a stack would answer', async () => {
    const standIn = await aConvoxRack()
    const env = { CONVOX_PASSWORD: 'wrong' }
    const { driver } = aConvoxDriver(standIn, { env, stack: aStack(standIn) })
    expect((await problemOf(driver.prepare?.(forward(v0, mended)))).message).toContain(
      'invalid authentication',
    )
    await driver.prepare?.(back(v0, '20160801000000'))
  })
})

it('back to nothing is refused: a rack of Convox was there before headgate', async () => {
  const standIn = await aConvoxRack()
  const { driver } = aConvoxDriver(standIn)
  const problem = await problemOf(driver.goBack({ ...back(v0, v0), to: null }))
  expect(problem.code).toBe('stuck')
  expect(standIn.acts()).toEqual([])
})

it('a version that is no name reaches no command line', async () => {
  const standIn = await aConvoxRack()
  expect((await problemOf(aConvoxDriver(standIn).driver.apply(forward(v0, '--force')))).code).toBe(
    'invalid_version',
  )
  expect(standIn.acts()).toEqual([])
})
