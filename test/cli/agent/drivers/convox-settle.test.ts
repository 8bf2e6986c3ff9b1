/** Waiting for a Convox rack, on a clock that jumps: every story ends, and as it should. */

import { describe, expect, it } from 'vitest'
import { configTable } from '../../../../cli/agent/config-table.ts'
import type { Answer } from '../../../../cli/agent/drivers/convox-cli.ts'
import { convoxDriverIn } from '../../../../cli/agent/drivers/convox-config.ts'
import type { Look } from '../../../../cli/agent/drivers/convox-look.ts'
import { createConvoxProblems } from '../../../../cli/agent/drivers/convox-problems.ts'
import { createSettle, type Waiting } from '../../../../cli/agent/drivers/convox-settle.ts'
import { meaningOfRackWord } from '../../../../cli/agent/drivers/convox-status.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { problemOf } from '../../../support/stand-ins/a-convox-driver.ts'

const quiet: Answer<Look> = { silence: { why: 'unreachable', said: 'exited 1' } }

function a(word: string, version = '1'): Answer<Look> {
  const meaning = meaningOfRackWord(word)
  return { answer: { by: 'api', version, word, meaning, parameters: {}, generation: 'v2' } }
}

/** What the rack says, one after the other, and the last for ever; or a pattern without an end. */
function waiting(answers: (index: number) => Answer<Look>, change: Partial<Waiting> = {}) {
  const config = convoxDriverIn(configTable({ rack: 'prod' }, '[driver]', 'rack.toml'), '/')
  const clock = fakeClock()
  let asked = 0
  const look = async () => answers(asked++)
  const settle = createSettle({ look }, createConvoxProblems(config), 5_000, clock)
  const wanted = { limitMs: 600_000, patienceMs: 300_000, times: 2, note: () => undefined, ...change }
  return { settled: settle(wanted), minutes: () => clock.monotonic() / 60_000, asked: () => asked }
}

function story(...answers: readonly Answer<Look>[]) {
  return (index: number) => answers[Math.min(index, answers.length - 1)] ?? quiet
}

describe('a rack', () => {
  it('is settled after so many good answers in a row, all with one version', async () => {
    const { settled, asked } = waiting(
      story(a('running', '1'), a('running', '2'), a('updating', '2'), a('running', '2')),
    )
    expect(await settled).toMatchObject({ look: { version: '2' }, wasChanging: true })
    expect(asked()).toBe(5)
  })

  it('that does not answer for a while is waited for, and then no longer', async () => {
    expect(await waiting(story(quiet, quiet, a('running'))).settled).toMatchObject({ wasChanging: false })
    const { settled, minutes } = waiting(story(quiet))
    expect((await problemOf(settled)).message).toContain('Cannot tell what the rack prod is')
    expect(minutes()).toBe(5)
  })

  it('in a state that nobody knows is one that does not answer', async () => {
    const { settled } = waiting(story(a('melting')))
    expect((await problemOf(settled)).message).toContain('is "melting"')
  })

  it('that has failed is waited for no longer', async () => {
    const { settled, minutes } = waiting(story(a('updating'), a('failed')))
    expect((await problemOf(settled)).code).toBe('stuck')
    expect(minutes()).toBeLessThan(1)
  })

  it('that is changing for too long is told so', async () => {
    const { settled, minutes } = waiting(story(a('updating')))
    expect((await problemOf(settled)).message).toBe('The rack prod is still "updating" (1) after 10 min.')
    expect(minutes()).toBe(10)
  })

  it.each([
    ['answers only now and then', (index: number) => (index % 2 === 0 ? quiet : a('running'))],
    ['never says one version twice', (index: number) => a('running', String(index))],
    ['is now this and now that', (index: number) => (index % 2 === 0 ? a('melting') : a('converging'))],
  ])('that %s is not waited for without an end', async (_what, answers) => {
    const { settled, minutes } = waiting(answers)
    expect((await problemOf(settled)).code).toBe('preflight_failed')
    expect(minutes()).toBeLessThanOrEqual(15.5)
  })

  it('on another version than the awaited one counts after the grace, or once it has changed', async () => {
    const awaited = { version: '2', graceMs: 120_000 }
    const late = waiting(story(a('running', '1')), { awaited })
    expect(await late.settled).toMatchObject({ look: { version: '1' } })
    expect(late.minutes()).toBe(2)
    const there = waiting(story(a('running', '1'), a('running', '2')), { awaited })
    expect(await there.settled).toMatchObject({ look: { version: '2' } })
    expect(there.minutes()).toBeLessThan(1)
    const rolledBack = waiting(story(a('running', '1'), a('updating', '2'), a('running', '1')), { awaited })
    expect(await rolledBack.settled).toMatchObject({ look: { version: '1' }, wasChanging: true })
    expect(rolledBack.minutes()).toBeLessThan(1)
  })

  it('needs no time at all when the time is up and it is settled', async () => {
    const { settled } = waiting(story(a('running')), { limitMs: 0, patienceMs: 0 })
    expect(await settled).toMatchObject({ look: { version: '1' } })
  })
})
