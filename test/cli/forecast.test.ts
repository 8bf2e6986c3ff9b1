/** `headgate forecast`: a table for a person, an envelope for a program, and words where nobody knows. */
import { beforeEach, describe, expect, test } from 'vitest'
import { day, toIso } from '../../shared/domain/instants.ts'
import { aRack } from './racks.ts'
import { aDesk, type Desk } from './registry-shell.ts'

let desk: Desk
const inDays = (days: number) => toIso(desk.now() + days * day)
beforeEach(async () => {
  desk = await aDesk()
  await desk.headgate('app', 'create', 'rack', '--scheme', 'timestamp')
})

async function aRackWith(name: string, lifetimes: readonly object[]): Promise<void> {
  const rack = await aRack(desk, name, 'stable', null)
  await rack.check({ protocol: 2, lifetimes })
}

describe('the page', () => {
  test('has unknown first, each with its link, what was seen, what stops and for which racks', async () => {
    const [soon, later] = [inDays(20), inDays(32)]
    for (const name of ['a', 'b', 'c', 'd']) {
      await aRackWith(name, [
        { name: 'credential', endsAt: inDays(365), of: ['token'], stops: 'the database' },
        { name: 'token', seenEndsAt: later, of: [], stops: 'every credential' },
        { name: 'cert', endsAt: inDays(25), seenEndsAt: soon, of: [], stops: 'the site' },
      ])
    }
    await desk.headgate('freeze', '--app', 'rack', '--reason', 'x', '--until', '2d')
    const { stdout, stderr, code } = await desk.headgate('forecast')
    expect(code).toBe(0)
    const cells = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {3,}/))
    expect(cells).toEqual([
      ['WHEN', 'IN', 'WHAT', 'SET BY', 'STOPS', 'RACKS'],
      [
        '? unknown',
        '32d at most',
        'credential (rack/stable)',
        `token (seen: ${later})`,
        'the database',
        '4: a, b, c, …',
      ],
      [
        '? unknown',
        '32d at most',
        'token (rack/stable)',
        `token (seen: ${later})`,
        'every credential',
        '4: a, b, c, …',
      ],
      [
        inDays(2),
        '2d',
        'the freeze of app rack (rack)',
        'the freeze of app rack',
        'the freeze: these racks move again',
        '4: a, b, c, …',
      ],
      [
        soon,
        '20d',
        'cert (rack/stable)',
        `cert (declared: ${inDays(25)}, seen: ${soon})`,
        'the site',
        '4: a, b, c, …',
      ],
    ])
    expect(stderr).toContain('Nobody declared when 2 of these 4 end: any day may be the day.')
  })

  test('says when something has ended that is relied on', async () => {
    await aRackWith('a', [{ name: 'cert', endsAt: inDays(-3), of: [], stops: 'the site' }])
    expect((await desk.headgate('forecast')).stdout).toMatch(/ended 3d ago +cert/)
  })

  test('of nothing says so, and how far it looked', async () => {
    const { stdout, stderr, code } = await desk.headgate('forecast', '--until', '30d')
    expect([code, stdout.trim().split('\n').length]).toEqual([0, 1])
    expect(stderr).toContain(`Nothing is known to end until ${inDays(30)}.`)
  })

  test('steers no terminal by what a rack reports', async () => {
    await aRackWith('a', [{ name: 'x', of: ['\u001b[31mred'], stops: 'a\u001b]0;b\u0007\nc' }])
    const { stdout } = await desk.headgate('forecast')
    expect(stdout).not.toContain('\u001b')
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
  })
})

test('the envelope has everything of the contract', async () => {
  await desk.headgate(
    'token',
    'create',
    'ci',
    '--role',
    'publisher',
    '--app',
    'rack',
    '--expires',
    '20d',
    '--out',
    'ci.token',
  )
  const { json } = await desk.headgate('forecast', '--app', 'rack', '--until', '30d', '--json')
  expect(json).toEqual({
    apiVersion: 'headgate/v1',
    kind: 'Forecast',
    from: inDays(0),
    until: inDays(30),
    app: 'rack',
    leftOut: 0,
    ends: [
      {
        kind: 'token',
        app: 'rack',
        channel: null,
        what: 'the token ci',
        endsAt: inDays(20),
        noLaterThan: inDays(20),
        setBy: { link: 'the token ci', declaredEndsAt: inDays(20), seenEndsAt: null },
        chain: ['the token ci'],
        stops: 'whoever publishes with it, such as a CI job',
        racks: { count: 0, names: [] },
      },
    ],
  })
})

test('a token that was revoked ended then, whatever its own end', async () => {
  await desk.headgate(
    'token',
    'create',
    'ci',
    '--role',
    'publisher',
    '--app',
    'rack',
    '--expires',
    '20d',
    '--out',
    'ci.token',
  )
  await desk.headgate('token', 'revoke', 'ci')
  const { tokens } = (await desk.headgate('token', 'list', '--json')).json as {
    tokens: { name: string; expiresAt: string; effective: object }[]
  }
  expect(tokens.find(({ name }) => name === 'ci')).toMatchObject({
    expiresAt: inDays(20),
    effective: { endsAt: inDays(0), setBy: 'its revocation' },
  })
  expect((await desk.headgate('token', 'list')).stdout).toMatch(new RegExp(`ci .*revoked +${inDays(0)}`))
})
