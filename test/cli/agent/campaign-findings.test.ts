/** What the campaign has found, told again one by one: each of these was a lie or a loss before it was mended. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { aYard, directoryToml, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const failsOnTheWayBack = (times: string) =>
  directoryToml.replace(
    "restart = '''",
    `restart = '''if test "$HEADGATE_DIRECTION" = back && ${times}; then echo "no start" >&2; exit 1; fi; `,
  )

/** 10 is proved, and 20 is offered and does not hold. */
async function aRackGoingBack(toml: string): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml })
  await yard.serves('10')
  await rack.does('update', '--yes')
  await yard.serves('20', { isHealthy: false })
  return { yard, rack }
}

describe('the way back of the directory driver, whose `current` is a link and not a process', () => {
  test('is stuck, and not returned, when the old version cannot be started', async () => {
    const { rack } = await aRackGoingBack(failsOnTheWayBack('true'))
    const ran = await rack.headgate('update', '--yes', '--json')
    expect(ran.code).toBe(21)
    expect(ran.json.detail).toContain('it is installed, and nothing says that it was started')
    expect(ran.json.detail).toContain('restart exited 1')
    expect([rack.installed(), rack.running()]).toEqual(['10', '20'])
  })

  test('starts it once more when that failed the first time', async () => {
    const { rack } = await aRackGoingBack(failsOnTheWayBack('mkdir "$HEADGATE_DIR/once" 2>/dev/null'))
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    expect([rack.installed(), rack.running()]).toEqual(['10', '10'])
  })
})

describe('a 200 that is not the registry’s', () => {
  const says = (yard: Yard, fits: (request: IncomingMessage) => boolean) => {
    let said = 0
    yard.intercept((request, response) => {
      if (said > 0 || !fits(request)) return false
      said += 1
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"welcome":"to the hotel"}')
      return true
    })
  }

  test('to the report of an outcome is no hearing of it: it is told again', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10')
    says(yard, ({ method }) => method === 'PUT')
    await rack.does('update', '--yes')
    await rack.does('check')
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ attempts: [{ target: '10', outcome: 'proved' }] })
  })

  test('to the question for a grant is none: nothing is changed', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10')
    says(yard, ({ method, url = '' }) => method === 'POST' && url.endsWith('/attempts'))
    const refused = await rack.headgate('update', '--yes', '--json')
    expect(refused.json).toMatchObject({ numbers: { cause: 'bad_answer' } })
    expect(rack.installed()).toBeNull()
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
  })
})
