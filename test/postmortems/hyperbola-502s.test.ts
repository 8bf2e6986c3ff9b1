/** hyperbo.la, 2018: told without a guard, with a check of the site alone, and with ours (hyperbola.ts has the story). */
import { expect, test } from 'vitest'
import { allOn, before, broken, type Deployment, good, hosts, hyperbola } from './hyperbola.ts'

const patience = { timeout: 120_000 }

const answers = ({ seen }: Deployment, status: string) => seen.counts[status] ?? 0

function figures(name: string, deployments: readonly Deployment[]): void {
  const each = deployments.map((one) => {
    const { code, touched, isRolledBack, seen } = one
    const back = isRolledBack ? ', a person rolls back' : ''
    const gone = answers(one, '502') === 0 ? 'no 502' : `502 for ${(seen.worstMs / 1000).toFixed(1)} s`
    return `exit ${code}, ${touched.length} of ${hosts.length} hosts touched, ${gone}${back}`
  })
  console.log(`hyperbo.la ${name}: ${each.join(' | ')}`)
}

test(
  'without a guard every host is replaced, it is called proved, and the site answers 502',
  patience,
  async () => {
    const { rack, deployments, rehearsed } = await hyperbola([])
    const [first, second, third] = deployments
    for (const deployment of [first, second]) {
      expect(deployment).toMatchObject({
        code: 0,
        look: '502',
        table: allOn(broken),
        touched: hosts,
      })
      expect(deployment?.said).toContain(`${broken} runs and is proved`)
      expect(deployment && answers(deployment, '502')).toBeGreaterThan(0)
      // It was never tried before, and is tried now, with the site down. It works; who knew?
      expect(deployment?.isRolledBack).toBe(true)
    }
    expect(rehearsed).toBeNull()
    expect(third).toMatchObject({ code: 0, look: '200', table: allOn(broken), isRolledBack: false })
    expect((await rack.runs('doctor')).stdout).toContain('are there checks? none is configured')
    figures('without a guard', deployments)
  },
)

test('a check of the site alone goes back by itself, when everybody has seen it', patience, async () => {
  const { deployments } = await hyperbola(['site check'])
  const [first, second, third] = deployments
  for (const deployment of [first, second]) {
    expect(deployment).toMatchObject({ code: 20, look: '200', table: allOn(good), touched: hosts })
    expect(deployment?.isRolledBack).toBe(false)
    expect(deployment && answers(deployment, '502')).toBeGreaterThan(0)
  }
  expect(third).toMatchObject({ code: 0, look: '200', table: allOn(broken) })
  figures('with a check of the site alone', deployments)
})

test(
  'with ours one host is touched and nobody sees a 502; the way back was walked before',
  patience,
  async () => {
    const { rack, group, deployments, rehearsed } = await hyperbola([
      'host health',
      'site check',
      'rehearsal',
    ])
    expect(rehearsed?.code, rehearsed?.stderr).toBe(0)
    expect(rehearsed?.stdout).toContain(`${good} was proved here, and so was the way back: ${before} runs`)
    const [first, second, third] = deployments
    for (const deployment of [first, second]) {
      expect(deployment).toMatchObject({
        code: 20,
        look: '200',
        table: allOn(good),
        touched: ['a'],
      })
      expect(deployment?.said).toContain(`1 host did not get to ${broken}: a (healthz is unhealthy`)
      expect(deployment?.isRolledBack).toBe(false)
    }
    expect(third).toMatchObject({ code: 0, look: '200', table: allOn(broken), touched: hosts })
    for (const { seen } of deployments) {
      expect(Object.keys(seen.counts)).toEqual(['200'])
      expect(seen.counts['200']).toBeGreaterThan(10)
    }
    expect(Math.min(...group.log().map(({ serving }) => serving))).toBe(hosts.length - 1)
    const { json } = await rack.runs('history', '--json')
    expect(JSON.stringify(json)).toContain('"rehearsal":"back"')
    figures('with ours', deployments)
  },
)
