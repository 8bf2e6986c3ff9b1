/** The way back past the rack's own API, on the builds of August 2016: nothing that was read is ever written. */

import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../../../support/real-registry.ts'
import {
  aConvoxDriver,
  aStack,
  back,
  type DrivenRack,
  type DriverWishes,
  forward,
  problemOf,
} from '../../../support/stand-ins/a-convox-driver.ts'
import {
  aConvoxRack,
  bad,
  mended,
  password,
  type StandIn,
  v0,
} from '../../../support/stand-ins/a-convox-rack.ts'

const mask = '****'

/** On the withdrawn build, after somebody changed a parameter: its password is what was shown of it. */
async function lockedOut(): Promise<StandIn> {
  const standIn = await aConvoxRack()
  await aConvoxDriver(standIn).driver.apply(forward(v0, bad))
  const words = [standIn.convox, 'rack', 'params', 'set', 'InstanceCount=6', '-r', 'prod', '--wait']
  const env = standIn.env
  await startProgram(words, { cwd: standIn.folder, env }).ended
  await expect(aConvoxDriver(standIn).driver.current()).rejects.toThrow('invalid authentication')
  expect(standIn.now().parameters).toMatchObject({ Password: mask, InstanceCount: '6' })
  return standIn
}

function textsIn(dir: string): string {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8')).join('\n')
}

function withPassword(standIn: StandIn, text: string, mode = 0o600): DriverWishes {
  const passwordFile = join(standIn.folder, 'password')
  writeFileSync(passwordFile, text)
  chmodSync(passwordFile, mode)
  return { stack: aStack(standIn, { passwordFile }) }
}

describe('locked out by the build that wrote its mask back', () => {
  let standIn: StandIn
  let driven: DrivenRack

  async function goesBack(wishes: (standIn: StandIn) => DriverWishes) {
    standIn = await lockedOut()
    driven = aConvoxDriver(standIn, wishes(standIn))
    const move = back(bad, v0)
    await driven.driver.prepare?.(move)
    await driven.driver.goBack(move)
    const [call] = standIn.calls('aws').filter(({ words }) => words.includes('update-stack'))
    return { move, call }
  }

  it('the rack goes back by its stack, every parameter as it was, with the password of a file', async () => {
    const { move, call } = await goesBack((rack) => withPassword(rack, `${password}\n`))
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: v0 })
    expect(standIn.now().parameters).toEqual({
      Version: v0,
      Password: password,
      InstanceCount: '6',
      InstanceType: 'm4.large',
    })
    expect(call?.words).toEqual([
      'cloudformation',
      'update-stack',
      '--stack-name',
      'prod',
      '--template-url',
      `https://convox.s3.amazonaws.com/release/${v0}/rack.json`,
      '--parameters',
      `file://${join(driven.dir, 'convox-stack-parameters.json')}`,
      '--capabilities',
      'CAPABILITY_IAM',
      '--region',
      'us-east-1',
      '--output',
      'json',
    ])
    expect(call?.mode).toBe('600')
    expect(call?.input).toEqual([
      { ParameterKey: 'Version', ParameterValue: v0 },
      { ParameterKey: 'Password', ParameterValue: password },
      { ParameterKey: 'InstanceCount', UsePreviousValue: true },
      { ParameterKey: 'InstanceType', UsePreviousValue: true },
    ])
    expect(move.notes).toContain(`the template of ${v0} does not have, and so loses: ApiMemory`)
    expect(move.notes).toContain('the API of prod lets us in again')
    expect(await driven.driver.current()).toBe(v0)
  })

  it('neither a mask nor the password is in any word, log or file that stays', async () => {
    const { move, call } = await goesBack((rack) => withPassword(rack, password))
    const words = JSON.stringify(standIn.calls().map((one) => one.words))
    for (const text of [words, textsIn(driven.dir), move.notes.join('\n'), driven.notes.join('\n')]) {
      expect(text).not.toContain(mask)
      expect(text).not.toContain(password)
    }
    expect(JSON.stringify(call?.input)).not.toContain(mask)
    expect(existsSync(join(driven.dir, 'convox-stack-parameters.json'))).toBe(false)
  })

  it('without a file the password stays what it is, and that nobody gets in is told', async () => {
    const { move, call } = await goesBack((rack) => ({ stack: aStack(rack) }))
    expect(call?.input).toContainEqual({ ParameterKey: 'Password', UsePreviousValue: true })
    expect(standIn.now().template).toBe(v0)
    expect(move.notes.join()).toContain('the API of prod still does not let us in')
    // What runs is told by the stack then, and that it was.
    expect([await driven.driver.current(), await driven.driver.status()]).toEqual([v0, 'settled'])
    expect(driven.notes).toEqual([
      "the rack's API tells nothing (exited 1: ERROR: invalid authentication): its stack is asked instead",
    ])
  })

  it('parameters are read by the stack as well, and stay opaque', async () => {
    standIn = await lockedOut()
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn) })
    const shown = await driver.parameters?.()
    expect(shown?.Password).toEqual({ value: null, masked: true })
    expect(shown?.InstanceCount).toEqual({ value: '6', masked: false })
  })

  it('without a stack to go by, a person has to', async () => {
    standIn = await lockedOut()
    const { driver } = aConvoxDriver(standIn)
    const problem = await problemOf(driver.goBack(back(bad, v0)))
    expect(problem.message).toContain('invalid authentication')
    expect(problem.hint).toContain('[driver.stack]')
    expect(standIn.now().template).toBe(bad)
  })
})

describe('what is refused', () => {
  it.each([
    ['a mask', mask, 0o600, 'masked_value', 'Password'],
    ['what the CLI shows for it', '**********\n', 0o600, 'masked_value', 'Password'],
    ['a file that others may read', password, 0o644, 'update_failed', 'others may read it'],
    ['two lines', 'a\nb\n', 0o600, 'update_failed', 'it must hold one line'],
    ['nothing', '', 0o600, 'update_failed', 'it must hold one line'],
  ])('as a password: %s', async (_what, text, mode, code, words) => {
    const standIn = await lockedOut()
    const { dir, driver } = aConvoxDriver(standIn, withPassword(standIn, text, mode))
    const problem = await problemOf(driver.goBack(back(bad, v0)))
    expect(problem.code).toBe(code)
    expect(problem.message).toContain(words)
    expect(standIn.acts().filter((act) => act.startsWith('aws'))).toEqual([])
    expect(textsIn(dir)).not.toContain(mask)
  })

  it('a template that nobody has', async () => {
    const standIn = await lockedOut()
    const stack = aStack(standIn, { templateUrl: 'https://mirror.s3.amazonaws.com/VERSION.json' })
    const problem = await problemOf(aConvoxDriver(standIn, { stack }).driver.goBack(back(bad, v0)))
    expect(problem.message).toContain(`does not tell what https://mirror.s3.amazonaws.com/${v0}.json wants`)
    expect(problem.message).toContain('S3 error: Access Denied')
  })

  it('a template that wants what the stack does not have', async () => {
    const standIn = await lockedOut()
    const { templates } = standIn.world()
    const wanting = { parameters: { ...templates[v0]?.parameters, Vpc: {} } }
    standIn.change({ templates: { ...templates, [v0]: wanting } })
    const problem = await problemOf(
      aConvoxDriver(standIn, { stack: aStack(standIn) }).driver.goBack(back(bad, v0)),
    )
    expect(problem.message).toContain(`The template of ${v0} wants Vpc, which the stack does not have.`)
  })
})

describe('an update of the stack', () => {
  it('that is rolled back is told', async () => {
    const standIn = await lockedOut()
    const { templates } = standIn.world()
    const declared = templates[v0] ?? { parameters: {} }
    standIn.change({ templates: { ...templates, [v0]: { ...declared, fate: 'rolls back' } } })
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn) })
    const problem = await problemOf(driver.goBack(back(bad, v0)))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain(`was rolled back by CloudFormation. ${bad} runs.`)
  })

  it('that gets stuck names the command for a person', async () => {
    const standIn = await lockedOut()
    const { templates } = standIn.world()
    const declared = templates[v0] ?? { parameters: {} }
    standIn.change({ templates: { ...templates, [v0]: { ...declared, fate: 'sticks' } } })
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn) })
    const problem = await problemOf(driver.goBack(back(bad, v0)))
    expect(problem.code).toBe('stuck')
    expect(problem.message).toContain('The stack prod is "UPDATE_ROLLBACK_FAILED"')
    expect(problem.hint).toContain(
      'aws cloudformation continue-update-rollback --stack-name prod --region us-east-1',
    )
    await expect(driver.current()).rejects.toThrow('which version runs is not sure')
  })

  it('of a rack whose API is down is what goes back, once it has been down for long enough', async () => {
    const standIn = await aConvoxRack()
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn), patienceSeconds: 0.5 })
    await driver.apply(forward(v0, mended))
    standIn.change({ isApiDown: true })
    const move = back(mended, v0)
    await driver.goBack(move)
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: v0 })
    expect(move.notes.join()).toContain('connection refused')
  })

  it('is what goes back as well when the API answers nonsense', async () => {
    const standIn = await aConvoxRack()
    await aConvoxDriver(standIn).driver.apply(forward(v0, mended))
    const command = ['sh', '-c', 'echo "ERROR: response status 500" >&2; exit 1', 'convox']
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn), command })
    await driver.goBack(back(mended, v0))
    expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: v0 })
    // Forward nothing goes that way.
    const problem = await problemOf(driver.prepare?.(forward(v0, mended)))
    expect(problem.message).toContain('response status 500')
  })

  it('is not asked for while the rack itself can be', async () => {
    const standIn = await aConvoxRack()
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn) })
    await driver.apply(forward(v0, mended))
    await driver.goBack(back(mended, v0))
    expect(standIn.acts().every((act) => act.startsWith('convox rack update'))).toBe(true)
  })

  it('is not to be had either where AWS refuses too: both are told', async () => {
    const standIn = await lockedOut()
    const env = { AWS_ACCESS_KEY_ID: 'expired' }
    const { driver } = aConvoxDriver(standIn, { stack: aStack(standIn), env })
    const problem = await problemOf(driver.goBack(back(bad, v0)))
    expect(problem.message).toContain('invalid authentication')
    expect(problem.message).toContain('ExpiredToken')
  })
})
