/** The story goes on: a policy, a proposal that people and machines have their word on, an override and its review. */
import { brokenGlass, openBreakGlass } from '../support/open-break-glass.ts'
import { type Asking, sha256Of } from '../support/test-registry.ts'
import type { Step } from './scenario.ts'

const [second, fourth, fifth] = ['20160816160115', '20160901000000', '20160902000000']
export const beasToken = `hg_maintainer_${'b'.repeat(49)}`

const asking = (method: string, name: string, path: string, json?: unknown, token?: string): Step => {
  const asked: Asking = { ...(json !== undefined && { json }), ...(token !== undefined && { token }) }
  return { name, method, path: `/v1${path}`, asking: asked }
}
const get = (name: string, path: string) => asking('GET', name, path)
const post = (name: string, path: string, json: unknown) => asking('POST', name, path, json)
/** A second person, who may pass over gates. */
const bea = (name: string, path: string, json: unknown) => asking('POST', name, path, json, beasToken)

const policy = {
  promoteOnPublish: false,
  checkSeconds: 300,
  gates: {
    soak: { minRacks: 1, soakMinutes: 60, dwell: true },
    evidence: [{ name: 'unit', maxAgeHours: 24 }],
    checklist: [{ item: 'notes', text: 'The notes were read.' }],
    approvals: { count: 1, role: 'maintainer' },
  },
} as const
const stable = '/apps/rack/channels/stable'

export const gateSteps: readonly Step[] = [
  post('token-create-second', '/tokens', {
    name: 'bea',
    role: 'maintainer',
    scopes: ['override'],
    expiresAt: '2016-12-01T00:00:00Z',
    sha256: sha256Of(beasToken),
  }),
  post('release-publish-next', '/apps/rack/releases', { version: fourth }),
  asking('PUT', 'policy-set', `${stable}/policy`, { policy, reason: 'we have a staging now' }),
  post('policy-test', `${stable}/policy/test`, policy),
  post('promote-proposed', `${stable}/promote`, { whenReady: true, nominate: true, reason: 'the fix' }),
  post('evidence-add', `/apps/rack/releases/${fourth}/evidence`, {
    name: 'unit',
    outcome: 'pass',
    url: 'https://ci.example.com/7',
  }),
  post('checklist-tick', `/apps/rack/releases/${fourth}/ticks`, {
    channel: 'stable',
    item: 'notes',
    note: 'read by ada',
  }),
  post('object', `/apps/rack/releases/${fourth}/objections`, { reason: 'it loses connections' }),
  post('objection-answer', '/apps/rack/objections/O-1/answer', { note: 'it was the test host' }),
  bea('known-issue', `/apps/rack/releases/${second}/known-issues`, {
    cause: 'settling: healthz answered #',
    note: 'the lab has no API key',
  }),
  get('proposal-show', '/apps/rack/proposals/P-2'),
  bea('proposal-approve', '/apps/rack/proposals/P-2/approve', { note: 'read the diff' }),
  get('channel-show-next', `${stable}/details`),
  bea('promote-override', `${stable}/promote`, {
    version: fourth,
    override: ['soak'],
    reason: 'INC-43: the lab is down',
  }),
  get('review-list', '/reviews'),
  post('review-sign', '/reviews/R-1/sign', { note: 'it was right' }),
  post('release-publish-newest', '/apps/rack/releases', { version: fifth }),
  post('nominate', `${stable}/nomination`, { version: fifth, reason: 'to soak over the weekend' }),
  post('nomination-end', `${stable}/nomination/end`, { reason: 'the weekend is over' }),
  asking('PUT', 'policy-set-proposed', `${stable}/policy`, {
    policy: { ...policy, gates: {} },
    reason: 'it is in the way',
  }),
  bea('proposal-reject', '/apps/rack/proposals/P-3/reject', { reason: 'it is the way' }),
  get('proposal-list', '/apps/rack/proposals?limit=2'),
  post('advisory-lift', '/apps/rack/advisories/ADV-1/lift', { reason: 'it was another build' }),
  {
    ...get('break-glass-list', '/break-glass'),
    before: openBreakGlass,
  },
  post('synthetic-begin', '/apps/headgate-synthetic/synthetic/runs', {
    levers: ['publish', 'promote'],
    limitSeconds: 60,
    nextWithinSeconds: 21_600,
  }),
  post('synthetic-end', '/apps/headgate-synthetic/synthetic/runs/S-1/end', {
    outcome: 'failed',
    steps: [
      { lever: 'publish', outcome: 'passed', milliseconds: 120, limitMilliseconds: 10_000 },
      {
        lever: 'promote',
        outcome: 'failed',
        milliseconds: 40,
        limitMilliseconds: 10_000,
        code: 'gates_open',
        detail: 'the path is closed',
      },
    ],
    left: [],
  }),
  get('synthetic', '/synthetic'),
  post('break-glass-close', `/break-glass/${brokenGlass}/close`, { reason: 'signed in again' }),
]
