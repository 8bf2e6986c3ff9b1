/** Settling: when is an update good, and when is it given up? On a clock that jumps. */

import { describe, expect, it } from 'vitest'
import type { Check, CheckAnswer, CheckReport, Severity } from '../../../../cli/agent/checks/check.ts'
import { askOnce, type SettleRules, settle } from '../../../../cli/agent/checks/settle.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

interface Story extends Partial<Check> {
  /** "+" healthy, "-" failing, "." hangs until it is given up, "!" a bug; the last one goes on for ever. */
  readonly answers: string
}

function aCheck(story: Story): Check & { asked(): number } {
  let asked = 0
  const severity: Severity = 'fail'
  return {
    name: 'web',
    kind: 'http',
    severity,
    timeoutSeconds: 10,
    intervalSeconds: 5,
    healthyCount: 3,
    unhealthyCount: 3,
    when: ['settle'],
    monitorSeconds: 60,
    async run(context): Promise<CheckAnswer> {
      const answer = story.answers[Math.min(asked, story.answers.length - 1)]
      asked += 1
      if (answer === '!') throw new TypeError('x is undefined')
      if (answer === '.') await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
      return { ok: answer === '+', detail: `answer ${asked}: ${answer}`, numbers: { asked }, durationMs: 1 }
    },
    asked: () => asked,
    ...story,
  }
}

const rules: SettleRules = { graceSeconds: 0, soakSeconds: 0, timeoutSeconds: 300 }

async function told(checks: readonly Check[], change: Partial<SettleRules> = {}) {
  const clock = fakeClock()
  const report = await settle(checks, '2', { ...rules, ...change }, clock)
  return { ok: report.ok, detail: report.detail, seconds: clock.monotonic() / 1_000, checks: report.checks }
}

describe('settling', () => {
  it('takes so many healthy answers in a row', async () => {
    expect(await told([aCheck({ answers: '+' })])).toMatchObject({
      ok: true,
      seconds: 10,
      detail: 'web healthy',
    })
    expect(await told([aCheck({ answers: '+', healthyCount: 1 })])).toMatchObject({ ok: true, seconds: 0 })
    expect(await told([aCheck({ answers: '++-++-+++' })])).toMatchObject({ ok: true, seconds: 40 })
  })

  it('gives up after so many failures in a row', async () => {
    const given = await told([aCheck({ answers: '+--+--' })])
    expect(given).toMatchObject({ ok: false, seconds: 30 })
    expect(given.detail).toBe('web is unhealthy (3 times in a row): answer 7: -')
  })

  it('does not count failures while things start', async () => {
    expect(await told([aCheck({ answers: '-----+++' })], { graceSeconds: 20 })).toMatchObject({
      ok: true,
      seconds: 35,
    })
    expect(await told([aCheck({ answers: '-' })], { graceSeconds: 20 })).toMatchObject({
      ok: false,
      seconds: 30,
    })
    // Healthy answers count from the first.
    expect(await told([aCheck({ answers: '+' })], { graceSeconds: 100 })).toMatchObject({
      ok: true,
      seconds: 10,
    })
  })

  it('gives up at the end of its time, and says what was missing', async () => {
    const flapping = await told([aCheck({ answers: '+-'.repeat(50) })], { timeoutSeconds: 60 })
    expect(flapping).toMatchObject({ ok: false, seconds: 60 })
    expect(flapping.detail).toMatch(/^not settled within 60 s: web: answer \d+/)
  })

  it('asks for all to be healthy at the same moment', async () => {
    const early = aCheck({ name: 'early', answers: '+++--++++' })
    const late = aCheck({ name: 'late', answers: '---+++', unhealthyCount: 9 })
    const report = await told([early, late])
    // At 25 s the late one is there, but the early one has just failed: at 35 s both are.
    expect(report).toMatchObject({ ok: true, seconds: 35, detail: 'early, late healthy' })
  })

  it('soaks: all stay healthy that long, and a failure begins it again', async () => {
    expect(await told([aCheck({ answers: '+' })], { soakSeconds: 60 })).toMatchObject({
      ok: true,
      seconds: 70,
    })
    const slip = await told([aCheck({ answers: '+++++-+' })], { soakSeconds: 60 })
    expect(slip).toMatchObject({ ok: true, seconds: 100 })
    const fall = await told([aCheck({ answers: '+++++-' })], { soakSeconds: 60 })
    expect(fall).toMatchObject({ ok: false, seconds: 35 })
    const short = await told([aCheck({ answers: '+' })], { soakSeconds: 60, timeoutSeconds: 30 })
    expect(short).toMatchObject({ ok: false, seconds: 30 })
    expect(short.detail).toBe('not settled within 30 s: still soaking')
  })

  it('gives up on a run that hangs, though the check itself never would', async () => {
    const forgetful = aCheck({ answers: '+' })
    const hanging = await told([{ ...forgetful, run: () => new Promise(() => undefined) }])
    expect(hanging).toMatchObject({ ok: false, seconds: 40 })
    expect(hanging.detail).toContain('did not answer within 10 s')
    expect(await told([aCheck({ answers: '.+' })])).toMatchObject({ ok: true, seconds: 25 })
  })

  it('never lasts longer than its time, even while a run hangs', async () => {
    const given = await told([aCheck({ answers: '.', timeoutSeconds: 100 })], { timeoutSeconds: 30 })
    expect(given).toMatchObject({ ok: false, seconds: 30 })
  })

  it('counts a check with a bug as failing', async () => {
    const given = await told([aCheck({ answers: '!' })])
    expect(given.detail).toContain('the check itself failed: x is undefined')
  })

  it('shows checks that only warn, and does not wait for them', async () => {
    const warning = aCheck({ name: 'disk', severity: 'warn', answers: '-' })
    const report = await told([aCheck({ answers: '+' }), warning])
    expect(report).toMatchObject({ ok: true, seconds: 10, detail: 'web healthy' })
    expect(report.checks[1]).toMatchObject({
      name: 'disk',
      severity: 'warn',
      state: 'unhealthy',
      attempts: 3,
    })
  })

  it('asks each check at its own interval', async () => {
    const quick = aCheck({ name: 'quick', intervalSeconds: 1, answers: '+' })
    const slow = aCheck({ name: 'slow', intervalSeconds: 10, answers: '+' })
    await told([quick, slow])
    expect([quick.asked(), slow.asked()]).toEqual([21, 3])
  })

  it('reports each check, and every change on the way', async () => {
    const seen: (readonly CheckReport[])[] = []
    await settle([aCheck({ answers: '-+++' })], '2', rules, fakeClock(), (reports) => seen.push(reports))
    expect(seen.map(([report]) => [report?.state, report?.attempts, report?.healthyInARow])).toEqual([
      ['undecided', 1, 0],
      ['undecided', 2, 1],
      ['undecided', 3, 2],
      ['healthy', 4, 3],
    ])
    expect(seen.at(-1)?.[0]).toEqual({
      name: 'web',
      kind: 'http',
      severity: 'fail',
      state: 'healthy',
      attempts: 4,
      healthyInARow: 3,
      failedInARow: 0,
      detail: 'answer 4: +',
      numbers: { asked: 4 },
      durationMs: 1,
    })
  })
})

describe('asking once', () => {
  it('takes every check by its first answer', async () => {
    const [good, bad] = [aCheck({ answers: '+' }), aCheck({ name: 'bad', answers: '-+' })]
    const fine = await askOnce([good], '1', fakeClock())
    expect(fine).toMatchObject({ ok: true, checks: [{ state: 'healthy', attempts: 1 }] })
    const not = await askOnce([good, bad], '1', fakeClock())
    expect(not).toMatchObject({ ok: false, detail: 'bad is unhealthy: answer 1: -' })
    expect([good.asked(), bad.asked()]).toEqual([2, 1])
  })

  it('is fine with nothing to ask', async () => {
    expect((await askOnce([], '1', fakeClock())).ok).toBe(true)
  })
})
