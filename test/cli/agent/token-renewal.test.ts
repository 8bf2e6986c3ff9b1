/** A rack's token has an end: doctor warns before, and enrolling again with the same directory renews it. */
import { expect, test } from 'vitest'
import { day } from '../../../shared/domain/instants.ts'
import { aYard } from '../../support/campaign-yard.ts'

const isTokenLine = ({ question }: { question: string }): boolean => question.includes('token')

test('doctor warns 60 days before the token ends; enrolling again renews it, and the rack goes on', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1')
  await yard.serves('10')
  await rack.does('update', '--yes')
  const tokenLine = async () => {
    const { json } = await rack.headgate('doctor', '--json')
    const { findings } = json as {
      findings: { question: string; isWell: boolean; detail: string; command: string | null }[]
    }
    return findings.find(isTokenLine)
  }
  expect(await tokenLine()).toMatchObject({ isWell: true, command: null })

  yard.clock.skip(345 * day)
  const warned = await tokenLine()
  expect(warned).toMatchObject({ isWell: false, severity: 'warning' })
  expect(warned?.detail).toMatch(/^it ends in 5[45]d/)

  await yard.does('enroll', '--dir', rack.dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1')
  expect(await tokenLine()).toMatchObject({ isWell: true })
  expect(rack.installed()).toBe('10')

  yard.clock.skip(100 * day)
  expect((await rack.headgate('check', '--exit-code')).code).toBe(0)
  yard.clock.skip(310 * day)
  const ended = await rack.headgate('check')
  expect(ended.code).toBe(4)
  // A rack's token comes from enrolling, and from no variable.
  expect(ended.stderr).toContain(
    `Try:  headgate enroll --dir ${rack.dir} --app rack --channel stable --name prod-1`,
  )
  expect(ended.stderr).not.toContain('HEADGATE_')
  // Nothing was counted over those 310 days, and a registry that refuses does not tell the time.
  expect(await tokenLine()).toMatchObject({ isWell: false, severity: 'warning' })
  expect((await tokenLine())?.detail).toMatch(/^it ended .* ago, if this machine's clock is right$/)
})

test('a rack that switched away may always come back to where it was enrolled', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { enrol: ['--switch-to', 'unstable'] })
  await rack.does('switch', 'unstable', '--yes')
  await rack.does('switch', 'stable', '--yes')
  await yard.does('channel', 'create', 'lts', '--app', 'rack', '--from', 'stable')
  const refused = await rack.headgate('switch', 'lts', '--yes')
  expect(refused.code).toBe(4)
})
