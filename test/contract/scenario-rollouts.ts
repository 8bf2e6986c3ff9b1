/** Another app of the story: a head that goes by waves, fails, is halted and goes on, and a remedy that a second person opens. */
import { aReport, type TestRegistry } from '../support/test-registry.ts'
import type { Step } from './scenario.ts'
import { beasToken } from './scenario-gates.ts'

const app = '/v1/apps/web'
const stable = `${app}/channels/stable`
const [first, second, third, nobodys] = ['1.0.0', '1.1.0', '1.2.0', '1.0.5']

const post = (name: string, path: string, json: unknown): Step => ({
  name,
  method: 'POST',
  path,
  asking: { json },
})
const get = (name: string, path: string): Step => ({ name, method: 'GET', path })

const policy = {
  waves: [
    { name: 'canary', share: 1, selector: { tier: 'canary' }, soakMinutes: 60 },
    {
      name: 'half',
      share: '50%',
      soakMinutes: 60,
      failures: { maxFailed: 0, percent: 10 },
      afterMinutes: 120,
    },
    { name: 'rest', share: 'rest', soakMinutes: 30, deadlineMinutes: 1440 },
  ],
  maxInFlight: '50%',
  onFail: 'halt',
  silentMinutes: 90,
}

/** The racks' tokens, by name. */
type Tokens = Readonly<Record<string, string>>

async function heard(
  { call, enroll }: TestRegistry,
  names: readonly string[],
  current: string | undefined,
): Promise<Tokens> {
  const tokens: Record<string, string> = {}
  for (const name of names) {
    const token = await enroll(name, { app: 'web', ...(current !== undefined && { current }) })
    await call('POST', `/v1/racks/${name}/check`, { token, json: aReport({ current: current ?? null }) })
    tokens[name] = token
  }
  return tokens
}

let canary = ''

async function furnish(test: TestRegistry): Promise<void> {
  const { call } = test
  await call('POST', '/v1/apps', { json: { app: 'web', scheme: 'semver' } })
  await call('POST', `${app}/releases`, { json: { version: first } })
  await call('POST', `${stable}/promote`, { json: {} })
  canary = (await heard(test, ['web-1', 'web-2', 'web-3'], first))['web-1'] ?? ''
  await call('POST', `${app}/racks/web-1/labels`, { json: { labels: { tier: 'canary' } } })
  await call('POST', `${app}/releases`, { json: { version: second } })
}

async function failOnTheCanary({ call, registry, clock }: TestRegistry): Promise<void> {
  const attempt = { target: second, action: 'update', motive: 'rollout' }
  const path = '/v1/racks/web-1/attempts'
  const id = '5f0c2f6e-6d2b-4a53-9f0e-0d8f6a1c7b22'
  const report = aReport({ current: first ?? null })
  await call('POST', path, { token: canary, json: { ...attempt, id, plan: {}, report } })
  await call('PUT', `${path}/${id}`, {
    token: canary,
    json: {
      ...attempt,
      from: first,
      reason: 'offered',
      startedAt: new Date(clock.now()).toISOString(),
      events: [],
      outcome: 'returned',
      step: 'settling',
      message: 'healthz answered 502',
      log: ['listening on 8080', 'upstream refused'],
    },
  })
  await registry.rollouts.tick()
}

/** Nobody published it here, and two racks run it. */
async function withdraw(test: TestRegistry): Promise<void> {
  await heard(test, ['web-4', 'web-5'], nobodys)
  await test.call('POST', `${app}/yanks`, {
    token: beasToken,
    json: { range: nobodys, severity: 'critical', remedy: 'rollback', reason: 'built on a laptop' },
  })
}

const seen = { reason: 'the lab has no upstream', acknowledge: ['settling: healthz answered #'] }

export const rolloutSteps: readonly Step[] = [
  {
    ...post('promote-rollout', `${stable}/promote`, { version: second, rollout: policy, reason: 'by tier' }),
    before: furnish,
  },
  { ...get('pointer-rollout', stable), asking: { token: null } },
  post('rollout-pause', `${app}/rollouts/R-1/pause`, { reason: 'until everybody is at work' }),
  post('rollout-resume', `${app}/rollouts/R-1/resume`, { reason: 'everybody is at work' }),
  { ...get('rollout-show', `${app}/rollouts/R-1`), before: failOnTheCanary },
  post('problem-failures-unacknowledged', `${app}/rollouts/R-1/resume`, { reason: 'it looks fine' }),
  post('rollout-resume-acknowledged', `${app}/rollouts/R-1/resume`, seen),
  post('rollout-retry', `${app}/rollouts/R-1/retry`, { reason: 'the lab has an upstream' }),
  post('rollout-halt', `${app}/rollouts/R-1/halt`, { reason: 'INC-44' }),
  post('problem-rollout-state', `${app}/rollouts/R-1/pause`, { reason: 'lunch' }),
  {
    ...post('rollout-open', `${app}/rollouts/R-2/open?dryRun=true`, { reason: 'they are two' }),
    before: withdraw,
  },
  get('rollout-list', `${app}/rollouts?limit=2`),
  {
    ...post('problem-rollout-unsatisfiable', `${stable}/promote`, {
      version: third,
      rollout: { ...policy, waves: [{ ...policy.waves[0], selector: { tier: 'gold' } }, policy.waves[2]] },
      reason: 'by another tier',
    }),
    before: async ({ call }) => {
      await call('POST', `${app}/releases`, { json: { version: third } })
    },
  },
]
