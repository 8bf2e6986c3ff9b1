/** The convox driver on v3 racks: Terraform instead of CloudFormation, no --wait, and minors that go one way only. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { aConvoxDriver, back, forward, logOf, problemOf } from '../../../support/stand-ins/a-convox-driver.ts'
import { aConvoxRack } from '../../../support/stand-ins/a-convox-rack.ts'

const now = '3.18.4'

describe('a v3 rack', () => {
  it('is updated without --wait, and what that took away is told', async () => {
    const standIn = await aConvoxRack('v3')
    const { dir, driver } = aConvoxDriver(standIn)
    const move = forward(now, '3.18.5')
    await driver.prepare?.(move)
    await driver.apply(move)
    expect(await driver.current()).toBe('3.18.5')
    expect(standIn.acts()).toEqual(['convox rack update 3.18.5 -r prod'])
    const notice = 'NOTICE: removing parameters not supported by version 3.18.5: syslog'
    expect(move.notes).toContain(`convox: ${notice}`)
    expect(readFileSync(logOf(dir, 'convox', 'forward'), 'utf8')).toContain(notice)
  })

  it('of the Console is waited for, from some time after "OK" until it is there', async () => {
    const standIn = await aConvoxRack('v3', { isConsole: true, beginMs: 400, updateMs: 400 })
    const { driver } = aConvoxDriver(standIn)
    await driver.apply(forward(now, '3.18.5'))
    expect(await driver.current()).toBe('3.18.5')
    expect(standIn.calls('convox').map(({ words }) => words.join(' '))).toContain('racks')
  })

  it('of which nothing comes after "OK" has failed', async () => {
    const standIn = await aConvoxRack('v3', { isConsole: true, beginMs: 60_000 })
    const { driver } = aConvoxDriver(standIn, { startSeconds: 0.4 })
    const problem = await problemOf(driver.apply(forward(now, '3.18.5')))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain('convox printed OK, and nothing came of it. 3.18.4 runs.')
  })

  it('whose Terraform fails is told so, and not by CloudFormation', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack('v3'))
    const problem = await problemOf(driver.apply(forward(now, '3.18.6')))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toContain(
      'convox exited 1 on the way to 3.18.6: ERROR: exit status 1. 3.18.4 runs.',
    )
    expect(await driver.current()).toBe(now)
  })

  it.each([
    ['updating', 'busy'],
    ['unknown', 'unknown'],
    ['running', 'settled'],
  ] as const)('that is listed as "%s" is %s, though its API says running', async (status, expected) => {
    const script = `case "$1" in api) echo '{"version":"3.18.4","status":"running"}';; *) printf 'NAME  PROVIDER  STATUS\\nprod-eu  aws  failed\\nprod  aws  ${status}\\n';; esac`
    const { driver } = aConvoxDriver(await aConvoxRack('v3'), { command: ['sh', '-c', script, 'convox'] })
    expect(await driver.status()).toBe(expected)
  })

  it.each([
    ['that is not listed', 'NAME  PROVIDER  STATUS\\nstaging  aws  running\\n'],
    ['whose name is ambiguous', 'NAME  PROVIDER  STATUS\\nprod-eu  aws  running\\nprod-us  aws  running\\n'],
  ])('%s is unknown', async (_what, list) => {
    const script = `case "$1" in api) echo '{"version":"3.18.4","status":"running"}';; *) printf '${list}';; esac`
    const { driver } = aConvoxDriver(await aConvoxRack('v3'), { command: ['sh', '-c', script, 'convox'] })
    expect(await driver.status()).toBe('unknown')
  })

  it('is never updated by RACK_URL, which v3 refuses', async () => {
    const standIn = await aConvoxRack('v3')
    const env = { RACK_URL: 'https://jwt:s3cret-token@rack.example.com' }
    for (const generation of ['v3', null] as const) {
      const to = generation === null ? now : '3.18.5'
      const { driver } = aConvoxDriver(standIn, { env, generation })
      const move = back(to === now ? '3.18.5' : now, to)
      await driver.apply(move)
      expect(move.notes).toContain('RACK_URL is left out: a v3 rack takes no update by it')
    }
    const updates = standIn.calls('convox').filter(({ words }) => words[1] === 'update')
    expect(updates.map(({ hasRackUrl }) => hasRackUrl)).toEqual([false, false])
  })

  it('goes back within its minor', async () => {
    const standIn = await aConvoxRack('v3')
    const { driver } = aConvoxDriver(standIn)
    await driver.prepare?.(back(now, '3.18.0'))
    await driver.goBack(back(now, '3.18.0'))
    expect(await driver.current()).toBe('3.18.0')
  })
})

describe('minors', () => {
  it.each([
    ['3.20.0', 'skip no minor version: from 3.18.4 it goes to the latest 3.19 first, not to 3.20.0'],
    ['3.17.9', 'no v3 rack back to an earlier minor version: 3.18.4 cannot become 3.17.9'],
  ])('to %s is refused before anything is asked of Convox', async (to, words) => {
    const standIn = await aConvoxRack('v3')
    const { driver } = aConvoxDriver(standIn)
    const refusals = [
      () => driver.prepare?.(forward(now, to)),
      () => driver.apply(forward(now, to)),
      () => driver.goBack(back(now, to)),
    ]
    for (const refusal of refusals) {
      const problem = await problemOf(refusal())
      expect(problem.code).toBe('preflight_failed')
      expect(problem.message).toContain(words)
    }
    expect(standIn.acts()).toEqual([])
  })

  it('one by one are taken, and that there is no way back is told before', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack('v3'))
    const move = forward(now, '3.19.1')
    await driver.prepare?.(move)
    expect(move.notes.join()).toContain('there is no way back from 3.19.1 to 3.18.4')
    await driver.apply(move)
    expect(await driver.current()).toBe('3.19.1')
  })

  it('of candidates may go back, as Convox has it', async () => {
    const { driver } = aConvoxDriver(await aConvoxRack('v3'))
    await driver.prepare?.(back(now, '3.17.0-rc1'))
  })
})
