// Who may do what, written out once more from 5-registry: roles from left to right, acts from top to bottom.
import { describe, expect, test } from 'vitest'
import {
  type Grant,
  mayDo,
  type Permission,
  type Place,
  permissions,
  roles,
  scopes,
} from '../../shared/domain/access.ts'

const table = `
                   viewer  rack  publisher  maintainer  admin
  read             yes     -     yes        yes         yes
  readApp          yes     yes   yes        yes         yes
  checkAsRack      -       yes   -          -           -
  askForRack       yes     -     yes        yes         yes
  publish          -       -     yes        yes         yes
  moveUnstable     -       -     yes        yes         yes
  import           -       -     -          yes         yes
  promote          -       -     -          yes         yes
  revert           -       -     -          yes         yes
  route            -       -     -          yes         yes
  addEvidence      -       -     yes        yes         yes
  object           yes     yes   yes        yes         yes
  attest           -       -     -          yes         yes
  nominate         -       -     -          yes         yes
  unyank           -       -     -          yes         yes
  signReview       -       -     -          yes         yes
  setPolicy        -       -     -          -           yes
  closeBreakGlass  -       -     -          -           yes
  yank             -       -     -          yes         yes
  yankForward      -       -     -          yes         yes
  freeze           -       -     -          yes         yes
  haltRollout      -       -     -          yes         yes
  resumeRollout    -       -     -          yes         yes
  unfreeze         -       -     -          yes         yes
  enroll           -       -     -          yes         yes
  importRacks      -       -     -          yes         yes
  forgetRack       -       -     -          yes         yes
  orderRack        -       -     -          yes         yes
  closeAlarm       -       -     -          yes         yes
  rehearse         -       -     -          yes         yes
  createJoinToken  -       -     -          yes         yes
  createApp        -       -     -          -           yes
  createChannel    -       -     -          -           yes
  manageTokens     -       -     -          -           yes
  redact           -       -     -          -           yes
`
const [head = [], ...lines] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/))
const acts = Object.keys(permissions).filter((act): act is Permission => Object.hasOwn(permissions, act))

const grant = (role: Grant['role'], more: Partial<Grant> = {}): Grant => ({ role, scopes: [], ...more })

describe('roles', () => {
  test('the table has every role and every act, and nothing else', () => {
    expect(head).toEqual([...roles])
    expect(lines.map(([act]) => act)).toEqual(acts)
  })

  test.each(lines.map(([act = '', ...cells]) => ({ act, cells })))('$act', ({ act, cells }) => {
    const permission = acts.find((one) => one === act)
    if (!permission) throw new Error(`no act ${act}`)
    expect(roles.map((role) => (mayDo(grant(role), permission) ? 'yes' : '-'))).toEqual(cells)
  })
})

describe('scopes', () => {
  const beyond = (role: Grant['role'], scope: (typeof scopes)[number]): Permission[] =>
    acts.filter((act) => mayDo(grant(role, { scopes: [scope] }), act) && !mayDo(grant(role), act))

  test('"stop" lets anybody halt what moves, and move nothing', () => {
    for (const role of ['viewer', 'rack', 'publisher'] as const)
      expect(beyond(role, 'stop')).toEqual(['yank', 'freeze', 'haltRollout'])
    expect(beyond('maintainer', 'stop')).toEqual([])
  })

  test('"override" allows no act by itself', () => {
    for (const role of roles) expect(beyond(role, 'override')).toEqual([])
  })

  test('"stop" reaches no further than the credential', () => {
    const onCall = grant('viewer', { scopes: ['stop'], app: 'rack' })
    expect(mayDo(onCall, 'freeze', { app: 'rack' })).toBe(true)
    expect(mayDo(onCall, 'freeze', { app: 'other' })).toBe(false)
    expect(mayDo(onCall, 'freeze')).toBe(false)
  })

  test('there are two', () => {
    expect(scopes).toEqual(['stop', 'override'])
  })
})

describe('places', () => {
  const cases: readonly [string, Partial<Grant>, Place, boolean][] = [
    ['everywhere, in the registry', {}, {}, true],
    ['everywhere, in an app', {}, { app: 'rack' }, true],
    ['everywhere, in a channel', {}, { app: 'rack', channel: 'stable' }, true],
    ['an app, in it', { app: 'rack' }, { app: 'rack' }, true],
    ['an app, in a channel of it', { app: 'rack' }, { app: 'rack', channel: 'stable' }, true],
    ['an app, in another', { app: 'rack' }, { app: 'other' }, false],
    ['an app, in a channel of another', { app: 'rack' }, { app: 'other', channel: 'stable' }, false],
    ['an app, in the registry', { app: 'rack' }, {}, false],
    ['a channel, in it', { app: 'rack', channel: 'stable' }, { app: 'rack', channel: 'stable' }, true],
    [
      'a channel, in another',
      { app: 'rack', channel: 'stable' },
      { app: 'rack', channel: 'unstable' },
      false,
    ],
    [
      'a channel, in the same of another app',
      { app: 'rack', channel: 'stable' },
      { app: 'other', channel: 'stable' },
      false,
    ],
    ['a channel, in the registry', { app: 'rack', channel: 'stable' }, {}, false],
  ]

  test.each(cases)('a credential for %s', (_name, more, place, expected) => {
    expect(mayDo(grant('admin', more), 'promote', place)).toBe(expected)
  })

  test('a place does not give what the role does not', () => {
    expect(mayDo(grant('viewer', { app: 'rack' }), 'promote', { app: 'rack' })).toBe(false)
  })
})

describe('a join token', () => {
  test('enrols, and does nothing else', () => {
    expect(acts.filter((act) => mayDo(grant('join'), act))).toEqual(['enroll'])
    expect(acts.filter((act) => mayDo(grant('join', { scopes: ['stop', 'override'] }), act))).toEqual([
      'enroll',
    ])
  })

  test('only into what it names', () => {
    const token = grant('join', { app: 'rack', channel: 'stable' })
    expect(mayDo(token, 'enroll', { app: 'rack', channel: 'stable' })).toBe(true)
    expect(mayDo(token, 'enroll', { app: 'rack', channel: 'unstable' })).toBe(false)
    expect(mayDo(token, 'enroll', { app: 'other', channel: 'stable' })).toBe(false)
    expect(mayDo(token, 'enroll')).toBe(false)
  })
})
